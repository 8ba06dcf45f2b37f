"""Differences of a vector store's files. Ids and digests are left out, because readers learn nothing from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.equality import same
from provisioner.core.errors import ProvisionError
from provisioner.review.view.difference import ABSENT, Difference, Note, compare, is_short

ATTACHED, NEW, FORMER = Note("attached"), Note("the new content"), Note("the former content")
#: Attributes of ours: the digest, which `the new content` stands for, and the path, which is the key.
DIGEST, PATH = "sha256", "path"


def compare_members(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields a difference for each file that is added, removed, or has another content or description."""
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if same(old, new):
            continue
        below = f"{path}[{_name(key)}]"
        if old is None or new is None:
            yield from _whole(key, below, old, new)
            continue
        if _content(old) != _content(new):
            yield Difference(below, FORMER, NEW)
        # The path is shown if only the path differs; the key is the same on both sides.
        paths = [(member.get("attributes") or {}).get(PATH, ABSENT) for member in (old, new)]
        hidden = key if same(*paths) else None
        yield from compare(below, _described(old, hidden), _described(new, hidden))


def count_members(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, int]:
    """Returns how many files are added, removed, or have another content or only another description."""
    counts = {"attached": 0, "taken out": 0, "with new content": 0, "described otherwise": 0}
    for key in {*before, *after}:
        old, new = before.get(key), after.get(key)
        if same(old, new):
            continue
        if old is None or new is None:
            counts["attached" if old is None else "taken out"] += 1
        else:
            counts["with new content" if _content(old) != _content(new) else "described otherwise"] += 1
    return counts


def _whole(key: str, path: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[Difference]:
    """Yields an added or removed file with its description, field by field if it is long."""
    sides = _side(old, _name(key)), _side(new, _name(key))
    if all(map(is_short, sides)):
        yield Difference(path, *sides)
        return
    before, after = (side if side is ABSENT else ATTACHED for side in sides)
    yield Difference(path, before, after)
    yield from compare(path, *sides)


def _side(member: Mapping[str, Any] | None, name: str) -> Any:
    if member is None:
        return ABSENT
    path = (member.get("attributes") or {}).get(PATH)
    return _described(member, name if path in (None, name) else None) or ATTACHED


def _described(member: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """Returns the description of a file in a store. With `name`, its path is left out."""
    ours = {DIGEST} if name is None else {DIGEST, PATH}
    attributes = {key: value for key, value in (member.get("attributes") or {}).items() if key not in ours}
    rest = {key: value for key, value in member.items() if key not in ("file_id", "attributes")}
    return {**({"attributes": attributes} if attributes else {}), **rest}


def _content(member: Mapping[str, Any]) -> tuple[Any, Any]:
    return member.get("file_id"), (member.get("attributes") or {}).get("sha256")


def _name(key: str) -> str:
    try:
        return Address.parse(key).name
    except ProvisionError:
        return key
