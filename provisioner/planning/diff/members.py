"""Compares the desired files of a vector store with its recorded and live files, by id. Finds the files to attach, to
detach and to change.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.equality import same

Files = Mapping[str, Mapping[str, Any]]

#: The chunking strategy that the API returns for `auto`, and for files that were attached without a chunking strategy.
AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
#: The attributes that provision adds to each file of a vector store: the path and the checksum of the file.
OURS = ("path", "sha256")


def chunking_of(member: Mapping[str, Any], echo: Mapping[str, Any] | None = None) -> Any:
    """Returns the chunking strategy of a file in a vector store, or None if it is the API's default.

    A missing strategy and `auto` are the default. A `static` strategy with the numbers of the default counts as the
    default only if the API returned the same numbers. `echo` is the file as the API returned it after the last write.
    If `echo` is None or empty, `member` is used instead.
    """
    chunking = member.get("chunking_strategy")
    default = chunking in (None, {"type": "auto"})
    default = default or (chunking == AUTO and (echo or member).get("chunking_strategy") == AUTO)
    return None if default else chunking


def same_members(left: Files, right: Files, echo: Files) -> bool:
    """Returns whether `left` and `right` contain the same files with the same settings. `echo` maps the ids of files to
    the settings that the API returned after the last write.
    """
    if left.keys() != right.keys():
        return False
    # Most files are equal as they are, and the comparison of these is faster.
    return all(
        same(left[key], right[key]) or same(_comparable(left[key], echo), _comparable(right[key], echo)) for key in left
    )


def own_attributes(member: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the attributes of a file that people set. The attributes that provision adds (`path`, `sha256`) are left
    out.
    """
    return {key: value for key, value in (member.get("attributes") or {}).items() if key not in OURS}


def _comparable(member: Mapping[str, Any], echo: Files) -> dict[str, Any]:
    id = member.get("file_id")
    read = echo.get(id) if isinstance(id, str) else None
    return {**member, "chunking_strategy": chunking_of(member, read or {})}


class MemberChanges(Struct, frozen=True):
    """The changes of the files of a vector store. Each file is named by its key in the inputs, except that `detach`
    contains the ids of files.

    Files in `describe` get new attributes. Files in `reattach` get a new chunking: they are detached and attached
    again, so searches do not find them for a moment. Files in `pending` were attached correctly by an earlier run, and
    the API is still indexing them.
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
    """Returns the changes that give a vector store the desired files.

    `desired` are the files in the manifest. `recorded` are the files that were sent last, and `echo` maps the ids of
    files to the settings that the API returned then. `live` are the files that the store contains now; if `live` is
    None, the recorded files are used. If `exclusive` is true, files that are neither desired nor recorded are detached;
    otherwise they stay. `pending` contains the ids of the files that are being indexed.
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
            (waiting if live is None or is_as_desired(member, live[id]) else reattach).append(key)
            continue
        if id not in present:
            attach.append(key)
            continue
        drifted = _drifted(echo[id], live[id]) if live is not None and id in echo else set()
        sides = before or {}, member
        if before is None and live is not None:
            # It is a member already, for example of an adopted store. Attaching it again would change nothing.
            (describe if same(chunking_of(member, live[id]), chunking_of(live[id])) else reattach).append(key)
        elif before is None:
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


def is_as_desired(member: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Returns whether the live file `live` has the attributes and the chunking of the desired file `member`."""
    attributes = same(member.get("attributes") or {}, live.get("attributes") or {})
    return attributes and same(chunking_of(member, live), chunking_of(live))


def _drifted(echo: Mapping[str, Any], live: Mapping[str, Any]) -> set[str]:
    """Returns the names of the settings of a file that were changed outside of provision. `echo` are the settings that
    the API returned after provision's last write, and `live` are the settings that it returns now.
    """
    return {name for name in (*echo, *live) if not same(echo.get(name), live.get(name))}
