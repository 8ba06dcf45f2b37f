"""Defines the index of the releases of one environment of the project. The index lists the releases of each assistant,
and the runs that made these releases.

The index and the contents are stored beside the state. A content is stored only once, even if several releases have the
same content. The name of a stored content is derived from its digest.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import NewerState, ProvisionError, TornState
from provisioner.core.strictjson import Shape, check_shape, loads
from provisioner.state.records import digest
from provisioner.state.releases.release import Provenance, Release, check_digest
from provisioner.state.shape import CONFLICT, LARGEST, check_number, check_text

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


class ReleaseIndex(Struct, frozen=True):
    """The releases of one environment of the project, keyed by address and in the order of their numbers.

    `salt` is a random text. The names of the stored texts are derived from it, so that nobody can guess an encrypted
    text and confirm the guess by its name. `serial` is the serial of a state: the index contains all releases up to
    this state. `dropped` are the digests of texts that no release needs and that are not removed yet.

    `untested` contains the assistants that an apply changed, or was about to change, and whose tests have not passed
    since. It maps the address of each assistant to the number of the release that is restored if the tests fail (0: the
    assistant was new).
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
        """Returns the releases of `address`, beginning with the oldest. The result is empty if the address has no
        releases.
        """
        return self.releases.get(address, ())

    def find(self, address: Address, number: int) -> Release | None:
        """Returns the release `number` of `address`, or None if it does not exist."""
        return next((each for each in self.of(address) if each.number == number), None)

    def last(self, address: Address) -> Release | None:
        """Returns the newest release of `address`, or None if the address has no release."""
        found = self.of(address)
        return found[-1] if found else None

    def all(self) -> Iterator[Release]:
        """Yields all releases, sorted by address and number."""
        for address in sorted(self.releases):
            yield from self.releases[address]

    def needed(self) -> set[str]:
        """Returns the digests of all texts that the releases in this index need."""
        return {each for release in self.all() for each in (release.digest, *release.parts)}

    def text_name(self, digest: str) -> str:
        """Returns the name under which the text with the digest `digest` is stored."""
        return hashlib.sha256(f"{self.salt} {digest}".encode()).hexdigest()

    def held(self, now: float) -> dict[str, Release]:
        """Returns the objects that must not be deleted at the time `now` (seconds since 1970). The result maps the id
        of each object to a release that needs it.
        """
        return {id: each for each in self.all() if each.held_until > now for id in each.uses}

    def with_releases(self, releases: Mapping[Address, Sequence[Release]], serial: int) -> ReleaseIndex:
        """Returns a copy of the index with `releases` in place of its own releases. Texts that no release needs
        afterwards are added to `dropped`. `serial` is the serial of the state up to which the new releases are
        complete.
        """
        kept = {address: tuple(each) for address, each in releases.items() if each}
        found = replace(self, releases=kept, serial=max(serial, self.serial))
        needed = found.needed()
        dropped = {*self.dropped, *self.needed()} - needed
        return replace(found, dropped=tuple(sorted(dropped)))


def dump_index(index: ReleaseIndex) -> str:
    """Returns `index` as JSON text. The text contains a unique id, so two texts are never equal. Each address and each
    run is on its own line, so that people can compare two indexes.
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
    """Returns the index that `text` contains. `dump_index` writes such texts. `name` is the name of the index in error
    messages. Raises TornState if the text has another form, and NewerState if a later version of provision wrote it.
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
    """Returns the name that the index uses for a run. `made` describes the run. Equal runs have equal names."""
    return digest(made.to_json())[:RUN_NAME]


def _torn(name: str, *, conflicting: bool) -> TornState:
    advice = (
        "take one side whole (git checkout --ours FILE, or --theirs, then git add FILE)"
        if conflicting
        else "restore it from version control or a backup"
    )
    return TornState(
        f"{name} is not an index of releases that provision wrote, or only a part of one; it was left as it is",
        hint=advice,
    )
