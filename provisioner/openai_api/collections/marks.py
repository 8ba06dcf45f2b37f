"""Writes the marks of objects, reads them from live objects, and compares objects that have no marks.

`provisioner.core.objecttype` declares for each type where the mark is written. A new place for marks needs a member of
`MarkPlace` in that module, and a class and an entry of MARKINGS in this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections.collection import LINEAGE_KEY, OWNER_KEY, Live, Mark


class Marking(Protocol):
    """How a mark is written into the body of a create request, and how it is read from a live object."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the request body with the mark added."""
        ...

    def read(self, live: Live) -> Mark | None:
        """Returns the mark of an object. Missing parts of the mark are empty texts. Returns None if all parts are
        missing.
        """
        ...


class InMetadata:
    """Writes and reads marks in the metadata: one key contains the owner, another key the lineage and the operation."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body with the two keys of the mark added to its metadata."""
        return {**body, "metadata": {**(body.get("metadata") or {}), **mark.metadata()}}

    def read(self, live: Live) -> Mark | None:
        """Returns the mark in the two keys of the metadata, or None if neither key exists."""
        owner, made = live.metadata.get(OWNER_KEY, ""), live.metadata.get(LINEAGE_KEY, "")
        lineage, _, operation = made.partition("/")
        return Mark(owner, lineage, operation) if owner or made else None


class InName:
    """Writes and reads marks in the name of the object: the owner, a space and the id of the operation. Such a mark has
    no lineage.
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body with the mark as the object's name."""
        return {**body, "name": f"{mark.owner} {mark.operation}"}

    def read(self, live: Live) -> Mark | None:
        """Returns the mark in the object's name, or None if the name contains no `/`. An owner always contains `/`."""
        owner, _, operation = str(live.fields.get("name") or "").rpartition(" ")
        return Mark(owner, None, operation) if "/" in owner else None


class Nowhere:
    """Writes and reads no marks, for types of objects that have no field for a mark."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns the body unchanged, because objects of this type have no place for a mark."""
        return dict(body)

    def read(self, live: Live) -> Mark | None:
        """Returns None, because objects of this type have no mark."""
        return None


MARKINGS: Mapping[MarkPlace, Marking] = {
    MarkPlace.METADATA: InMetadata(),
    MarkPlace.NAME: InName(),
    MarkPlace.NOWHERE: Nowhere(),
}


def write_mark(declared: ObjectType, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
    """Returns the body of a create request with the mark added, in the place that `declared` names for this type of
    object.
    """
    return MARKINGS[declared.mark].write(body, mark)


def read_mark(declared: ObjectType, live: Live) -> Mark | None:
    """Returns the mark of an object of the type `declared`, or None if the object has no mark."""
    return MARKINGS[declared.mark].read(live)


def is_alike(declared: ObjectType, inputs: Mapping[str, Any], live: Live) -> bool:
    """Returns whether an object without a mark could be the object with these inputs. This is so if every trait that
    `declared` names has the same value in both.

    If the type has neither a place for a mark nor traits, every object matches. If the type has a place for a mark,
    provision probably did not make an object without a mark. Such an object does not match inputs in which all traits
    are empty.
    """
    traits = {name: inputs.get(name) for name in declared.traits}
    if declared.mark is not MarkPlace.NOWHERE and not any(traits.values()):
        return False
    return all(live.fields.get(name) == value for name, value in traits.items())
