"""What we know of the objects that are ours: one record an address, and how it is written down.

The text is sorted and ends with a newline, so that equal states are equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.core.address import Address
from provisioner.core.authorship import Authorship
from provisioner.core.errors import NewerState, ProvisionError, TornState
from provisioner.core.objecttype import TYPES
from provisioner.core.strictjson import loads
from provisioner.state.shape import (
    HINT,
    ORIGIN_SHAPE,
    UnknownType,
    check_integer,
    check_origin,
    check_record,
    check_release,
    check_retired,
    check_text,
    origin_fields,
)

FORMAT = 1
#: The lines that git writes around the two sides of a conflict.
CONFLICT = re.compile(r"^(<{7}|>{7}|={7}|\|{7})( |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Record:
    """One object that is ours.

    `inputs` is what we sent last, by field, with ids filled in; `echo` is what came back then, in the API's own
    words: compare it with what is live, never with what is desired. `needs` are the addresses whose ids stand in
    the inputs. `sources` are digests of the instructions and tools that went in: they only explain changes.
    `adopted` objects were not made by us and are forgotten instead of deleted. `release` counts the versions of
    a definition. `operation` made the object: its mark carries it. An `unfilled` store has never held all its files.
    """

    address: Address
    type: str
    id: str
    inputs: Mapping[str, Any]
    echo: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    adopted: bool = False
    release: int | None = None
    operation: str | None = None
    unfilled: bool = False

    def to_json(self) -> dict[str, Any]:
        """The record as it is written; what is empty is left out."""
        body: dict[str, Any] = {"type": self.type, "id": self.id, "inputs": self.inputs, "echo": self.echo}
        optional = {
            "needs": sorted(self.needs),
            "sources": self.sources,
            "protect": self.protect,
            "adopted": self.adopted,
            "release": self.release,
            "operation": self.operation,
            "unfilled": self.unfilled,
        }
        return body | {key: value for key, value in optional.items() if not _is_empty(value)}

    @classmethod
    def from_json(cls, address: str, body: Mapping[str, Any]) -> Record:
        """The record that `to_json` wrote. Raises what `stateshape` does where it did not."""
        parsed = Address.parse(address)
        check_record(parsed, body)
        return cls(address=parsed, **{**body, "needs": tuple(body.get("needs", ()))})


@dataclass(frozen=True, slots=True)
class Retired:
    """An object that a change has replaced and that is still to be deleted, once nothing names it any more.

    `since` is in seconds since 1970; it is not deleted before `since + retire_after`. `uses` are the ids of what it
    needs, which is kept as long as it is.
    """

    address: Address
    type: str
    id: str
    since: float = 0
    retire_after: float = 0
    uses: tuple[str, ...] = ()

    def is_due(self, now: float) -> bool:
        """Whether its time is up. `now` is in seconds since 1970."""
        return now >= self.since + self.retire_after

    def to_json(self) -> dict[str, Any]:
        """The entry as it is written."""
        return {
            "address": str(self.address),
            "type": self.type,
            "id": self.id,
            "since": self.since,
            "retire_after": self.retire_after,
            **({"uses": sorted(self.uses)} if self.uses else {}),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Retired:
        """The entry that `to_json` wrote. Raises what `stateshape` does where it did not."""
        address = Address.parse(check_text(body["address"]))
        check_retired(address, body)
        return cls(**{**body, "address": address, "uses": tuple(body.get("uses", ()))})


@dataclass(frozen=True, slots=True)
class Origin:
    """How an object was made, as far as it was recorded. It tells our objects from those of others.

    `operation` is the id of the operation that made it, and `created_at` the time, in seconds since 1970. A file has no
    mark, so its name, its size in bytes and the time of its upload stand for one.
    """

    operation: str | None = None
    filename: str | None = None
    bytes: int | None = None
    created_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The origin as it is written; what is not known is left out."""
        body = {name: getattr(self, name) for name in ORIGIN_SHAPE}
        return {name: value for name, value in body.items() if value is not None}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Origin:
        """The origin that `to_json` wrote. Raises TypeError or ValueError where it did not."""
        check_origin(body)
        return cls(**body)

    @classmethod
    def of(cls, record: Record) -> Origin:
        """What a record says of its object. A value that no origin may hold is taken as not recorded."""
        names = (*(name for name in TYPES[record.type].traits if name in ORIGIN_SHAPE), "created_at")
        known = origin_fields({name: record.echo[name] for name in names if name in record.echo})
        return cls(operation=record.operation, **known)


@dataclass(frozen=True, slots=True)
class Release:
    """A definition's release number, and the digest of the inputs that it stands for."""

    number: int
    digest: str

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Release:
        """The release that a state holds. Raises what `stateshape` does where it does not."""
        check_release(body)
        return cls(**body)


