"""The marks of objects: where each place of a mark is written and read, and which objects look alike without one.

What a type does is declared in `provisioner.core.objecttype`. A new place is a member of `MarkPlace` there, and a class
and a line in MARKINGS here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections.collection import LINEAGE_KEY, OWNER_KEY, Live, Mark


class Marking(Protocol):
    """How a mark is put into the body of a create, and read from a live object."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """The body with the mark in it."""
        ...

    def read(self, live: Live) -> Mark | None:
        """The mark, with what is missing of it empty; None where the object carries nothing of it."""
        ...


class InMetadata:
    """The owner under one key of the metadata, lineage and operation under another."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """The body with both keys added to its metadata."""
        return {**body, "metadata": {**(body.get("metadata") or {}), **mark.metadata()}}

    def read(self, live: Live) -> Mark | None:
        """What the two keys say."""
        owner, made = live.metadata.get(OWNER_KEY, ""), live.metadata.get(LINEAGE_KEY, "")
        lineage, _, operation = made.partition("/")
        return Mark(owner, lineage, operation) if owner or made else None


class InName:
    """The owner, a space and the operation as the name. There is no space for the lineage."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """The body with the mark as its name."""
        return {**body, "name": f"{mark.owner} {mark.operation}"}

    def read(self, live: Live) -> Mark | None:
        """What the name says. Owners hold a `/`: a name without one was given by somebody else."""
        owner, _, operation = str(live.fields.get("name") or "").rpartition(" ")
        return Mark(owner, None, operation) if "/" in owner else None


class Nowhere:
    """Nothing is written, and nothing can be read."""

    def write(self, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
        """The body as it is."""
        return dict(body)

    def read(self, live: Live) -> Mark | None:
        """No mark."""
        return None


MARKINGS: Mapping[MarkPlace, Marking] = {
    MarkPlace.METADATA: InMetadata(),
    MarkPlace.NAME: InName(),
    MarkPlace.NOWHERE: Nowhere(),
}


def write_mark(declared: ObjectType, body: Mapping[str, Any], mark: Mark) -> dict[str, Any]:
    """The body of a create with the mark where objects of this type carry it."""
    return MARKINGS[declared.mark].write(body, mark)


def read_mark(declared: ObjectType, live: Live) -> Mark | None:
    """The mark that an object of this type carries, or None where it carries none."""
    return MARKINGS[declared.mark].read(live)


def is_alike(declared: ObjectType, inputs: Mapping[str, Any], live: Live) -> bool:
    """Whether an object without a mark looks as these inputs would: it has every one of the type's traits.

    Where the type has no place for a mark and no traits, every object may be it. Where it has a place for a mark, an
    object without one is hardly ours, so inputs that set none of the traits are like nothing.
    """
    traits = {name: inputs.get(name) for name in declared.traits}
    if declared.mark is not MarkPlace.NOWHERE and not any(traits.values()):
        return False
    return all(live.fields.get(name) == value for name, value in traits.items())
