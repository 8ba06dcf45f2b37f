"""Adds the contents that a run has applied to the index of releases. The functions of this module read and write no
files.

Adding the same contents several times does no harm. A run can therefore add the contents of an interrupted run, even if
the interrupted run has already added them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.state.records import Record, State
from provisioner.state.releases.content import Content, ContentReader, NamedObject, assistants
from provisioner.state.releases.index import ReleaseIndex
from provisioner.state.releases.release import Provenance, Release


class Registered(Struct, frozen=True):
    """The result of `register`: the index with new releases, and the contents of these releases, keyed by digest."""

    index: ReleaseIndex
    contents: Mapping[str, Content]


class Applying(Struct, frozen=True):
    """Describes a run that has applied contents to assistants, and thus makes releases. `made` contains its time, user
    and command.

    `retire_after` maps the address of an assistant to the number of seconds for which the assistant's replaced objects
    are kept. `known` maps ids to descriptions of objects that the state does not record. `unfinished` are the addresses
    of assistants that this run did not change completely. Their present content may be a mixture of old and new values,
    so it does not become a release.
    """

    made: Provenance
    retire_after: Mapping[Address, float] = field(default_factory=dict)
    known: Mapping[str, NamedObject] = field(default_factory=dict)
    unfinished: Collection[Address] = ()


def register(index: ReleaseIndex, before: State | None, after: State, applying: Applying) -> Registered:
    """Returns the index with new releases for the changes between the states `before` and `after`. `applying` describes
    the run. If `before` is None, it is not known when each content was applied. An assistant then gets a new release
    only if no existing release has the same content as the assistant.
    """
    former = {} if before is None else {each.address: each for each in assistants(before)}
    old, new = ContentReader(before or after, applying.known), ContentReader(after, applying.known)
    releases = {address: list(found) for address, found in index.releases.items()}
    contents: dict[str, Content] = {}
    for record in assistants(after):
        if record.address in applying.unfinished:
            continue
        content = new.read(record)
        predecessor = former.get(record.address)
        former_content = None if predecessor is None else old.read(predecessor)
        found = releases.setdefault(record.address, [])
        digest = content.digest()
        if not _is_new(found, record, digest, former_content, compared=before is not None):
            continue
        number = _number(found, record)
        release = Release(
            record.address,
            number,
            digest,
            record.type,
            applying.made,
            restores=None if record.pinned is None else record.pinned.release,
            parts=content.parts(),
        )
        contents[digest] = content
        if former_content is not None and (kept := applying.retire_after.get(record.address, 0)):
            _hold(found, former_content, applying.made.time + kept)
        found.append(release)
        found.sort(key=lambda each: each.number)
    return Registered(index.with_releases(releases, after.serial), contents)


def prune(index: ReleaseIndex, keep: int, state: State) -> ReleaseIndex:
    """Returns a copy of the index with only the newest `keep` releases of each address. Two releases of each assistant
    in `state` are kept in every case: the present release, and the release that a rollback has restored (the pinned
    release).
    """
    reader = ContentReader(state)
    releases: dict[Address, Sequence[Release]] = {}
    for address, found in index.releases.items():
        if len(found) <= keep:
            releases[address] = found
            continue
        record = state.records.get(address)
        digest = None if record is None else reader.read(record).digest()
        pinned = None if record is None or record.pinned is None else record.pinned.release
        newest = found[-keep:]
        stays = [each for each in found[:-keep] if each.number == pinned]
        if digest is not None and all(each.digest != digest for each in newest):
            stays += [each for each in found[:-keep] if each.digest == digest and each not in stays][-1:]
        releases[address] = (*sorted(stays, key=lambda each: each.number), *newest)
    return index.with_releases(releases, index.serial)


def copy_releases(index: ReleaseIndex, moves: Mapping[Address, Address]) -> ReleaseIndex:
    """Returns a copy of the index after addresses were renamed. Each new address also gets the releases of its former
    address. `moves` maps new addresses to former addresses. If the new address already has a release with the same
    number, this release stays unchanged.
    """
    releases = dict(index.releases)
    for new, old in moves.items():
        taken = {each.number for each in index.of(new)}
        copied = [replace(each, address=new) for each in index.of(old) if each.number not in taken]
        if copied:
            releases[new] = tuple(sorted((*index.of(new), *copied), key=lambda each: each.number))
    return index.with_releases(releases, index.serial)


def current_release(releases: Iterable[Release], record: Record | None, digest: str | None) -> Release | None:
    """Returns the release with the present content of an assistant, or None if no release has this content. `digest` is
    the digest of the present content. `record` is the record of the assistant.

    If several releases have this content, the result is the one whose number is in `record`. If `record` contains none
    of their numbers, the result is the last of them in `releases`.
    """
    matching = [each for each in releases if each.digest == digest]
    if record is not None and record.release is not None:
        exact = [each for each in matching if each.number == record.release]
        matching = exact or matching
    return matching[-1] if matching else None


def _is_new(found: Sequence[Release], record: Record, digest: str, former: Content | None, *, compared: bool) -> bool:
    """Returns whether the assistant's present content needs a new release: no release has this content, or the content
    was applied again after the last release. `record` is the record of the assistant, `found` are its releases, and
    `digest` is the digest of its present content. `former` is its content before the run (None: it did not exist). If
    `compared` is False, the content before the run is not known.
    """
    known = any(each.digest == digest for each in found)
    if not known:
        return True
    if record.release is not None and compared:
        # A definition carries its number, so a content that was applied twice has two numbers.
        return all(each.number != record.release for each in found)
    changed = compared and (former is None or former.digest() != digest)
    return changed and found[-1].digest != digest


def _number(found: Sequence[Release], record: Record) -> int:
    """Returns the number for a new release, which no earlier release has. For a definition (the stored arguments of an
    assistant), it is the number in `record`, if no release in `found` has this number yet.
    """
    taken = {each.number for each in found}
    if record.release is not None and record.release not in taken:
        return record.release
    return max(taken, default=0) + 1


def _hold(found: list[Release], former: Content, until: float) -> None:
    """Records that the objects of the content `former` must be kept until the time `until`, in seconds since 1970. For
    this, changes the newest release in `found` that has this content.
    """
    digest = former.digest()
    for position in range(len(found) - 1, -1, -1):
        if found[position].digest == digest:
            found[position] = replace(found[position], held_until=until, uses=tuple(sorted(former.objects)))
            return
