"""Defines the state and its records. There is one record for each object that provision manages.

In the text of a state, keys are sorted and the last character is a newline, so that equal states have equal bytes.
"""

from __future__ import annotations

import json
import uuid
import weakref
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address, spell_addresses
from provisioner.core.authorship import Authorship
from provisioner.core.resource import NOTHING, Pin
from provisioner.state.hashing import digest as digest
from provisioner.state.large_json import LARGE_STATE
from provisioner.state.origin import Origin as Origin
from provisioner.state.pinning import LastRelease, parse_pin, pin_body
from provisioner.state.retired import Retired as Retired
from provisioner.state.shape import (
    check_record,
)

if TYPE_CHECKING:
    from provisioner.state.large_text import Body, LargeText

FORMAT = 1
#: The fields of a record that are stored only if they are true.
FLAGS = ("protect", "adopted", "unfilled")
#: The fields of a record that are stored only if they have a value.
OPTIONS = ("release", "operation", "marked")


class Record(Struct, frozen=True):
    """The record of one object that provision manages.

    `inputs` maps each field to the value that was sent last, with ids in place of references. `echo` is the API's
    response to that request, in the API's format, and is only compared with the live object. `needs` are the addresses
    whose ids are in the inputs. `sources` are digests of the instructions and tools in the inputs, by address; they
    explain changes and dependencies. `adopted` means that provision did not make the object. Such an object is deleted
    only if an entry of `removed:` contains `destroy: true`; otherwise only its record is removed. `release` is the
    release number of a definition. `operation` is the id of the operation that made or adopted the object. `unfilled`
    means that a vector store never had all of its files. `marked` is the address in the ownership mark of the object,
    if this address is outdated. `pinned` is the release that a rollback has restored.
    """

    address: Address
    type: str
    id: str
    inputs: Mapping[str, Any]
    echo: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    sources: Mapping[str, str] = NOTHING
    protect: bool = False
    adopted: bool = False
    release: int | None = None
    operation: str | None = None
    unfilled: bool = False
    marked: str | None = None
    pinned: Pin | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the record as JSON in the format of the state, without empty optional fields. The fields `inputs` and
        `echo` are always contained.
        """
        body: dict[str, Any] = {"type": self.type, "id": self.id, "inputs": self.inputs, "echo": self.echo}
        if self.needs:
            body["needs"] = sorted(self.needs)
        if self.sources:
            body["sources"] = self.sources
        body |= options_body(self)
        if self.pinned is not None:
            body["pinned"] = pin_body(self.pinned)
        return body

    @classmethod
    def from_json(cls, address: str, body: Mapping[str, Any]) -> Record:
        """Returns the record for `body`, the JSON that `to_json` wrote. `address` is the address of the record. Raises
        the errors of `provisioner.state.shape` if `body` has another form.
        """
        parsed = Address.parse(address)
        check_record(parsed, body)
        return cls.from_checked(parsed, body)

    @classmethod
    def from_checked(cls, address: Address, body: Mapping[str, Any]) -> Record:
        """Returns the record for `body` as `from_json` does, but without checking `body`, which must have been checked
        already. Raises TypeError if `body` lacks a field or has an unknown field, and the errors of `parse_pin`.
        """
        if "needs" in body or "pinned" in body:
            pinned = parse_pin(body["pinned"]) if "pinned" in body else None
            body = {**body, "needs": tuple(body.get("needs", ())), "pinned": pinned}
        return cls(address, **body)


def options_body(record: object) -> dict[str, Any]:
    """Returns the JSON of those fields of a record that are stored only if they are true or have a value. `record` is a
    record, or the text of a record, which has the same fields.
    """
    flags = {name: True for name in FLAGS if getattr(record, name)}
    return flags | {name: value for name in OPTIONS if (value := getattr(record, name)) is not None}


class TextRecords(Mapping[Address, Record]):
    """The records of a large state, most of which are still the texts that were read.

    `text_types` are the types of the values that `listed` returns for the records that were not changed. msgspec writes
    such a value as it was read.
    """

    text_types: ClassVar[frozenset[type]]

    @abstractmethod
    def listed(self) -> list[tuple[str, Body]]:
        """Returns the text of the address of each record, with the record or the text of the record, sorted by the text
        of the address.
        """


# The fields that a comparison of states considers. The others say how the text of the state was written and read.
COMPARED_FIELDS = (
    *("lineage", "serial", "account", "project", "environment"),
    *("records", "retired", "releases", "origins"),
)


# The state that was read last, and its content digest.
_READ: list[tuple[weakref.ref[State], str]] = []


class State(Struct, frozen=True, eq=False, weakref=True):
    """Everything that is recorded for one environment of a project.

    `lineage` is an id that all versions of this state share. `serial` is increased for every state that differs from
    the state before, usually by one. `account` is the account of the objects. `releases` maps the name of every
    definition that ever existed to its last release, so that a release number is never used for two contents. `retired`
    are replaced objects that will be deleted later, and `origins` maps their ids to their origins. `previous` is the
    digest of the state that this state replaced.

    `written` says who wrote the state, and `claim` is the digest in the text that was read. Both are None if an older
    version of provision wrote the state. `written` is also None for a new state that was not written yet. `edited` says
    that the digest does not match the text, because the text was changed by hand or merged. A comparison of states
    ignores `written`, `claim`, `edited` and `previous`.
    """

    lineage: str
    serial: int = 0
    account: str = ""
    project: str = ""
    environment: str = ""
    records: Mapping[Address, Record] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()
    releases: Mapping[str, LastRelease] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    previous: str = ""
    written: Authorship | None = None
    claim: str | None = None
    edited: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self._compared() == other._compared()

    def _compared(self) -> tuple[object, ...]:
        """Returns the values of the fields that decide whether two states are equal."""
        return tuple(getattr(self, name) for name in COMPARED_FIELDS)

    @classmethod
    def new(cls, *, account: str, project: str, environment: str) -> State:
        """Returns an empty state with a new lineage (the id that all versions of a state share). `account` is the
        account of its objects, and `environment` is an environment of the project. The field `claim` is an empty text,
        because None would mean that an older version of provision wrote the state.
        """
        return cls(str(uuid.uuid4()), account=account, project=project, environment=environment, claim="")

    def same_content(self, other: State) -> bool:
        """Returns whether this state and `other` have the same content. The serial, and the fields that a comparison of
        states ignores, are not compared.
        """
        return replace(self, serial=0) == replace(other, serial=0)

    def after(self, former: State, *, latest: int = 0) -> State:
        """Returns a copy of this state that follows the state `former`. Its serial is one above the larger of `latest`
        and `former.serial`. `latest` is the largest serial that the history is known to contain.
        """
        serial = max(former.serial, latest) + 1
        return replace(self, serial=serial, previous=content_digest(former), written=None)


def dump(state: State) -> str:
    """Returns the text of `state`: sorted JSON, indented by two spaces, with a digest of all other keys and a final
    newline. In the text of a large state, an unpaired surrogate is written as its JSON escape.
    """
    if len(state.records) >= LARGE_STATE:
        return b"".join(dump_pieces(state)).decode()
    body = _signed_body(state)
    return json.dumps({**body, "digest": digest(body)}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def dump_pieces(state: State) -> Iterable[bytes]:
    """Returns the text of `state`, as `dump` does, encoded as UTF-8 and in pieces. The pieces can be iterated several
    times. The pieces of a large state are made while they are iterated. An unpaired surrogate is written as its JSON
    escape.
    """
    if len(state.records) >= LARGE_STATE:
        return _large_text(state, _rest(state) | _author(state))
    return (dump(state).encode(errors="backslashreplace"),)


def dump_bytes(state: State) -> bytes:
    """Returns the text of `state`, as `dump_pieces` does, in one piece."""
    return b"".join(dump_pieces(state))


def content_digest(state: State) -> str:
    """Returns the digest of `state` without its author. The state that follows `state` stores this digest as
    `previous`.
    """
    for known, found in _READ:
        if known() is state:
            return found
    if len(state.records) < LARGE_STATE:
        return digest(_body(state))
    return _large_text(state, _rest(state)).digest


def remember_digest(state: State, found: str) -> None:
    """Stores `found`, the content digest of `state`, which was just read, so that `content_digest` need not encode this
    state again. Only the last state is remembered.
    """
    _READ[:] = [(weakref.ref(state), found)]


def _large_text(state: State, rest: Mapping[str, Any]) -> LargeText:
    """Returns the text of a state with many records. `rest` is the JSON of the state without the records."""
    # Imported here, because most commands only read states.
    from provisioner.state.large_text import LargeText

    records = state.records
    if isinstance(records, TextRecords):
        return LargeText(rest, records.listed(), records.text_types)
    texts = spell_addresses(list(records))
    listed = sorted(zip(texts, records.values(), strict=True), key=itemgetter(0))
    return LargeText(rest, listed, frozenset())


def _signed_body(state: State) -> dict[str, Any]:
    """Returns `state` as JSON with its author and without its digest."""
    return _body(state) | _author(state)


def _author(state: State) -> dict[str, Any]:
    return {"written": state.written.to_json()} if state.written else {}


def _body(state: State) -> dict[str, Any]:
    """Returns `state` as JSON without digest and author."""
    return _rest(state) | {"records": {str(address): record.to_json() for address, record in state.records.items()}}


def _rest(state: State) -> dict[str, Any]:
    """Returns `state` as JSON without records, digest and author. Fields that older versions of provision do not know
    are omitted if they are empty.
    """
    body: dict[str, Any] = {
        "format": FORMAT,
        "lineage": state.lineage,
        "serial": state.serial,
        "account": state.account,
        "project": state.project,
        "environment": state.environment,
        "retired": [entry.to_json() for entry in sorted(state.retired, key=lambda entry: (entry.address, entry.id))],
        "releases": {name: {"number": it.number, "digest": it.digest} for name, it in state.releases.items()},
    }
    optional = {"origins": {id: it.to_json() for id, it in state.origins.items()}, "previous": state.previous}
    return body | {key: value for key, value in optional.items() if value}
