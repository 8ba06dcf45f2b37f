"""Decodes the text of a large state without the fields of its records. Nearly all of the text is in these fields, and a
run needs few of them. The fields of a record are decoded and checked when the record is first used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from provisioner.core.address import Address
from provisioner.core.errors import ProvisionError
from provisioner.core.objecttype import TYPES
from provisioner.core.strictjson import loads
from provisioner.state.damage import torn
from provisioner.state.hashing import digest_of
from provisioner.state.large_json import fields_type
from provisioner.state.records import Record, options_body
from provisioner.state.shape import check_record

if TYPE_CHECKING:
    TypeName = str
    Text = str | None
    Number = int | None
else:
    # A name in this list is decoded to the same string for each record. In the other types, null is not a value.
    TypeName, Text, Number = Literal[tuple(TYPES)], str, int


#: Writes JSON as states contain it: with sorted keys and without spaces.
ENCODER = msgspec.json.Encoder(order="sorted")


class RecordText(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The JSON of one record, as `Record.to_json` returns it. The fields with objects and lists are not decoded: they
    are the parts of the text, without spaces. All fields have the names and meanings of those of a `Record`. Nothing is
    checked.
    """

    type: TypeName
    id: str
    inputs: Raw
    echo: Raw | UnsetType = UNSET
    needs: Raw | UnsetType = UNSET
    sources: Raw | UnsetType = UNSET
    protect: bool = False
    adopted: bool = False
    release: Number = None
    operation: Text = None
    unfilled: bool = False
    marked: Text = None
    pinned: Raw | UnsetType = UNSET

    @property
    def is_pinned(self) -> bool:
        """Whether the record contains a pin."""
        return self.pinned is not UNSET

    @property
    def is_of_plain_upload(self) -> bool:
        """Whether the record has only the fields that the records of uploaded files usually have."""
        has_others = self.release is not None or self.marked is not None or self.unfilled
        return not has_others and self.needs is UNSET and self.sources is UNSET and self.pinned is UNSET

    @property
    def has_time(self) -> bool:
        """Whether `echo` certainly contains the time when the object was made."""
        try:
            return self.echo is not UNSET and _time_decoder().decode(self.echo).created_at is not UNSET
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False

    def parts(self, name: str) -> dict[str, Raw]:
        """Returns the JSON of each value in the field `name`, which is `inputs` or `echo`. The result is empty if the
        record has no such field, or if it is not an object.
        """
        part = getattr(self, name)
        try:
            return {} if part is UNSET else _parts_decoder().decode(part)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return {}

    def echoed(self, names: Iterable[str]) -> dict[str, Any]:
        """Returns the values of those fields in `names` that `echo` contains. A value that cannot be read is left
        out.
        """
        found, parts = {}, self.parts("echo")
        for name in names:
            if name in parts:
                with suppress(ValueError):
                    found[name] = loads(bytes(parts[name]).decode())
        return found

    def echo_value(self, name: str) -> Any:
        """Returns the value of the field `name` in `echo`. Raises KeyError if there is no such field, and ValueError if
        it cannot be read.
        """
        value = _decode(self.parts("echo")[name])
        if name == TYPES[self.type].members:
            _share_chunking(value)
        return value

    def count_inputs(self, name: str) -> int:
        """Returns the number of entries in the field `name` of `inputs`, which is an object. The result is 0 if there
        is no such field.
        """
        part = self.parts("inputs").get(name)
        try:
            return 0 if part is None else len(_parts_decoder().decode(part))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return 0

    def member_ids(self) -> list[str] | None:
        """Returns the ids of the files in the field `files` of `inputs`. Returns None if the ids cannot be read."""
        try:
            return [member.file_id for member in _members_decoder().decode(self.inputs).files.values()]
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def has_inputs(self, inputs: Mapping[str, Any]) -> bool:
        """Returns whether `inputs` of the record has the same JSON as the fields `inputs`."""
        return encode(inputs) == bytes(self.inputs)

    def digest_of_inputs(self) -> str:
        """Returns the digest of the text of `inputs`. It is the digest of the fields if the text is as `dump` writes
        it.
        """
        return digest_of(bytes(self.inputs))

    def has_echo(self, echo: Mapping[str, Any]) -> bool:
        """Returns whether `echo` of the record has the same JSON as the fields `echo`."""
        return self.echo is not UNSET and encode(echo) == bytes(self.echo)

    def to_json(self) -> dict[str, Any]:
        """Returns the JSON of the record. Raises ValueError if a field cannot be read."""
        body: dict[str, Any] = {"type": self.type, "id": self.id}
        for name in ("inputs", "echo", "sources", "pinned"):
            if (part := getattr(self, name)) is not UNSET:
                body[name] = _decode(part)
        if self.needs is not UNSET:
            body["needs"] = loads(bytes(self.needs).decode())
        return body | options_body(self)

    def size(self) -> Any:
        """Returns the size of the uploaded file in bytes, or None if it is not recorded. The size is not checked."""
        try:
            return _size_decoder().decode(self.inputs).bytes
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def record(self, address: Address, name: str) -> Record:
        """Returns the record for `address`. `name` is the name of the state in errors. Raises TornState if the fields
        of the record are not what provision writes.
        """
        try:
            body = self.to_json()
            check_record(address, body)
            if (holding := TYPES[self.type].members) is not None:
                _share_chunking(body.get("echo", {}).get(holding))
            return Record.from_checked(address, body)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ProvisionError) as error:
            raise torn(name) from error


