"""Compares the state with its history. Decides whether the state is the last written state or a successor of that
state.

The run stops in these cases, unless the user accepts the state:

1. The state does not match its own digest. It was changed by hand or merged.
2. The state has the newest serial (the number of the last write), but not the content in the history. It was changed
   outside of provision.
3. The state has a lower serial. An older state was put back.
4. The state has the next serial, but it replaced another state. Two runs continued from one state.
5. The state has a lineage (the id that all versions of one state share) that the history does not know. It is another
   state.
6. The content of a definition (an assistant for the Responses API) in the state differs from its release, the stored
   copy. The definition was changed outside of provision.

The run continues if the state has the newest serial and the content in the history. It also continues if the state has
a higher serial, because the state was then written elsewhere; the differences are reported. Without a history, as in a
fresh clone, only the cases 1 and 6 can be detected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import StateError
from provisioner.core.text.safetext import lines
from provisioner.state.backends import Backend
from provisioner.state.journal import Entry, Opening
from provisioner.state.pinning import LastRelease
from provisioner.state.record_columns import body_of, copy_records, text_of
from provisioner.state.records import COMPARED_FIELDS, Record, State, content_digest, digest

#: The number of differences between two states that are listed.
SHOWN = 20
HINT = (
    "look at it; put the right state back with `provision state restore SERIAL` (`provision state history` lists "
    "them) or from version control, or continue from this one with `provision apply --accept-state`"
)
MERGED_HINT = (
    "after a merge, take the state of one side whole (git checkout COMMIT -- FILE), then run `provision plan`, which "
    f"shows what the other side made; otherwise {HINT}"
)
CONTENT = ("type", "id", "protect", "adopted", "release", "operation", "needs", "unfilled", "marked", "pinned")
PARTS = ("inputs", "echo", "sources")


class Continuity(Struct, frozen=True):
    """The result of `examine`: whether a state may be used, according to the state's history.

    `latest` is the highest serial number in the history, or 0 without a history. `trouble` says why the state may not
    be used without the user's consent, and `note` is a message for the user; each may be empty. `hint` says what to do
    if there is `trouble`.
    """

    latest: int = 0
    trouble: str = ""
    note: str = ""
    hint: str = HINT


def examine(backend: Backend, state: State | None, entries: Sequence[Entry]) -> Continuity:
    """Compares `state` with the states in its history. The result says whether the state may be used. `state` is None
    if there is no state. `entries` are the entries of the journal. Raises StateError if the history cannot be listed.
    """
    serials = backend.history()
    latest = max(serials, default=0)
    where = backend.describe()
    if state is None:
        known = f"there is no state in {where}, but its history knows serial {latest}"
        return Continuity(latest, note=f"{known}: `provision state restore {latest}` puts it back" if latest else "")
    newest = _newest(backend, state, serials)
    if state.edited:
        why = "its digest does not fit, so it was changed by hand, or git has merged two states into one"
        note = f"{where} is not as provision wrote it: {why}"
        return Continuity(latest, lines(note, *_listed(newest, state)), hint=MERGED_HINT)
    if newest is not None:
        trouble, note = _compare(newest, state, entries, where)
        if trouble or note:
            return Continuity(latest, trouble, note)
    changed = unreleased(state)
    if changed:
        what = "the definition is not what its release stands for"
        listed = _shortened(f"{address}: {what}" for address in changed)
        return Continuity(latest, lines(f"{where} was changed outside of provision:", *listed))
    return Continuity(latest)


def unreleased(state: State) -> list[str]:
    """Returns the addresses of the definitions in `state` that were edited outside of provision. A definition is an
    assistant for the Responses API. Its number or its content differs from the last release, whose number and digest
    the state also contains.
    """
    found = []
    for address in sorted(address for address in state.records if address.name in state.releases):
        release = state.releases[address.name]
        text = text_of(state.records, address)
        if text is not None and (text.release, text.digest_of_inputs()) == (release.number, release.digest):
            continue  # The record need not be converted.
        record = state.records[address]
        if record.release is not None and (release.number, release.digest) != (record.release, digest(record.inputs)):
            found.append(str(address))
    return found


def release_anew(state: State) -> State:
    """Returns a copy of `state` in which each definition that was edited outside of provision has a new release number.
    A definition is an assistant for the Responses API; its id contains the release number.

    A release number that was used once is never used for another content.
    """
    changed = unreleased(state)
    if not changed:
        return state
    records, releases = copy_records(state.records), dict(state.releases)
    for text in changed:
        address = Address.parse(text)
        record, last = records[address], releases[address.name]
        number = max(record.release or 0, last.number) + 1
        records[address] = replace(record, id=f"{address.name}@{number}", release=number)
        releases[address.name] = LastRelease(number, digest(record.inputs))
    return replace(state, records=records, releases=releases)


def _newest(backend: Backend, state: State, serials: Sequence[int]) -> State | None:
    """Returns the state that was written last according to the history. Returns None if that cannot be determined.
    `serials` are the serial numbers in the history.

    The state with the highest serial number is not always the newest state: older versions of provision could begin a
    new state at serial 1 and keep the history of the former state, whose serial numbers are higher.
    """
    if not serials:
        return None
    if _is_copied(backend, state, max(serials)):
        return state
    newest = _read(backend, max(serials))
    if newest is None or newest.lineage == state.lineage or state.serial not in serials:
        return newest
    own = _read(backend, state.serial)
    if own is None or own.lineage != state.lineage:
        return newest
    later = (serial for serial in sorted(serials, reverse=True) if serial > state.serial)
    following = (former for serial in later if (former := _read(backend, serial)) is not None)
    return next((former for former in following if former.lineage == state.lineage), own)


def _is_copied(backend: Backend, state: State, serial: int) -> bool:
    """Returns whether the history certainly contains `state` as the serial `serial`: the text there begins with the
    digest of `state`. The rest of that text is not read. If it was damaged later, `state` is nevertheless what was
    written.
    """
    if state.serial != serial or not state.claim or state.edited:
        return False
    return backend.former_digest(serial) == state.claim


def _read(backend: Backend, serial: int) -> State | None:
    """Returns the state with this serial number from the history. Returns None if this state cannot be read, because a
    damaged history must not stop a run.
    """
    try:
        return backend.read_former(serial)
    except StateError:
        return None


def _compare(newest: State, state: State, entries: Sequence[Entry], where: str) -> tuple[str, str]:
    """Compares `state` with `newest`, the newest state in the history. Returns two texts, trouble and note. Each of
    them may be empty.

    The trouble says why `state` is neither `newest` nor a successor of `newest`. The note says that `state` is a
    successor which was written elsewhere. `where` names the location of `state` in these texts. `entries` are the
    entries of the journal.
    """
    known = f"serial {newest.serial}"
    if newest.lineage != state.lineage:
        return (
            f"{where} holds another state: its lineage is {state.lineage}, and that of {known} {newest.lineage}"
        ), ""
    if state.serial < newest.serial:
        if _is_being_replaced(newest, state, entries):
            return "", ""
        older = f"{where} holds an older state: it has serial {state.serial}, and the history knows {known}"
        return lines(older, *_listed(newest, state)), ""
    if state.serial == newest.serial:
        if newest == state:
            return "", ""
        changed = f"{where} was changed outside of provision since it was written as {known}"
        return lines(changed, *_listed(newest, state)), ""
    if state.serial == newest.serial + 1 and state.previous and state.previous != content_digest(newest):
        return lines(f"{where} is not a successor of the last known state, {known}", *_listed(newest, state)), ""
    elsewhere = f"{where} was written elsewhere since {known}, as serial {state.serial}"
    # This is shown with the plan, where every message has one line.
    listed = "; ".join(map(str.strip, _listed(newest, state)))
    return "", f"{elsewhere}: {listed}" if listed else elsewhere


def _is_being_replaced(newest: State, state: State, entries: Sequence[Entry]) -> bool:
    """Returns whether a run was killed after it wrote `newest` into the history and before it replaced `state` by
    `newest`. In this case, `entries` still contains the journal of that run.
    """
    opening = entries[0] if entries else None
    going_on = isinstance(opening, Opening) and (opening.lineage, opening.serial) == (state.lineage, state.serial)
    return going_on and newest.previous == content_digest(state)


def list_differences(known: State, state: State) -> list[str]:
    """Returns the differences between the states `known` and `state` as indented lines. If there are more than SHOWN
    differences, the last line gives the number of the remaining ones.
    """
    return _shortened(differences(known, state))


def _listed(known: State | None, state: State) -> list[str]:
    return [] if known is None else list_differences(known, state)


def _shortened(found: Iterator[str]) -> list[str]:
    every = list(found)
    more = [f"  and {len(every) - SHOWN} more"] if len(every) > SHOWN else []
    return [*(f"  {line}" for line in every[:SHOWN]), *more]


def differences(known: State, state: State) -> Iterator[str]:
    """Yields the differences between `state` and `known`: one line for each address, with the names of the changed
    fields, one for each replaced object that only one of them contains, and one for each other part of the state.
    """
    for address in sorted(known.records.keys() | state.records.keys()):
        if body_of(known.records, address) is body_of(state.records, address):
            continue  # Most records were neither changed nor converted.
        before, after = known.records.get(address), state.records.get(address)
        if before is None and after is not None:
            yield f"{address}: {after.id} is recorded, and was not"
        elif after is None and before is not None:
            yield f"{address}: {before.id} was recorded, and is not"
        elif before is not None and after is not None and before != after:
            yield f"{address}: {', '.join(_changed_fields(before, after))}"
    retired = {entry.id: entry for entry in known.retired}, {entry.id: entry for entry in state.retired}
    for id in sorted(retired[0].keys() ^ retired[1].keys()):
        verb = "is to be deleted, and was not" if id in retired[1] else "was to be deleted, and is not"
        yield f"{(retired[1].get(id) or retired[0][id]).address}: the replaced {id} {verb}"
    for name in COMPARED_FIELDS:
        if name not in ("records", "retired", "serial") and getattr(known, name) != getattr(state, name):
            yield f"{name} differs"


def _changed_fields(before: Record, after: Record) -> Iterator[str]:
    for name in CONTENT:
        if getattr(before, name) != getattr(after, name):
            yield f"{name} ({getattr(before, name)} → {getattr(after, name)})" if name == "id" else name
    for part in PARTS:
        was: Mapping[str, Any] = getattr(before, part)
        now: Mapping[str, Any] = getattr(after, part)
        yield from (f"{part}.{name}" for name in sorted(was.keys() | now.keys()) if was.get(name) != now.get(name))
