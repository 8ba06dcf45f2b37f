"""Writes the marks of objects, reads the marks of live objects, and compares objects without marks.

`provisioner.core.objecttype` declares for each type of object where its mark is written. A new place for marks needs a
member of `MarkPlace` in that module. It also needs a class and an entry of MARKINGS in this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections.collection import LINEAGE_KEY, OWNER_KEY, Live, Mark


class Marking(Protocol):
    """Defines how a mark is written into the body of a create request, and how it is read from a live object."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body`, the body of a create request, with `mark` added."""
        ...

    def read(self, live: Live) -> Mark | None:
        """Returns the mark of the object `live`. A missing part of the mark is an empty string. Returns None if all
        parts are missing.
        """
        ...


class InMetadata:
    """Writes marks into the metadata of objects, and reads them. One key of the metadata contains the owner. Another
    key contains the lineage and the operation.
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body`, the body of a create request, with the two keys of `mark` added to its metadata."""
        return {**body, "metadata": {**(body.get("metadata") or {}), **mark.metadata()}}

    def read(self, live: Live) -> Mark | None:
        """Returns the mark in the metadata of the object `live`. Returns None if the metadata contains neither of the
        two keys.
        """
        owner, made = live.metadata.get(OWNER_KEY, ""), live.metadata.get(LINEAGE_KEY, "")
        lineage, _, operation = made.partition("/")
        return Mark(owner, lineage, operation) if owner or made else None


class InName:
    """Writes marks into the names of objects, and reads them. The name consists of the owner, a space and the id of the
    operation. So a mark in a name contains no lineage.
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body`, the body of a create request, with `mark` as the name of the object."""
        return {**body, "name": f"{mark.owner} {mark.operation}"}

    def read(self, live: Live) -> Mark | None:
        """Returns the mark in the name of the object `live`. Returns None if the name contains no `/`, because an owner
        always contains `/`.
        """
        owner, _, operation = str(live.fields.get("name") or "").rpartition(" ")
        return Mark(owner, None, operation) if "/" in owner else None


class Nowhere:
    """Implements the interface `Marking` for types of objects that have no field for a mark. No mark is written or
    read.
    """

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
    """Returns the body of a create request with the mark added. `declared` is the type of the object, and says where
    the mark is written.
    """
    return MARKINGS[declared.mark].write(body, mark)


def read_mark(declared: ObjectType, live: Live) -> Mark | None:
    """Returns the mark of the object `live`. `declared` is the type of the object. Returns None if the object has no
    mark.
    """
    return MARKINGS[declared.mark].read(live)


def is_alike(declared: ObjectType, inputs: Mapping[str, Any], live: Live) -> bool:
    """Returns whether the object `live`, which has no mark, can be the object that was created with `inputs`.
    `declared` is the type of the object, and names its traits. The result is True if each trait has the same value in
    `live` and in `inputs`. If the type has no traits and no place for a mark, the result is True for every object.

    If the type has a place for a mark, provision probably did not create an object without a mark. For such a type, the
    result is False if all traits in `inputs` are empty.
    """
    traits = {name: inputs.get(name) for name in declared.traits}
    if declared.mark is not MarkPlace.NOWHERE and not any(traits.values()):
        return False
    return all(live.fields.get(name) == value for name, value in traits.items())
