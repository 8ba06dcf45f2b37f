"""Reads and writes the releases of an environment through its backend.

The order of writes makes a crash harmless: first the contents, then the index that names them, then the state; contents
that the index no longer names are removed last. The journal has what was applied until the state has it, so the next
run adds what is missing in the index.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from threading import Lock
from typing import Any

from provisioner.core.address import Address
from provisioner.core.errors import LostRace, NewerState, StateError, TornState, UsageError, WrongKey
from provisioner.core.strictjson import loads
from provisioner.state.backends import Backend
from provisioner.state.journal import Delta
from provisioner.state.records import State, digest
from provisioner.state.releases.content import Content, dump_content, parse_content, torn
from provisioner.state.releases.index import ReleaseIndex, dump_index, parse_index
from provisioner.state.releases.registering import Applying, copy_releases, register
from provisioner.state.releases.release import Provenance, Release

#: The most attempts to write the index while other processes write it.
TRIES = 5
#: The advice for an index that cannot be opened, and that cannot be restored either.
ANEW = (
    "if there is no good copy of the index, `provision state rebuild --releases` keeps this one aside and collects the "
    "releases from the history of the state"
)
#: The beginning of the commands that change the state and apply nothing.
STATE_COMMANDS = "state "


@dataclass(slots=True)
class Releases:
    """The releases of one environment: the index, and the contents.

    `stored` is the index as it is in the backend (None: there is none). `index` has also the releases that are known
    from the history of the state and from the journal, and `contents` has their contents by digest. `gaps` are the
    serials of former states that should have been read for this, and are missing in the history or cannot be read.
    """

    backend: Backend
    stored: ReleaseIndex | None
    index: ReleaseIndex
    contents: dict[str, Content] = field(default_factory=dict)
    gaps: Sequence[range] = ()
    _turns: Lock = field(default_factory=Lock, repr=False, compare=False)

    def of(self, address: Address) -> list[Release]:
        """Returns the kept releases of an assistant, the oldest first. Empty if it has none."""
        return list(self.index.of(address))

    def find(self, address: Address, number: int) -> Release:
        """Returns a release by its number. Raises UsageError, with the numbers that are kept, if it is not kept."""
        found = self.index.find(address, number)
        if found is not None:
            return found
        kept = self.of(address)
        if not kept:
            raise no_releases(address)
        first, last = kept[0].number, kept[-1].number
        known = f"there are {first} to {last}" if len(kept) > 1 else f"only release {first} is"
        raise UsageError(
            f"release {number} of {address} is not kept; {known}",
            hint=f"list them: provision history {address}; `keep_releases` in provision.yaml says how many are kept",
        )

    def read(self, release: Release) -> Content:
        """Returns the content of a release. Raises StateError if it is missing, and TornState if it is damaged."""
        if release.digest in self.contents:
            return self.contents[release.digest]
        content = parse_content(self._read_text(release.digest, release.name), release.digest, release.name)
        self.contents[release.digest] = content
        return content

    def read_hidden(self, part: str, release: Release) -> Any:
        """Returns the value with the digest `part`, which the API never returns, of a release. Raises StateError,
        TornState.
        """
        try:
            value = loads(self._read_text(part, release.name))
        except ValueError as error:
            raise torn(release.name) from error
        if digest(value) != part:
            raise torn(release.name)
        return value

    def _read_text(self, digest: str, name: str) -> str:
        text = self.backend.releases.read(self.index.text_name(digest))
        if text is None:
            raise StateError(
                f"the content of {name} is missing in {self.backend.describe()}",
                hint="restore it from version control or a backup, or choose another release",
            )
        return text

    def save(self, index: ReleaseIndex, contents: Mapping[str, Content]) -> None:
        """Writes the contents that are not stored yet, and then the index. Requires the lock. Raises StateError, and
        LostRace if the lock is lost.
        """
        files, former = self.backend.releases, self.stored
        there = set() if former is None else former.needed()
        stale = set() if former is None else {*former.dropped} - index.needed()
        if stale:
            # An earlier run may have been killed before it removed them.
            files.remove([index.text_name(each) for each in sorted(stale)])
        missing = {each: content for each, content in contents.items() if each not in there}
        if missing:
            files.add({index.text_name(each): dump_content(content) for each, content in missing.items()})
        written = replace(index, dropped=tuple(each for each in index.dropped if each not in stale))
        files.write_index(dump_index(written))
        self.stored = self.index = written
        self.contents |= contents

    def save_hidden(self, values: Mapping[str, Any]) -> None:
        """Stores values that the API never returns, by digest. Requires the lock."""
        with self._turns:
            if self.stored is None:
                self.save(self.index, self.contents)
        texts = {each: json.dumps(value, ensure_ascii=False, sort_keys=True) for each, value in values.items()}
        self.backend.releases.add({self.index.text_name(each): text for each, text in texts.items()})

    def sweep(self) -> None:
        """Removes the texts that no release needs any longer. Requires the lock."""
        if self.index.dropped:
            self.backend.releases.remove([self.index.text_name(each) for each in self.index.dropped])


def open_releases(backend: Backend, state: State | None, deltas: Iterable[Delta] = ()) -> Releases:
    """Returns the releases in a backend, completed from the history: the states that another version of provision, or a
    command that changes only the state, has written. `state` is the present state on disk, and `deltas` are those in
    the journal: addresses that an interrupted run has renamed get their releases. Nothing is written. Raises
    StateError.
    """
    stored = load_index(backend)
    releases = Releases(backend, stored, stored or ReleaseIndex.new())
    if state is not None and state.serial > releases.index.serial:
        _collect(releases, state)
    for delta in deltas:
        if delta.record is not None and delta.remove is not None:
            releases.index = copy_releases(releases.index, {delta.record.address: delta.remove})
    return releases


def _collect(releases: Releases, state: State) -> None:
    """Adds the releases in the states that were written after the index, up to the present one. Raises StateError."""
    backend = releases.backend
    first, former = releases.index.serial, None
    states = [*_formers(backend, first, state.serial), state]
    releases.gaps = _gaps(first, [each.serial for each in states])
    for each in states:
        counted = each.serial > releases.index.serial
        compared = former if _is_applied(each) else None
        if counted:
            found = register(releases.index, compared, each, Applying(_provenance(each)))
            releases.index = found.index
            releases.contents |= found.contents
        former = each


def load_index(backend: Backend) -> ReleaseIndex | None:
    """Returns the index of releases in a backend, or None if there is none. Raises TornState, NewerState, WrongKey."""
    try:
        text = backend.releases.read_index()
        return None if text is None else parse_index(text, backend.releases.describe())
    except (TornState, WrongKey) as error:
        raise type(error)(error.message, hint=f"{error.hint}; {ANEW}") from error


def set_unreadable_aside(backend: Backend) -> str | None:
    """Keeps an index of releases that cannot be opened under another name, so that a new one can begin. Returns its new
    location, or None if there is no such index. The contents of its releases stay. Requires the lock.

    Raises NewerState if a later version of provision wrote the index, because that version can read it, and StateError.
    """
    try:
        load_index(backend)
    except (TornState, WrongKey):
        return backend.releases.set_index_aside()
    return None


def gaps_text(gaps: Sequence[range]) -> str:
    """Returns a text that says which former states were missing when releases were collected. Empty if none was."""
    if not gaps:
        return ""
    serials = ", ".join(str(each[0]) if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in gaps)
    return (
        f"the releases were collected from the history of the state, where these serials are missing or cannot be "
        f"read: {serials}; releases that only they hold are not known; if there is a copy of the index of releases, "
        "restore it before the next apply"
    )


def no_releases(address: Address) -> UsageError:
    """Returns the error for an address without releases."""
    return UsageError(
        f"no release of {address} is known",
        hint="`provision history` lists the assistants that have releases; `provision apply` makes them",
    )


def copy_all(source: Backend, target: Backend) -> None:
    """Copies all releases to another backend, which has none. Requires both locks. Raises StateError."""
    releases = open_releases(source, source.read())
    new = Releases(target, load_index(target), replace(releases.index, dropped=()))
    contents = {each.digest: releases.read(each) for each in releases.index.all()}
    parts = {part: releases.read_hidden(part, each) for each in releases.index.all() for part in each.parts}
    new.save(new.index, contents)
    if parts:
        new.save_hidden(parts)


def reseal_releases(backend: Backend) -> list[str]:
    """Writes the index and the contents of all releases again, with the present key. Returns the names of the releases
    whose content could not be read; these stay as they were. Requires the lock. Raises StateError.
    """
    stored = load_index(backend)
    if stored is None:
        return []
    files, unread = backend.releases, []
    for release in stored.all():
        for each in (release.digest, *release.parts):
            try:
                text = files.read(stored.text_name(each))
            except LostRace:
                raise
            except StateError:
                text = None
            if text is None:
                unread.append(release.name)
            else:
                files.add({stored.text_name(each): text})
    files.write_index(dump_index(stored))
    return list(dict.fromkeys(unread))


def _formers(backend: Backend, first: int, last: int) -> list[State]:
    """Returns the readable states of the history with serials from `first` on and below `last`, oldest first."""
    found = []
    for serial in backend.history():
        if first <= serial < last:
            try:
                found.append(backend.read_former(serial))
            except (TornState, WrongKey, NewerState):
                continue
            except StateError:
                # Another process may have removed the oldest state meanwhile. Every other error must not lose releases.
                if serial in backend.history():
                    raise
    return found


def _gaps(first: int, serials: Sequence[int]) -> list[range]:
    """Returns the numbers above `first` that are missing between the ascending numbers in `serials`."""
    known = [first, *(each for each in serials if each > first)]
    return [range(low + 1, high) for low, high in pairwise(known) if high > low + 1]


def _is_applied(state: State) -> bool:
    return state.written is None or not state.written.command.startswith(STATE_COMMANDS)


def _provenance(state: State) -> Provenance:
    """Returns the run that wrote a state, as far as it is known."""
    if state.written is None:
        return Provenance(0, "", "")
    return Provenance(state.written.time, state.written.who, state.written.command)