@dataclass(frozen=True, slots=True)
class State:
    """Everything recorded for one environment of one project.

    `lineage` is made once and never changes; `serial` goes up by one with every state that differs from the one
    before it. `account` is where the objects live. `releases` has the last release of every definition
    that ever existed, by name. Therefore a release number never stands for two contents. `origins` says how the retired
    objects were made, by id. `previous` is the digest of the state that this one replaced.

    `written` says who wrote it, None where an older version did. `claim` is the digest that stands in the text that
    was read, None where an older version wrote it. `edited` says that the digest does not fit the text: it was changed
    by hand or merged. These four are no part of the content.
    """

    lineage: str
    serial: int = 0
    account: str = ""
    project: str = ""
    environment: str = ""
    records: Mapping[Address, Record] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()
    releases: Mapping[str, Release] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    previous: str = field(default="", compare=False)
    written: Authorship | None = field(default=None, compare=False)
    claim: str | None = field(default=None, compare=False)
    edited: bool = field(default=False, compare=False)

    @classmethod
    def new(cls, *, account: str, project: str, environment: str) -> State:
        """An empty state with a lineage of its own. It is this version's, although no text holds its digest yet."""
        return cls(str(uuid.uuid4()), account=account, project=project, environment=environment, claim="")

    def same_content(self, other: State) -> bool:
        """Whether both record the same, whatever their serials and what they replaced."""
        return replace(self, serial=0) == replace(other, serial=0)

    def after(self, former: State, *, latest: int = 0) -> State:
        """This state as the one that replaces `former`. Its serial is higher than that one's and than `latest`."""
        serial = max(former.serial, latest) + 1
        return replace(self, serial=serial, previous=content_digest(former), written=None)


def dump(state: State) -> str:
    """The state's text: JSON, sorted, two spaces of indent, a final newline. It holds a digest of all the rest."""
    body = _body(state) | ({"written": state.written.to_json()} if state.written else {})
    return json.dumps({**body, "digest": digest(body)}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def content_digest(state: State) -> str:
    """The digest of what the state records, independent of its author: `previous` of the state that replaces it.

    Older versions do not know `written`, and come to the same digest.
    """
    return digest(_body(state))


def _body(state: State) -> dict[str, Any]:
    """The state's JSON without digest and author. What older versions do not know is left out where it is empty."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "lineage": state.lineage,
        "serial": state.serial,
        "account": state.account,
        "project": state.project,
        "environment": state.environment,
        "records": {str(address): record.to_json() for address, record in state.records.items()},
        "retired": [entry.to_json() for entry in sorted(state.retired, key=lambda entry: (entry.address, entry.id))],
        "releases": {name: {"number": it.number, "digest": it.digest} for name, it in state.releases.items()},
    }
    optional = {"origins": {id: it.to_json() for id, it in state.origins.items()}, "previous": state.previous}
    return body | {key: value for key, value in optional.items() if value}


def parse(text: str, name: str) -> State:
    """The state that `dump` wrote; `name` is what to call it in errors. Raises TornState, NewerState.

    A digest that does not fit is no error here: the state says so, see `State.edited`.
    """
    try:
        body = loads(text, repeated=True)  # the digest shows a merge
        version = body["format"]
        claim = body.pop("digest", None)
    except ValueError as error:
        raise _conflicting(name) if CONFLICT.search(text) else _torn(name) from error
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _torn(name) from error
    if isinstance(version, int | float) and version > FORMAT:
        raise NewerState(
            f"{name} has format {version}; this version of provision knows formats up to {FORMAT}",
            hint="upgrade provision to the version that wrote it, or a later one",
        )
    try:
        return State(
            lineage=check_text(body["lineage"]),
            serial=check_integer(body["serial"]),
            account=check_text(body["account"]),
            project=check_text(body["project"]),
            environment=check_text(body["environment"]),
            records={
                record.address: record
                for record in (Record.from_json(address, item) for address, item in body["records"].items())
            },
            retired=tuple(Retired.from_json(entry) for entry in body["retired"]),
            releases={key: Release.from_json(value) for key, value in body["releases"].items()},
            origins={id: Origin.from_json(value) for id, value in body.get("origins", {}).items()},
            previous=check_text(body.get("previous", "")),
            written=Authorship.from_json(body["written"]) if "written" in body else None,
            claim=None if claim is None else check_text(claim),
            edited=claim is not None and claim != digest(body),
        )
    except UnknownType as error:
        raise TornState(f"{name} cannot be used: {error}; it was left as it is", hint=HINT) from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ProvisionError) as error:
        raise _torn(name) from error


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ([], {})


def _conflicting(name: str) -> TornState:
    return TornState(
        f"{name} is not a state that provision wrote: it holds the conflict marks of a merge",
        hint="take one side whole (git checkout --ours FILE, or --theirs, then git add FILE), or restore it from a "
        "backup; then look at what is live: provision plan",
    )


def _torn(name: str) -> TornState:
    return TornState(
        f"{name} is not a state that provision wrote, or only a part of one; it was left as it is",
        hint="restore it from version control or a backup",
    )
