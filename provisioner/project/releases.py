"""Reads the releases (the stored contents of assistants) in one environment of the project, and compares two of them.
No API is called.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.engine.snapshot import read_snapshot
from provisioner.planning.environments import Definition, Definitions, Exceptions, compare_environments
from provisioner.project.command_options import Choice
from provisioner.project.settings import OpenSettings, open_settings
from provisioner.review.view.environments import ComparisonView, Side, view_comparison
from provisioner.state.records import State
from provisioner.state.release_storage import Releases, gaps_text, no_releases, open_releases
from provisioner.state.releases.content import ContentReader, template_address
from provisioner.state.releases.registering import current_release
from provisioner.state.releases.release import Release


class History(Struct, frozen=True):
    """The stored releases of one assistant, with the oldest first, or one release of each assistant, sorted by address.
    `current` are the names of the releases that the assistants have now. `pinned` are the names of the releases whose
    content pinned assistants keep. `gaps` says which former states could not be read; it is empty if all were read.
    """

    releases: tuple[Release, ...]
    current: frozenset[str] = field(default_factory=frozenset)
    pinned: frozenset[str] = field(default_factory=frozenset)
    gaps: str = ""


def read_history(choice: Choice, address: Address | None) -> History:
    """Returns the releases of the assistant at `address`. If `address` is None, returns for every assistant the present
    release, or the last stored release if no release has the present content. Raises UsageError if the assistant has no
    releases, and StateError if the state cannot be read.
    """
    with open_settings(choice) as opened:
        state, releases = _read(opened)
    current = _find_current(state, releases)
    pins = {f"{each.address}@{each.pinned.release}" for each in state.records.values() if each.pinned is not None}
    if address is None:
        latest = (current.get(each) or releases.index.last(each) for each in sorted(releases.index.releases))
        found = tuple(each for each in latest if each is not None)
    else:
        found = tuple(releases.of(address))
        if not found:
            raise no_releases(address)
    current_names = frozenset(each.name for each in current.values())
    return History(found, current_names, frozenset(pins), gaps_text(releases.gaps))


def compare_releases(
    choice: Choice, first: tuple[Address, int | None], second: tuple[Address, int | None], exceptions: Iterable[str]
) -> ComparisonView:
    """Returns the differences between two releases of one assistant and of its environment template. `first` and
    `second` are pairs: the address of the assistant, and the number of the release (None for the present one).
    `exceptions` are patterns for fields that are not compared.

    Raises UsageError if a release is no longer stored or if the two addresses differ, and StateError if the state
    cannot be read.
    """
    if first[0] != second[0]:
        raise UsageError(
            f"{first[0]} and {second[0]} are two assistants",
            hint="name two releases of one: provision diff ADDRESS@6 ADDRESS@7",
        )
    with open_settings(choice) as opened:
        state, releases = _read(opened)
        current = _find_current(state, releases)
        old, new = (_find(releases, current, address, number) for address, number in (first, second))
        left_out = Exceptions(exceptions)
        sides = [left_out.within(_definitions(releases, each)) for each in (old, new)]
    comparison = compare_environments(*sides)
    return view_comparison(_side(old), _side(new), comparison)


def _read(opened: OpenSettings) -> tuple[State, Releases]:
    snapshot = read_snapshot(opened.backend, opened.identity)
    return snapshot.state, open_releases(opened.backend, snapshot.base, snapshot.deltas)


def _find_current(state: State, releases: Releases) -> dict[Address, Release]:
    """Returns the release that each assistant has now, keyed by the address of the assistant."""
    reader, found = ContentReader(state), {}
    for address in releases.index.releases:
        record = state.records.get(address)
        if record is None:
            continue
        release = current_release(releases.of(address), record, reader.read(record).digest())
        if release is not None:
            found[address] = release
    return found


def _find(releases: Releases, current: dict[Address, Release], address: Address, number: int | None) -> Release:
    if number is not None:
        return releases.find(address, number)
    if address not in current:
        raise no_releases(address)
    return current[address]


def _definitions(releases: Releases, release: Release) -> Definitions:
    content = releases.read(release)
    assistant, template = content.assistant, content.template
    found = {release.address: Definition(assistant.type, assistant.inputs, assistant.sources)}
    if template is not None:
        found[template_address(release.address)] = Definition(template.type, template.inputs, template.sources)
    return found


def _side(release: Release) -> Side:
    return Side(release.name, release=release.number)
