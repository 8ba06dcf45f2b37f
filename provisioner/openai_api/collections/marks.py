"""Writes ownership marks into objects, reads them from live objects, and compares objects without marks. The ownership
mark is a text in an object at OpenAI. It says which project and which address the object belongs to.

`provisioner.core.objecttype` declares for each type of object where its mark is written. A new place for marks needs a
member of `MarkPlace` in that module. It also needs a class and an entry of MARKINGS in this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections.collection import LINEAGE_KEY, OWNER_KEY, Live, Mark


class Marking(Protocol):
    """Defines how an ownership mark is written into the body of a create request, and how it is read from a live
    object.
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body`, the body of a create request, with the ownership mark `mark` added."""
        ...

    def read(self, live: Live) -> Mark | None:
        """Returns the ownership mark of the object `live`. A missing part of the mark is an empty string. Returns None
        if all parts are missing.
        """
        ...


class InMetadata:
    """Writes ownership marks into the metadata of objects, and reads them. One key of the metadata contains the owner
    (project, environment and address). Another key contains the lineage (the id of the state) and the id of the
    operation.
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body`, the body of a create request, with the two keys of the ownership mark `mark` added
        to its metadata.
        """
        return {**body, "metadata": {**(body.get("metadata") or {}), **mark.metadata()}}

    def read(self, live: Live) -> Mark | None:
        """Returns the ownership mark in the metadata of the object `live`. Returns None if the metadata contains
        neither of the two keys of a mark.
        """
        owner, made = live.metadata.get(OWNER_KEY, ""), live.metadata.get(LINEAGE_KEY, "")
        lineage, _, operation = made.partition("/")
        return Mark(owner, lineage, operation) if owner or made else None


class InName:
    """Writes ownership marks into the names of objects, and reads them. The name consists of the owner (project,
    environment and address), a space and the id of the operation. So a mark in a name contains no lineage (the id of
    the state).
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body`, the body of a create request, with the ownership mark `mark` as the name of the
        object.
        """
        return {**body, "name": f"{mark.owner} {mark.operation}"}

    def read(self, live: Live) -> Mark | None:
        """Returns the ownership mark in the name of the object `live`. Returns None if there is no `/` before the last
        space of the name, because the owner in a mark always contains `/`.
        """
        owner, _, operation = str(live.fields.get("name") or "").rpartition(" ")
        return Mark(owner, None, operation) if "/" in owner else None


class Nowhere:
    """Implements the interface `Marking` for types of objects that have no field for an ownership mark. No mark is
    written or read.
    """

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """Returns a copy of `body` without changes, because objects of this type have no field for a mark."""
        return dict(body)

    def read(self, live: Live) -> Mark | None:
        """Returns None, because objects of this type have no ownership mark."""
        return None


MARKINGS: Mapping[MarkPlace, Marking] = {
    MarkPlace.METADATA: InMetadata(),
    MarkPlace.NAME: InName(),
    MarkPlace.NOWHERE: Nowhere(),
}


def write_mark(declared: ObjectType, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
    """Returns a copy of `body`, the body of a create request, with the ownership mark `mark` added. `declared` is the
    type of the object, and says where the mark is written.
    """
    return MARKINGS[declared.mark].write(body, mark)


def read_mark(declared: ObjectType, live: Live) -> Mark | None:
    """Returns the ownership mark of the object `live`. `declared` is the type of the object. Returns None if the object
    has no mark.
    """
    return MARKINGS[declared.mark].read(live)


def is_alike(declared: ObjectType, inputs: Mapping[str, Any], live: Live) -> bool:
    """Returns whether the object `live`, which has no ownership mark, may be the object that was created with `inputs`.
    `declared` is the type of the object. Its traits are the fields that identify such an object, for example name and
    size. The result is True if `live` and `inputs` have equal traits. It is also True if the type has neither traits
    nor a place for a mark.

    If the type has a place for a mark, the result is False if all traits in `inputs` are empty. The reason is that
    provision would have written a mark.
    """
    traits = {name: inputs.get(name) for name in declared.traits}
    if declared.mark is not MarkPlace.NOWHERE and not any(traits.values()):
        return False
    return all(live.fields.get(name) == value for name, value in traits.items())
