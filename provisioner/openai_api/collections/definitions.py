"""Defines the collection of definitions for the Responses API. A definition contains the arguments of
`client.responses.create` for one assistant. Definitions exist only in the state, so this collection sends no requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.core.objecttype import DEFINITION
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Members


class DefinitionCollection:
    """Implements a collection for definitions. A definition contains the arguments of one assistant, and exists only as
    a record in the state, not at OpenAI.
    """

    declared = DEFINITION
    remote = False
    fields: ClassVar[Mapping[str, Field]] = {}
    members: Members | None = None

    @property
    def type(self) -> str:
        """The name of this type of object in records: `definition`."""
        return self.declared.name

    @property
    def title(self) -> str:
        """The name of this type of object in messages to users: `definition`."""
        return self.declared.title

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields nothing, because definitions (the arguments of assistants) are not stored at OpenAI."""
        return iter(())

    def retrieve(self, id: str) -> Live | None:
        """Returns None, because definitions (the arguments of assistants) are not stored at OpenAI."""
        return None

    def mark_of(self, live: Live) -> Mark | None:
        """Returns None, because a definition (the arguments of an assistant) contains no ownership mark."""
        return None

    def complete(self, live: Live) -> Live:
        """Returns the object `live` unchanged, because a definition is not stored at OpenAI and has no other fields."""
        return live

    def with_content(self, live: Live) -> Live:
        """Returns the object `live` unchanged, because OpenAI stores no content of definitions (the arguments of
        assistants).
        """
        return live

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns None (not known), because OpenAI stores no content of definitions (the arguments of assistants)."""
        return None

    def create(self, draft: Draft) -> Live:
        """Returns the new definition without sending a request. Its id is the owner in the ownership mark of `draft`:
        `PROJECT/ENVIRONMENT/ADDRESS`, where ENVIRONMENT is an environment of the project.
        """
        return Live(draft.mark.owner, {})

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Returns a `Live` object with the id `id` and without fields. Sends no request, because definitions (the
        arguments of assistants) are not stored at OpenAI.
        """
        return Live(id, {})

    def delete(self, id: str) -> None:
        """Does nothing, because definitions (the arguments of assistants) are not stored at OpenAI."""
