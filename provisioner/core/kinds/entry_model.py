"""Defines the reference to the pydantic model of an entry of a manifest."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class EntryModel(Struct, frozen=True, dict=True):
    """The model of an entry of a manifest.

    `load` imports and returns the pydantic model. The model is loaded when it is first used, because importing and
    building the models takes longer than the rest of a short command. `common` is a type of msgspec for common values.
    It accepts only values that the pydantic model accepts too. If it is None, every value is checked with the pydantic
    model.
    """

    load: Callable[[], Any]
    common: Any = None

    @cached_property
    def model(self) -> Any:
        """The pydantic model."""
        return self.load()

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The adapter that validates an entry with the pydantic model."""
        from pydantic import TypeAdapter

        return TypeAdapter(self.model)


def model_of(section: str, common: Any = None) -> EntryModel:
    """Returns the model of the entries in a section of manifests. `common` is the type of msgspec for common values."""
    return EntryModel(partial(_load, section), common)


def _load(section: str) -> Any:
    from provisioner.core.kinds.models import MODELS

    return MODELS[section]
