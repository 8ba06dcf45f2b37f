"""Determines the differences between the files of a vector store before and after a change. Ids are left out, because
they do not help readers. The digest of a file is shown only if the content and the key of the file stay the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.equality import same
from provisioner.core.errors import ProvisionError
from provisioner.review.view.difference import ABSENT, Difference, Note, compare, is_short

ATTACHED, NEW, FORMER = Note("attached"), Note("the new content"), Note("the former content")
#: The attributes that provision adds to a file of a vector store: its digest and its path. A different digest is shown
#: as `the new content`, and the path as the key of the file.
DIGEST, PATH = "sha256", "path"


def compare_members(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields a difference for each file of a vector store that is added, removed or moved, or that has new content or
    new settings. `path` is the path of the field that contains the files.
    """
    for former, key in sorted(_pair(before, after), key=lambda pair: pair[1] or pair[0] or ""):
        old = None if former is None else before[former]
        new = None if key is None else after[key]
        if former == key and same(old, new):
            continue
        name = _name(key or former or "")
        below = member_path(path, key or former or "")
        if old is None or new is None:
            yield from _whole(key or former or "", below, old, new)
            continue
        # The path is shown if only the path differs; the key is the same on both sides.
        paths = [(member.get("attributes") or {}).get(PATH, ABSENT) for member in (old, new)]
        hidden = name if same(*paths) else None
        if former != key and hidden is not None:
            yield Difference(below, _name(former or ""), name)
        elif _has_new_content(old, new):
            yield Difference(below, FORMER, NEW)
        digest_shown = former == key and not _has_new_content(old, new)
        yield from compare(below, *(_described(each, hidden, digest_shown=digest_shown) for each in (old, new)))


def count_members(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, int]:
    """Returns the number of changed files of a vector store for each kind of change. The keys are texts for people that
    name the kind of change, such as `attached`, `moved` or `with new content`.
    """
    counts = {"attached": 0, "detached": 0, "moved": 0, "with new content": 0, "with other attributes": 0}
    for former, key in _pair(before, after):
        if former is None or key is None:
            counts["attached" if former is None else "detached"] += 1
        elif former != key:
            counts["moved"] += 1
        elif not same(before[former], after[key]):
            is_new = _has_new_content(before[former], after[key])
            counts["with new content" if is_new else "with other attributes"] += 1
    return counts


def _pair(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str | None, str | None]]:
    """Yields a pair for each file: its key before the change, and its key after the change. The first key is None if
    the file is added, and the second key is None if the file is removed.

    If a file has the same id but another key, it was moved: its content is the same, and only its attributes change.
    """
    leaving: dict[str, list[str]] = {}
    for key in sorted(before.keys() - after.keys()):
        leaving.setdefault(_id(before[key]), []).append(key)
    for key in after:
        if key in before:
            yield key, key
        elif (id := _id(after[key])) and leaving.get(id):
            yield leaving[id].pop(0), key
        else:
            yield None, key
    yield from ((key, None) for keys in leaving.values() for key in keys)


def _id(member: Any) -> str:
    """Returns the id of a file in a vector store, or an empty string if the id is not known yet."""
    id = member.get("file_id") if isinstance(member, Mapping) else None
    return id if isinstance(id, str) else ""


def _whole(key: str, path: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[Difference]:
    """Yields the differences of an added or removed file of a vector store. If the file's attributes and chunking fit
    on one line, there is only one difference; otherwise, there is one for each field. `key` is the key of the file, and
    `path` is its path.
    """
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


def _described(member: Mapping[str, Any], name: str | None, *, digest_shown: bool = False) -> dict[str, Any]:
    """Returns the attributes, the chunking and all other settings of a file in a vector store. The id is left out. The
    digest is included only if `digest_shown` is True. If `name` is given, the path of the file is left out, because the
    name already shows the path.
    """
    ours = (set() if digest_shown else {DIGEST}) | (set() if name is None else {PATH})
    attributes = {key: value for key, value in (member.get("attributes") or {}).items() if key not in ours}
    rest = {key: value for key, value in member.items() if key not in ("file_id", "attributes")}
    return {**({"attributes": attributes} if attributes else {}), **rest}


def _has_new_content(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Returns whether a file has new content after the change. Equal ids mean equal content, even if only one side
    contains a digest, because the content of an upload never changes. But if both sides contain digests and these
    differ, the content counts as new.
    """
    if _id(old) and _id(old) == _id(new):
        digests = [(member.get("attributes") or {}).get(DIGEST) for member in (old, new)]
        return None not in digests and digests[0] != digests[1]
    return _content(old) != _content(new)


def _content(member: Mapping[str, Any]) -> tuple[Any, Any]:
    return member.get("file_id"), (member.get("attributes") or {}).get(DIGEST)


def member_path(field: str, key: str) -> str:
    """Returns the path with which differences name a file of a vector store. `field` is the field that contains the
    files, and `key` is the key of the file in this field.
    """
    return f"{field}[{_name(key)}]"


def _name(key: str) -> str:
    try:
        return Address.parse(key).name
    except ProvisionError:
        return key
