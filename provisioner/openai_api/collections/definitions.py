"""Definitions for the Responses API. They are only in the state, so nothing is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.core.objecttype import DEFINITION
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Members


class DefinitionCollection:
    """The collection of definitions. Nothing is at OpenAI; the record is the object."""

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
        """Yields nothing, because there are no live objects."""
        return iter(())

    def retrieve(self, id: str) -> Live | None:
        """Returns None, because there are no live objects."""
        return None

    def mark_of(self, live: Live) -> Mark | None:
        """Returns None, because there are no live objects that could carry a mark."""
        return None

    def complete(self, live: Live) -> Live:
        """Returns the object, which has all fields."""
        return live

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Nothing is live, so nothing says what it holds."""
        return None

    def create(self, draft: Draft) -> Live:
        """Returns the new object. Nothing is sent; the id is the owner's address."""
        return Live(draft.mark.owner, {})

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Does nothing, because nothing is sent."""
        return Live(id, {})

    def delete(self, id: str) -> None:
        """Does nothing, because nothing is sent."""
