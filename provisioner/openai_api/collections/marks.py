"""Writes and reads the marks of objects in each place where a mark can be, and compares objects without marks.

The place for each type is declared in `provisioner.core.objecttype`. A new place is a member of `MarkPlace` there, and
a class and a line in MARKINGS here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections.collection import LINEAGE_KEY, OWNER_KEY, Live, Mark


class Marking(Protocol):
    """How a mark is written into the body of a create, and read from a live object."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body with the mark in it."""
        ...

    def read(self, live: Live) -> Mark | None:
        """Returns the mark, in which missing parts are empty, or None if the object has no part of a mark."""
        ...


class InMetadata:
    """The mark is in the metadata: the owner under one key, lineage and operation under another."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body with both keys added to its metadata."""
        return {**body, "metadata": {**(body.get("metadata") or {}), **mark.metadata()}}

    def read(self, live: Live) -> Mark | None:
        """Returns the mark in the two keys."""
        owner, made = live.metadata.get(OWNER_KEY, ""), live.metadata.get(LINEAGE_KEY, "")
        lineage, _, operation = made.partition("/")
        return Mark(owner, lineage, operation) if owner or made else None


class InName:
    """The mark is the name: the owner, a space and the operation. It has no lineage."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body with the mark as its name."""
        return {**body, "name": f"{mark.owner} {mark.operation}"}

    def read(self, live: Live) -> Mark | None:
        """Returns the mark in the name. Owners contain a `/`, so a name without one is not a mark."""
        owner, _, operation = str(live.fields.get("name") or "").rpartition(" ")
        return Mark(owner, None, operation) if "/" in owner else None


class Nowhere:
    """The type has no place for a mark."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body unchanged, because it has no place for a mark."""
        return dict(body)

    def read(self, live: Live) -> Mark | None:
        """Returns None, because there is no mark."""
        return None


MARKINGS: Mapping[MarkPlace, Marking] = {
    MarkPlace.METADATA: InMetadata(),
    MarkPlace.NAME: InName(),
    MarkPlace.NOWHERE: Nowhere(),
}


def write_mark(declared: ObjectType, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
    """Returns the body of a create with the mark in the place that this type has for it."""
    return MARKINGS[declared.mark].write(body, mark)


def read_mark(declared: ObjectType, live: Live) -> Mark | None:
    """Returns the mark of an object of this type, or None if it carries none."""
    return MARKINGS[declared.mark].read(live)


def is_alike(declared: ObjectType, inputs: Mapping[str, Any], live: Live) -> bool:
    """Returns whether an object without a mark matches these inputs in every trait of its type.

    If the type has neither a place for a mark nor traits, every object matches. If it has a place for a mark, an object
    without one is probably not ours; then inputs that set none of the traits match nothing.
    """
    traits = {name: inputs.get(name) for name in declared.traits}
    if declared.mark is not MarkPlace.NOWHERE and not any(traits.values()):
        return False
    return all(live.fields.get(name) == value for name, value in traits.items())
