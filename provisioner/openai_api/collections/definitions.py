"""Definitions for the Responses API: kept in the state, stored nowhere else, so there is nothing to call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.core.objecttype import DEFINITION
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Members


class DefinitionCollection:
    """Nothing at OpenAI: what is recorded is what there is."""

    declared = DEFINITION
    remote = False
    fields: ClassVar[Mapping[str, Field]] = {}
    members: Members | None = None

    @property
    def type(self) -> str:
        """As records name it."""
        return self.declared.name

    @property
    def title(self) -> str:
        """As people say it."""
        return self.declared.title

    def pages(self) -> Iterator[Sequence[Live]]:
        """No pages."""
        return iter(())

    def retrieve(self, id: str) -> Live | None:
        """Nothing is live."""
        return None

    def mark_of(self, live: Live) -> Mark | None:
        """Nothing is live, so nothing carries a mark."""
        return None

    def complete(self, live: Live) -> Live:
        """Nothing is left out."""
        return live

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Nothing is live, so nothing says what it holds."""
        return None

    def create(self, draft: Draft) -> Live:
        """Nothing is sent; the id is the owner's address."""
        return Live(draft.mark.owner, {})

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Nothing is sent."""
        return Live(id, {})

    def delete(self, id: str) -> None:
        """Nothing is sent."""
