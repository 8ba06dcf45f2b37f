"""Reads and writes the releases of one environment of the project through its backend.

The order of the writes ensures that a crash loses nothing. The contents are written first, then the index that names
them, then the state. Contents that the index no longer names are removed last. Until the state contains what was
applied, the journal contains it, so the next run adds what is missing in the index.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock
from typing import Any

from msgspec.structs import replace

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
    """The releases of one environment of the project: the index, and the contents.

    `stored` is the index as it is in the backend, or None if there is none. `index` also contains the releases that are
    known from the history of the state and from the journal. `contents` maps the digests of these releases to their
    contents. `gaps` are the serials of former states that may contain further releases, but that are missing in the
    history or cannot be read.
    """

    backend: Backend
    stored: ReleaseIndex | None
    index: ReleaseIndex
    contents: dict[str, Content] = field(default_factory=dict)
    gaps: Sequence[range] = ()
    _turns: Lock = field(default_factory=Lock, repr=False, compare=False)

    def of(self, address: Address) -> list[Release]:
        """Returns the stored releases of the assistant at `address`, beginning with the oldest. The result is empty if
        there are none.
        """
        return list(self.index.of(address))

    def find(self, address: Address, number: int) -> Release:
        """Returns the release `number` of the assistant at `address`. Raises UsageError if this release is not stored.
        The message contains the first and the last number of the stored releases.
        """
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
        """Returns the content of `release`. Raises StateError if the content is missing, and TornState if it is
        damaged.
        """
        if release.digest in self.contents:
            return self.contents[release.digest]
        content = parse_content(self._read_text(release.digest, release.name), release.digest, release.name)
        self.contents[release.digest] = content
        return content

    def read_hidden(self, part: str, release: Release) -> Any:
        """Returns a value of `release` that the API never returns, such as a secret. `part` is the digest of the value,
        and identifies it. Raises StateError if the value is missing. Raises TornState if the value is damaged.
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
        """Writes the contents that are not stored yet, and then the index `index`. `contents` maps digests to contents.
        Before that, removes texts that the stored index lists as no longer needed, and that `index` does not need
        either. The caller must hold the lock. Raises StateError if a text cannot be written, and LostRace if the lock
        is lost.
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
        """Stores values that the API never returns. `values` maps the digest of each value to the value. If no index is
        stored yet, the index is stored first. The caller must hold the lock.
        """
        with self._turns:
            if self.stored is None:
                self.save(self.index, self.contents)
        texts = {each: json.dumps(value, ensure_ascii=False, sort_keys=True) for each, value in values.items()}
        self.backend.releases.add({self.index.text_name(each): text for each, text in texts.items()})

    def sweep(self) -> None:
        """Removes the texts that no release needs any more. The caller must hold the lock."""
        if self.index.dropped:
            self.backend.releases.remove([self.index.text_name(each) for each in self.index.dropped])


def open_releases(backend: Backend, state: State | None, deltas: Iterable[Delta] = ()) -> Releases:
    """Returns the releases in a backend. Releases that are missing in the index are added from the history: from the
    states with a higher serial than the index. For example, a version of provision that keeps no index has written such
    states.

    `state` is the present state on disk. `deltas` are the changes of the state in the journal of an interrupted run. If
    this run has renamed addresses, the new addresses get the releases of the former addresses. Nothing is written.
    Raises StateError if the releases or the history cannot be read.
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
    """Adds to `releases` the releases in the states that were written after the index, up to the present state `state`.
    Raises StateError if the history cannot be read.
    """
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
    """Returns the index of releases in a backend, or None if there is none. Raises TornState if the index is damaged,
    NewerState if a later version of provision wrote it, and WrongKey if no key decrypts it.
    """
    try:
        text = backend.releases.read_index()
        return None if text is None else parse_index(text, backend.releases.describe())
    except (TornState, WrongKey) as error:
        raise type(error)(error.message, hint=f"{error.hint}; {ANEW}") from error


def set_unreadable_aside(backend: Backend) -> str | None:
    """Moves the index of releases to another name, if the index cannot be read, so that a new index can begin. Returns
    the new location of the old index. Returns None if the index can be read or does not exist. The contents of the
    releases stay unchanged. The caller must hold the lock.

    Raises NewerState if a later version of provision wrote the index, because that version can read it. Raises
    StateError if the index cannot be moved.
    """
    try:
        load_index(backend)
    except (TornState, WrongKey):
        return backend.releases.set_index_aside()
    return None


def gaps_text(gaps: Sequence[range]) -> str:
    """Returns a text for the user that says which former states were missing when releases were collected from the
    history. `gaps` are ranges of serial numbers. The text is empty if no state was missing.
    """
    if not gaps:
        return ""
    serials = ", ".join(str(each[0]) if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in gaps)
    return (
        f"the releases were collected from the history of the state, where these serials are missing or cannot be "
        f"read: {serials}; releases that only they hold are not known; if there is a copy of the index of releases, "
        "restore it before the next apply"
    )


def no_releases(address: Address) -> UsageError:
    """Returns the error to raise if the assistant at `address` has no releases."""
    return UsageError(
        f"no release of {address} is known",
        hint="`provision history` lists the assistants that have releases; `provision apply` makes them",
    )


def copy_all(source: Backend, target: Backend) -> None:
    """Copies all releases from `source` to the backend `target`, which must have none. The caller must hold the locks
    of both backends. Raises StateError if a text cannot be read or written.
    """
    releases = open_releases(source, source.read())
    new = Releases(target, load_index(target), replace(releases.index, dropped=()))
    contents = {each.digest: releases.read(each) for each in releases.index.all()}
    parts = {part: releases.read_hidden(part, each) for each in releases.index.all() for part in each.parts}
    new.save(new.index, contents)
    if parts:
        new.save_hidden(parts)


def reseal_releases(backend: Backend) -> list[str]:
    """Writes the index and the contents of all releases again, encrypted with the present key. Returns the names of the
    releases whose content, or a hidden value of it, could not be read; these texts stay unchanged. The caller must hold
    the lock. Raises StateError if the backend cannot be used.
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
    """Returns the readable states in the history whose serials are at least `first` and below `last`, beginning with
    the oldest.
    """
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
    """Returns the ranges of numbers above `first` that are missing in the ascending numbers `serials`."""
    known = [first, *(each for each in serials if each > first)]
    return [range(low + 1, high) for low, high in pairwise(known) if high > low + 1]


def _is_applied(state: State) -> bool:
    return state.written is None or not state.written.command.startswith(STATE_COMMANDS)


def _provenance(state: State) -> Provenance:
    """Returns the provenance of the releases in `state`: the run that wrote the state, with its time, user and command,
    as far as they are known.
    """
    if state.written is None:
        return Provenance(0, "", "")
    return Provenance(state.written.time, state.written.who, state.written.command)
