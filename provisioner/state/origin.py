"""Defines the recorded data about how an object was made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from msgspec import Struct

from provisioner.core.objecttype import TYPES
from provisioner.state.shape import ORIGIN_SHAPE, check_origin, origin_fields


class Recorded(Protocol):
    """The fields of a record that say how its object was made."""

    @property
    def type(self) -> str:
        """The name of the type of the object."""
        ...

    @property
    def echo(self) -> Mapping[str, Any]:
        """The API's response to the last write."""
        ...

    @property
    def operation(self) -> str | None:
        """The id of the operation that made or adopted the object."""
        ...


class Origin(Struct, frozen=True):
    """The recorded data about how an object was made. They show that provision made the object, and not another program
    or person.

    `operation` is the id of the operation that made the object, and `created_at` is the time when the object was made,
    in seconds since 1970. A file contains no ownership mark; its name, its size in bytes and the time of its upload are
    used instead.
    """

    operation: str | None = None
    filename: str | None = None
    bytes: int | None = None
    created_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the origin as JSON in the format of the state, without fields that are not known."""
        body = {name: getattr(self, name) for name in ORIGIN_SHAPE}
        return {name: value for name, value in body.items() if value is not None}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Origin:
        """Returns the origin for `body`, the JSON that `to_json` wrote. Raises TypeError or ValueError if `body` has
        another form.
        """
        check_origin(body)
        return cls(**body)

    @classmethod
    def of(cls, record: Recorded) -> Origin:
        """Returns the origin of the object in `record`, which says how the object was made. Values that an `Origin` may
        not contain are omitted.
        """
        echo = record.echo
        return cls.from_echo({name: echo[name] for name in origin_names(record.type) if name in echo}, record.operation)

    @classmethod
    def from_echo(cls, echo: Mapping[str, Any], operation: str | None) -> Origin:
        """Returns the origin of an object. `echo` are those fields of its record's echo that `origin_names` names, and
        `operation` is the id of the operation that made the object. Values that an `Origin` may not contain are
        omitted.
        """
        return cls(operation=operation, **origin_fields(echo))


@cache
def origin_names(type_: str) -> tuple[str, ...]:
    """Returns the names of the fields of an echo that an `Origin` contains, for objects of the type `type_`."""
    return (*(name for name in TYPES[type_].traits if name in ORIGIN_SHAPE), "created_at")
