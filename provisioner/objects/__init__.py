"""The objects at OpenAI, by type. A new type is one class, and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.api.session import Session
from provisioner.objects.agents import AgentCollection, EnvironmentTemplateCollection
from provisioner.objects.assistants import AssistantCollection
from provisioner.objects.collection import Collection, Field
from provisioner.objects.definitions import DefinitionCollection
from provisioner.objects.files import FileCollection
from provisioner.objects.vector_stores import VectorStoreCollection

REMOTE = (FileCollection, VectorStoreCollection, EnvironmentTemplateCollection, AgentCollection, AssistantCollection)

#: How the fields of each type behave, for those who compare and send nothing.
FIELDS: dict[str, Mapping[str, Field]] = {
    **{collection.type: collection.fields for collection in REMOTE},
    DefinitionCollection.type: DefinitionCollection.fields,
}

#: The types whose metadata says whose they are.
MARKED = tuple(type_ for type_, fields in FIELDS.items() if "metadata" in fields)


def open_collections(session: Session) -> dict[str, Collection]:
    """Every collection, by type, on one session."""
    collections: dict[str, Collection] = {each.type: each(session) for each in REMOTE}
    collections[DefinitionCollection.type] = DefinitionCollection()
    return collections


__all__ = ["FIELDS", "MARKED", "Collection", "open_collections"]
