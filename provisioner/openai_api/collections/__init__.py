"""Defines the collections of live objects at OpenAI, one for each type of object. A new type needs a class, and an
entry in REMOTE.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.openai_api.collections.agents import AgentCollection, EnvironmentTemplateCollection
from provisioner.openai_api.collections.assistants import AssistantCollection
from provisioner.openai_api.collections.collection import Collection, Field
from provisioner.openai_api.collections.definitions import DefinitionCollection
from provisioner.openai_api.collections.files import FileCollection
from provisioner.openai_api.collections.skills import SkillCollection, SkillVersionCollection
from provisioner.openai_api.collections.vector_stores import VectorStoreCollection
from provisioner.openai_api.http.session import Session

REMOTE = (
    FileCollection,
    VectorStoreCollection,
    SkillCollection,
    SkillVersionCollection,
    EnvironmentTemplateCollection,
    AgentCollection,
    AssistantCollection,
)

#: How the fields of each type of object behave, for code that compares objects without a session.
FIELDS: dict[str, Mapping[str, Field]] = {
    **{collection.declared.name: collection.fields for collection in REMOTE},
    DefinitionCollection.declared.name: DefinitionCollection.fields,
}


def open_collections(session: Session) -> dict[str, Collection]:
    """Returns the collections of all types, keyed by the name of the type. All collections use `session` for their
    requests.
    """
    collections: dict[str, Collection] = {each.declared.name: each(session) for each in REMOTE}
    collections[DefinitionCollection.declared.name] = DefinitionCollection()
    return collections


__all__ = ["FIELDS", "Collection", "open_collections"]