class StateText(Struct, forbid_unknown_fields=True, gc=False):
    """The JSON of a state, in which the fields of the records are not decoded. Nothing is checked. The other fields are
    the parts of the text, without spaces.
    """

    records: dict[str, RecordText]
    format: Raw
    lineage: Raw
    serial: Raw
    account: Raw
    project: Raw
    environment: Raw
    retired: Raw
    releases: Raw
    origins: Raw | UnsetType = UNSET
    previous: Raw | UnsetType = UNSET
    written: Raw | UnsetType = UNSET
    digest: Raw | UnsetType = UNSET

    def rest(self) -> dict[str, Any]:
        """Returns the JSON of the state without its records. Raises ValueError if it cannot be read."""
        parts = {name: getattr(self, name) for name in self.__struct_fields__ if name != "records"}
        return {name: loads(bytes(part).decode(), repeated=True) for name, part in parts.items() if part is not UNSET}


def decode_state(text: bytes) -> StateText | None:
    """Returns the JSON of a state without the fields of its records. `text` has no spaces between its values. Returns
    None if it is not the text of a state with the fields that this version of provision knows. The caller then decodes
    the whole text, and finds out what is different.
    """
    try:
        return _state_decoder().decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def encode(value: Any) -> bytes | None:
    """Returns the JSON of `value`, with sorted keys and without spaces, as `RecordText` contains it. Returns None if
    msgspec cannot write it.
    """
    try:
        return ENCODER.encode(value)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
        return None


def _share_chunking(files: Any) -> None:
    """Makes the files of a vector store with the same chunking strategy share one value, because nearly all have the
    same one. `files` are the recorded files by id. Does nothing if they are not an object.
    """
    shared: dict[bytes, Any] = {}
    for file in files.values() if isinstance(files, dict) else ():
        chunking = file.get("chunking_strategy") if isinstance(file, dict) else None
        # Equal values can have other types: 800 and 800.0.
        if chunking is not None and (text := encode(chunking)) is not None:
            file["chunking_strategy"] = shared.setdefault(text, chunking)


def _decode(part: Raw) -> Any:
    """Returns the JSON value `part`. Raises ValueError if it cannot be read."""
    try:
        return _fields_decoder().decode(part)
    except (msgspec.MsgspecError, RecursionError):
        # It has more levels or a larger integer than usual, or it is not what a state contains.
        return loads(bytes(part).decode(), repeated=True)


@cache
def _state_decoder() -> msgspec.json.Decoder[StateText]:
    return msgspec.json.Decoder(StateText)


@cache
def _fields_decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(fields_type())


@cache
def _parts_decoder() -> msgspec.json.Decoder[dict[str, Raw]]:
    return msgspec.json.Decoder(dict[str, Raw])


class _Sized(Struct):
    bytes: Any = None


@cache
def _size_decoder() -> msgspec.json.Decoder[_Sized]:
    return msgspec.json.Decoder(_Sized)


class _Timed(Struct):
    created_at: Raw | UnsetType = UNSET


@cache
def _time_decoder() -> msgspec.json.Decoder[_Timed]:
    return msgspec.json.Decoder(_Timed)


class _Member(Struct):
    file_id: str


class _WithMembers(Struct):
    files: dict[str, _Member] = {}


@cache
def _members_decoder() -> msgspec.json.Decoder[_WithMembers]:
    return msgspec.json.Decoder(_WithMembers)
