"""Exports and imports whole states, restores an earlier state, copies a state to another backend, encrypts it again,
and rebuilds its index of releases.

The caller of every function that writes must hold the lock. These functions, except `rebuild_releases`, raise an error
while the journal has entries. The next apply removes the entries.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.authorship import Authorship
from provisioner.core.errors import Blocked, NewerState, StateError, TornState, UsageError, WrongKey
from provisioner.engine.continuity import examine, release_anew
from provisioner.engine.signing import sign
from provisioner.state.backends import Backend
from provisioner.state.member_summary import without_summaries
from provisioner.state.parsing import parse
from provisioner.state.records import State, content_digest
from provisioner.state.release_storage import (
    copy_all,
    gaps_text,
    load_index,
    open_releases,
    reseal_releases,
    set_unreadable_aside,
)
from provisioner.state.sealing import is_sealed


def read_present(backend: Backend) -> State:
    """Returns the present state. Raises StateError if there is none, or if it cannot be read."""
    state = backend.read()
    if state is None:
        raise StateError(f"there is no state in {backend.describe()} yet", hint="`provision apply` makes one")
    return state


def push(backend: Backend, text: str, name: str) -> State:
    """Replaces the present state by the exported state in `text`, which the user may have repaired. Returns the new
    state. `name` is the name of the text in messages.

    Raises UsageError if the text is encrypted, and StateError if it is not a state. Raises Blocked if the journal has
    entries, or if the text is another state (its lineage differs from that of the present state). Also raises Blocked
    if its serial number is not higher than that of the present state and of the history, because another process has
    then written a state after the export. If there is no present state, lineage and serial number are not checked.
    """
    if is_sealed(text):
        raise UsageError(f"{name} is encrypted", hint="push what `provision state pull` printed, which is plain text")
    pushed = parse(text, name)
    check_settled(backend)
    current = backend.read()
    if current is not None and pushed.lineage != current.lineage:
        raise Blocked(
            f"{name} has lineage {pushed.lineage}, and the state {current.lineage}: it is another state's",
            hint="push only what `provision state pull` gave for this environment",
        )
    if current is not None and pushed.serial <= current.serial:
        raise Blocked(
            f"{name} has serial {pushed.serial}, and the state is at {current.serial} already",
            hint="pull again, edit that state, and increase its serial",
        )
    latest = max(backend.history(), default=0)
    if current is not None and pushed.serial <= latest:
        raise Blocked(
            f"{name} has serial {pushed.serial}, and the history knows {latest}: it is an older state",
            hint=f"`provision state restore {latest}` puts the last one back; or raise the serial above {latest}",
        )
    previous = content_digest(current) if current is not None else ""
    pushed = sign(replace(release_anew(without_summaries(pushed)), previous=previous), "state push")
    backend.write(pushed)
    return pushed


def restore(backend: Backend, serial: int) -> State:
    """Writes an earlier state from the history again, with a new serial number, and returns the written state.

    `serial` is the serial number of the earlier state. The present state may be damaged. Raises StateError if the
    earlier state cannot be read, and Blocked if the journal has entries.
    """
    check_settled(backend)
    former = backend.read_former(serial)
    try:
        current = backend.read()
    except TornState:
        current = None
    restored = without_summaries(former).after(current or former, latest=max(backend.history(), default=0))
    restored = sign(restored, f"state restore {serial}")
    backend.write(restored)
    return restored


class Former(Struct, frozen=True):
    """An earlier state in the history. `written` says who wrote the state, and `objects` is the number of recorded
    objects.

    `written` and `objects` are None if the state cannot be read; then `trouble` gives the reason. `written` is also
    None if an older version of provision wrote the state.
    """

    serial: int
    written: Authorship | None = None
    objects: int | None = None
    trouble: str = ""


def list_history(backend: Backend) -> Iterator[Former]:
    """Yields the states in the history, beginning with the oldest one. States that cannot be read are included."""
    for serial in backend.history():
        try:
            state = backend.read_former(serial)
        except WrongKey:
            yield Former(serial, trouble="encrypted, and none of the configured keys opens it")
        except StateError as error:
            yield Former(serial, trouble="written by a newer version" if isinstance(error, NewerState) else "damaged")
        else:
            yield Former(serial, state.written, len(state.records))


class Recollected(Struct, frozen=True):
    """The result of `rebuild_releases`, which makes a new index of releases. `aside` is the location of the former
    index of releases, or None if there was none. `count` is the number of releases in the new index. `gaps` is a text
    about former states that could not be read, or empty.
    """

    aside: str | None
    count: int
    gaps: str


def rebuild_releases(backend: Backend) -> Recollected:
    """Writes a new index of the releases (the stored contents of assistants), if the present index cannot be opened or
    does not exist. The releases are collected from the history of the state. The former index and all stored contents
    are kept. Raises UsageError if the present index can be opened, and StateError if a later version of provision wrote
    it, if the state cannot be read, or if the releases cannot be written.
    """
    state = backend.read()
    aside = set_unreadable_aside(backend)
    if aside is None and load_index(backend) is not None:
        raise UsageError(
            f"{backend.releases.describe()} can be read, so it is not rebuilt; nothing was changed",
            hint="`provision history ADDRESS` lists the releases that it has",
        )
    releases = open_releases(backend, state)
    releases.save(releases.index, releases.contents)
    return Recollected(aside, sum(1 for _ in releases.index.all()), gaps_text(releases.gaps))


class Resealed(Struct, frozen=True):
    """The result of `reseal`, which encrypts the states with the present key. `state` is the present state, which was
    written again.

    `closed` and `damaged` are the serial numbers of the earlier states that were not written again. A state in `closed`
    cannot be read: no configured key decrypts it, or a later version of provision wrote it. A state in `damaged` has a
    damaged content. `unread` are the names of the releases whose contents could not be read.
    """

    state: State
    closed: tuple[int, ...]
    damaged: tuple[int, ...]
    unread: tuple[str, ...] = ()


def reseal(backend: Backend) -> Resealed:
    """Encrypts the state, the earlier states in the history and the releases with the present key, and writes them.

    Raises StateError if the state cannot be read or written. Raises Blocked if the journal has entries, or if the state
    is not the last written state.
    """
    check_settled(backend)
    state = read_present(backend)
    check_continuity(backend, state)
    load_index(backend)  # an index that cannot be opened is reported before anything is written
    closed, damaged = [], []
    for serial in backend.history():
        try:
            former = backend.read_former(serial)
        except TornState:
            damaged.append(serial)
        except (WrongKey, NewerState):
            closed.append(serial)
        else:
            backend.keep(former)
    unread = reseal_releases(backend)
    resealed = sign(state.after(state), "state reseal")
    backend.write(resealed)
    return Resealed(resealed, tuple(closed), tuple(damaged), tuple(unread))


def migrate(source: Backend, target: Backend) -> State:
    """Copies the state and the releases from `source` to the backend `target`, which must be empty. Former states are
    not copied. `source` is not changed. Raises StateError if `source` contains no readable state. Raises Blocked if
    `target` contains a state or a journal, if the journal of `source` has entries, or if the state is not the last
    written state.
    """
    check_settled(source)
    state = source.read()
    if state is None:
        raise StateError(f"there is no state in {source.describe()} to migrate")
    check_continuity(source, state)
    if target.read() is not None or target.read_journal():
        raise Blocked(f"{target.describe()} holds a state already", hint="migrate to a place that is empty")
    copy_all(source, target)
    target.write(state)
    return state


def check_settled(backend: Backend) -> None:
    """Raises Blocked if the journal has entries."""
    if backend.read_journal():
        raise Blocked(
            f"the journal in {backend.describe()} holds what an interrupted run left",
            hint="run `provision apply` first: it finishes that",
        )


def check_continuity(backend: Backend, state: State) -> None:
    """Raises Blocked if `state` was changed outside of provision, or if it is neither the state that was written last,
    according to the history, nor its successor.
    """
    found = examine(backend, state, ())
    if found.trouble:
        raise Blocked(found.trouble, hint=found.hint)
