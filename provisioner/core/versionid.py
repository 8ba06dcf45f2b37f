"""Joins and splits the ids of versions of objects. The API numbers the versions of an object, and the state needs an id
for each version.
"""

from __future__ import annotations


def join_version(id: str, number: str) -> str:
    """Returns the id of a version in the state: the id of its object, `@`, and the version's number."""
    return f"{id}@{number}"


def split_version(id: str) -> tuple[str, str]:
    """Returns the object's id and the version's number. `id` is an id that `join_version` returned."""
    owner, _, number = id.rpartition("@")
    return owner, number
