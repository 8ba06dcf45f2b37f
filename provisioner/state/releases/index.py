"""The index of releases of one environment: which releases each assistant has, and which runs made them.

The index and the contents are kept beside the state. A content is stored once, under a name that is derived from its
digest, however many releases have it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.core.address import Address
from provisioner.core.errors import NewerState, ProvisionError, TornState
from provisioner.core.strictjson import Shape, check_shape, loads
from provisioner.state.records import CONFLICT, digest
from provisioner.state.releases.release import Provenance, Release, check_digest
from provisioner.state.shape import LARGEST, check_number, check_text

FORMAT = 1
#: The number of characters of the name of a run in the index.
RUN_NAME = 16
INDEX_SHAPE: Shape = {
    "format": int,
    "salt": str,
    "serial": int,
    "runs": dict,
    "releases": dict,
    "dropped": list,
    "untested": dict,
    "write": str,
}


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """The releases of one environment, by address, in the order of their numbers.

    `salt` is a random text from which the names of the stored texts are derived, so that nobody can guess the content
    of an encrypted text from its name. `serial` is the serial of the state up to which all releases are in the index.
    `dropped` are the digests of texts that no release needs any longer and that are still to be removed. `untested` has
    the assistants whose tests have not passed since an apply changed them, or was about to change them, each with the
    number of the release to which it goes back if they fail (0: it was new).
    """

    salt: str
    serial: int = 0
    releases: Mapping[Address, Sequence[Release]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    untested: Mapping[Address, int] = field(default_factory=dict)

    @classmethod
    def new(cls) -> ReleaseIndex:
        """Returns an empty index with a new salt."""
        return cls(secrets.token_hex(16))

    def of(self, address: Address) -> Sequence[Release]:
        """Returns the releases of an address, the oldest first. Empty if there are none."""
        return self.releases.get(address, ())

    def find(self, address: Address, number: int) -> Release | None:
        """Returns the release of this address with this number, or None."""
        return next((each for each in self.of(address) if each.number == number), None)

    def last(self, address: Address) -> Release | None:
        """Returns the newest release of an address, or None if it has no release."""
        found = self.of(address)
        return found[-1] if found else None

    def all(self) -> Iterator[Release]:
        """Yields every release, in the order of addresses and numbers."""
        for address in sorted(self.releases):
            yield from self.releases[address]

    def needed(self) -> set[str]:
        """Returns the digests of all texts that the releases need."""
        return {each for release in self.all() for each in (release.digest, *release.parts)}

    def text_name(self, digest: str) -> str:
        """Returns the name under which the text with this digest is stored."""
        return hashlib.sha256(f"{self.salt} {digest}".encode()).hexdigest()

    def held(self, now: float) -> dict[str, Release]:
        """Returns the release that keeps an object from being deleted at the time `now` (seconds since 1970), by the
        object's id.
        """
        return {id: each for each in self.all() if each.held_until > now for id in each.uses}

    def with_releases(self, releases: Mapping[Address, Sequence[Release]], serial: int) -> ReleaseIndex:
        """Returns the index with these releases instead of its own. The texts that no release needs any longer are
        added to `dropped`.
        """
        kept = {address: tuple(each) for address, each in releases.items() if each}
        found = replace(self, releases=kept, serial=max(serial, self.serial))
        needed = found.needed()
        dropped = {*self.dropped, *self.needed()} - needed
        return replace(found, dropped=tuple(sorted(dropped)))


def dump_index(index: ReleaseIndex) -> str:
    """Returns the text of an index: JSON with a unique id, so that two texts are never equal. Each address and each run
    has a line, so that people can compare two indexes.
    """
    runs = {run_name(each.made): each.made.to_json() for each in index.all()}
    releases = {
        str(address): [each.to_json(run_name(each.made)) for each in found] for address, found in index.releases.items()
    }
    body: dict[str, Any] = {
        "format": FORMAT,
        "salt": index.salt,
        "serial": index.serial,
        "dropped": sorted(index.dropped),
        "write": uuid.uuid4().hex,
    }
    if index.untested:
        body["untested"] = {str(address): number for address, number in index.untested.items()}
    blocks = (_lines("runs", runs), _lines("releases", releases))
    return _text(body)[:-1] + ",\n" + ",\n".join(blocks) + "}\n"


def _lines(name: str, values: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"{_text(key)}: {_text(values[key])}" for key in sorted(values))
    return f"{_text(name)}: {{\n{lines}}}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def parse_index(text: str, name: str) -> ReleaseIndex:
    """Returns the index that `dump_index` wrote. `name` names it in errors. Raises TornState, and NewerState if a later
    version of provision wrote it.
    """
    try:
        body = loads(text)
        version = body["format"]
        if isinstance(version, int) and version > FORMAT:
            raise NewerState(
                f"{name} has format {version}; this version of provision knows formats up to {FORMAT}",
                hint="upgrade provision to the version that wrote it, or a later one",
            )
        return _parse_body(body)
    except NewerState:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ProvisionError) as error:
        raise _torn(name, conflicting=bool(CONFLICT.search(text))) from error


def _parse_body(body: Mapping[str, Any]) -> ReleaseIndex:
    check_shape(body, INDEX_SHAPE)
    runs = {name: Provenance.from_json(each) for name, each in body["runs"].items()}
    releases: dict[Address, tuple[Release, ...]] = {}
    for text, entries in body["releases"].items():
        address = Address.parse(text)
        found = tuple(Release.from_json(address, each, runs) for each in entries)
        numbers = [each.number for each in found]
        if numbers != sorted(set(numbers)):
            raise ValueError(f"the releases of {address} are not in the order of their numbers")
        releases[address] = found
    return ReleaseIndex(
        salt=check_text(body["salt"]),
        serial=int(check_number(body["serial"], LARGEST)),
        releases=releases,
        dropped=tuple(map(check_digest, body["dropped"])),
        untested={
            Address.parse(text): int(check_number(number, LARGEST)) for text, number in body.get("untested", {}).items()
        },
    )


def run_name(made: Provenance) -> str:
    """Returns the name of a run in the index. Equal runs have equal names."""
    return digest(made.to_json())[:RUN_NAME]


def _torn(name: str, *, conflicting: bool) -> TornState:
    advice = (
        "take one side whole (git checkout --ours FILE, or --theirs, then git add FILE)"
        if conflicting
        else "restore it from version control or a backup"
    )
    return TornState(
        f"{name} is not an index of releases that provision wrote, or only a part of one; it was left as it is",
        hint=f"{advice}; or move it away: the releases are then collected again from the history of the state",
    )
