"""The collection of definitions for the Responses API. Definitions exist only in the state, so no request is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.core.objecttype import DEFINITION
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Members


class DefinitionCollection:
    """The collection of definitions. OpenAI stores no such objects; a definition is only the record in the state."""

    declared = DEFINITION
    remote = False
    fields: ClassVar[Mapping[str, Field]] = {}
    members: Members | None = None

    @property
    def type(self) -> str:
        """The name of the type in records."""
        return self.declared.name

    @property
    def title(self) -> str:
        """The name of the type for people."""
        return self.declared.title

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields nothing, because no definition is stored at OpenAI."""
        return iter(())

    def retrieve(self, id: str) -> Live | None:
        """Returns None, because no definition is stored at OpenAI."""
        return None

    def mark_of(self, live: Live) -> Mark | None:
        """Returns None, because definitions carry no mark."""
        return None

    def complete(self, live: Live) -> Live:
        """Returns the object unchanged, because no field is missing."""
        return live

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns None, because OpenAI stores no content of definitions."""
        return None

    def create(self, draft: Draft) -> Live:
        """Returns the new definition. Its id is the owner in its mark: `PROJECT/ENVIRONMENT/ADDRESS`. Nothing is
        sent.
        """
        return Live(draft.mark.owner, {})

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Does nothing, because nothing is sent."""
        return Live(id, {})

    def delete(self, id: str) -> None:
        """Does nothing, because nothing is sent."""
