"""Ids of versions: an object that has versions names them by numbers, and a state needs one id for each."""

from __future__ import annotations


def join_version(id: str, number: str) -> str:
    """Returns the id by which a version is recorded: that of its object, `@`, and its number."""
    return f"{id}@{number}"


def split_version(id: str) -> tuple[str, str]:
    """Returns the object's id and the version's number in what `join_version` returned."""
    owner, _, number = id.rpartition("@")
    return owner, number
