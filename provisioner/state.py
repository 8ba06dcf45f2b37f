"""What we know of the objects that are ours: one record an address, and how it is written down.

The text is sorted and ends with a newline, so that equal states are equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.address import Address
from provisioner.errors import NewerState, ProvisionError, TornState

FORMAT = 1

Shape = Mapping[str, type | tuple[type, ...]]
NUMBER = (int, float)


@dataclass(frozen=True, slots=True)
class Record:
    """One object that is ours.

    `inputs` is what we sent last, by field, with ids filled in; `echo` is what came back then, in the API's own
    words: compare it with what is live, never with what is desired. `needs` are the addresses whose ids stand in
    the inputs. `sources` are digests of the instructions and tools that went in: they only explain changes.
    `adopted` objects were not made by us and are forgotten instead of deleted. `release` counts the versions of
    a definition. `operation` is the id of the operation that made the object: its mark carries it.
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
        }
        return body | {key: value for key, value in optional.items() if not _is_empty(value)}

    @classmethod
    def from_json(cls, address: str, body: Mapping[str, Any]) -> Record:
        """The record that `to_json` wrote. Raises KeyError, TypeError or a ProvisionError where it did not."""
        check_shape(body, RECORD_SHAPE)
        check_shape(body.get("sources", {}), dict.fromkeys(body.get("sources", {}), str))
        return cls(address=Address.parse(address), **{**body, "needs": tuple(map(_text, body.get("needs", ())))})


@dataclass(frozen=True, slots=True)
class Retired:
    """An object that a change has replaced and that is still to be deleted, once nothing names it any more.

    `since` is in seconds since 1970; it is not deleted before `since + retire_after`.
    """

    address: Address
    type: str
    id: str
    since: float = 0
    retire_after: float = 0

    def to_json(self) -> dict[str, Any]:
        """The entry as it is written."""
        return {
            "address": str(self.address),
            "type": self.type,
            "id": self.id,
            "since": self.since,
            "retire_after": self.retire_after,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Retired:
        """The entry that `to_json` wrote. Raises KeyError, TypeError or a ProvisionError where it did not."""
        check_shape(body, RETIRED_SHAPE)
        return cls(**{**body, "address": Address.parse(body["address"])})


RECORD_SHAPE: Shape = {
    "type": str,
    "id": str,
    "inputs": dict,
    "echo": dict,
    "needs": list,
    "sources": dict,
    "protect": bool,
    "adopted": bool,
    "release": int,
    "operation": str,
}
RETIRED_SHAPE: Shape = {"address": str, "type": str, "id": str, "since": NUMBER, "retire_after": NUMBER}
RELEASE_SHAPE: Shape = {"number": int, "digest": str}


@dataclass(frozen=True, slots=True)
class Release:
    """A definition's release number, and the digest of the inputs that it stands for."""

    number: int
    digest: str

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Release:
        """The release that a state holds. Raises KeyError or TypeError where it does not."""
        check_shape(body, RELEASE_SHAPE)
        return cls(**body)


@dataclass(frozen=True, slots=True)
class State:
    """Everything recorded for one environment of one project.

    `lineage` is made once and never changes; `serial` goes up by one with every state that differs from the one
    before it. `account` is where the objects live. `releases` remembers the last release of every definition
    that ever was, by name, so that one lineage never gives a number to two contents.
    """

    lineage: str
    serial: int = 0
    account: str = ""
    project: str = ""
    environment: str = ""
    records: Mapping[Address, Record] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()
    releases: Mapping[str, Release] = field(default_factory=dict)

    @classmethod
    def new(cls, *, account: str, project: str, environment: str) -> State:
        """An empty state with a lineage of its own."""
        return cls(lineage=str(uuid.uuid4()), account=account, project=project, environment=environment)

    def same_content(self, other: State) -> bool:
        """Whether both record the same, whatever their serials."""
        return replace(self, serial=0) == replace(other, serial=0)


def dump(state: State) -> str:
    """The state's text: JSON, sorted, two blanks of indent, a final newline."""
    body = {
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
    return json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def parse(text: str, name: str) -> State:
    """The state that `dump` wrote; `name` is what to call it in errors. Raises TornState, NewerState."""
    try:
        body = json.loads(text)
        version = body["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _torn(name) from error
    if isinstance(version, int) and version > FORMAT:
        raise NewerState(
            f"{name} has format {version}; this version of provision knows formats up to {FORMAT}",
            hint="upgrade provision to the version that wrote it, or a later one",
        )
    try:
        return State(
            lineage=_text(body["lineage"]),
            serial=_integer(body["serial"]),
            account=_text(body["account"]),
            project=_text(body["project"]),
            environment=_text(body["environment"]),
            records={
                record.address: record
                for record in (Record.from_json(address, item) for address, item in body["records"].items())
            },
            retired=tuple(Retired.from_json(entry) for entry in body["retired"]),
            releases={key: Release.from_json(value) for key, value in body["releases"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, ProvisionError) as error:
        raise _torn(name) from error


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def check_shape(body: Mapping[str, Any], shape: Shape) -> None:
    """Raises TypeError where a value is not of its field's type. What is absent is for the dataclass to say."""
    for name, value in body.items():
        if not isinstance(value, shape.get(name, object)):
            raise TypeError(f"{name} is of type {type(value).__name__}")


def _integer(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"expected an integer, not {type(value).__name__}")
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ([], {})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {type(value).__name__}")
    return value


def _torn(name: str) -> TornState:
    return TornState(
        f"{name} is not a state that provision wrote, or only a part of one; it was left as it is",
        hint="restore it from version control or a backup",
    )
