"""Compares a vector store's files: which to attach, which need new attributes, which to detach. It compares ids, not
names.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.core.equality import same

Files = Mapping[str, Mapping[str, Any]]

#: The chunking that the API returns for `auto`, and for files that were attached without any.
AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
#: The attributes of a member that are ours: the file's checksum and its path.
OURS = ("path", "sha256")


def chunking_of(member: Mapping[str, Any], echo: Mapping[str, Any] | None = None) -> Any:
    """Returns a member's chunking, or None for the default.

    Absent and `auto` are the default. The values of the default, written as `static`, count as the default only if the
    API returned these values too (`echo`, or the member itself).
    """
    chunking = member.get("chunking_strategy")
    default = chunking in (None, {"type": "auto"})
    default = default or (chunking == AUTO and (echo or member).get("chunking_strategy") == AUTO)
    return None if default else chunking


def same_members(left: Files, right: Files, echo: Files) -> bool:
    """Returns whether both have the same members. `echo` is what the API returned when they were written."""
    if left.keys() != right.keys():
        return False
    return all(same(_comparable(left[key], echo), _comparable(right[key], echo)) for key in left)


def own_attributes(member: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the attributes that people wrote, without ours."""
    return {key: value for key, value in (member.get("attributes") or {}).items() if key not in OURS}


def _comparable(member: Mapping[str, Any], echo: Files) -> dict[str, Any]:
    id = member.get("file_id")
    read = echo.get(id) if isinstance(id, str) else None
    return {**member, "chunking_strategy": chunking_of(member, read or {})}


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """What to do with members, by their keys in the inputs; `detach` holds file ids.

    `reattach` are those whose chunking changed. They are detached first, so they are missing for a moment. `pending`
    are those that an earlier run attached correctly and that are still being indexed.
    """

    attach: tuple[str, ...] = ()
    describe: tuple[str, ...] = ()
    reattach: tuple[str, ...] = ()
    detach: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.attach or self.describe or self.reattach or self.detach or self.pending)


def compare_members(
    desired: Files,
    recorded: Files,
    echo: Files,
    live: Files | None,
    *,
    exclusive: bool,
    pending: Container[str] = (),
) -> MemberChanges:
    """Returns the changes from the live members to the desired ones.

    `recorded` is what we sent, `echo` what the API returned then, `live` what exists now (None: the record is used).
    Members that are neither desired nor recorded stay, unless `exclusive`. `pending` are the ids of those that are
    being indexed.
    """
    sent = {member["file_id"]: member for member in recorded.values()}
    present = set(sent) if live is None else set(live)
    attach: list[str] = []
    describe: list[str] = []
    reattach: list[str] = []
    waiting: list[str] = []
    for key, member in desired.items():
        id = member["file_id"]
        before = sent.get(id)
        if id in pending and before is None:
            # An unrecorded member either has the chunking that would be sent now, or must be attached again.
            (waiting if live is None or _is_as_desired(member, live[id]) else reattach).append(key)
            continue
        if id not in present:
            attach.append(key)
            continue
        drifted = _drifted(echo[id], live[id]) if live is not None and id in echo else set()
        sides = before or {}, member
        if before is None:
            attach.append(key)
        elif "chunking_strategy" in drifted or not same(
            *(_comparable(each, echo)["chunking_strategy"] for each in sides)
        ):
            reattach.append(key)
        elif "attributes" in drifted or not same(before.get("attributes"), member.get("attributes")):
            describe.append(key)
        elif id in pending:
            waiting.append(key)
    wanted = {member["file_id"] for member in desired.values()}
    ours = present if exclusive else present & set(sent)
    detach = tuple(sorted(ours - wanted))
    return MemberChanges(tuple(attach), tuple(describe), tuple(reattach), detach, tuple(waiting))


def _is_as_desired(member: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Returns whether a live member has the desired settings."""
    attributes = same(member.get("attributes") or {}, live.get("attributes") or {})
    return attributes and same(chunking_of(member, live), chunking_of(live))


def _drifted(echo: Mapping[str, Any], live: Mapping[str, Any]) -> set[str]:
    """Returns what others changed in a member."""
    return {name for name in (*echo, *live) if not same(echo.get(name), live.get(name))}
