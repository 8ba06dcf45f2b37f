"""Checks the values in states and journals when these files are read, because an edited file can contain anything.

Types must be known, ids must be usable in requests, and numbers must be in their ranges. The files of vector stores and
the metadata must be JSON objects. The other modules need not check these values again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.core.address import PLAIN_QUOTED, Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.authorship import LATEST_TIME
from provisioner.core.objecttype import FILE, TYPES, ObjectType
from provisioner.core.strictjson import NUMBER, Shape, check_shape

#: The pattern of an id. Ids are used in URL paths, in the state and in messages, so characters with a special meaning
#: in these are excluded.
ID = re.compile(r"""(?!\.)[!$&(-.0-;=@-\[\]-_a-~]{1,256}""")
#: The most characters of an id that `ID` matches.
MOST_OF_ID = 256
#: The most characters in the id of a local object, `name@release`. Such an id is not used in URL paths.
MOST_OF_LOCAL_ID = 1_000
#: A SHA-256 in hexadecimal digits.
DIGEST = re.compile(r"[0-9a-f]{64}")
#: The pattern of an operation's id, which is used in marks and in names of environment templates.
OPERATION = re.compile(r"op_[0-9A-Za-z]{1,64}")
#: The highest number for serials, releases, sizes and times of servers. Every JSON parser reads numbers up to this one
#: exactly.
LARGEST = 2**53
#: Serials in the names of states in the history are below this number. One new state per second reaches it after 30,000
#: years.
MOST_OF_SERIALS = 10**12
#: Addresses of files that need no further check, one on each line.
PLAIN_LINES = re.compile(rf"(?:{PLAIN_QUOTED.pattern}\n)*")
#: The beginnings of the lines that git writes around the two sides of a conflict.
CONFLICT = re.compile(r"^(<{7}|>{7}|={7}|\|{7})( |$)", re.MULTILINE)
HINT = "if a newer version of provision wrote it, upgrade to that version; otherwise restore it from a backup"

RECORD_SHAPE: Shape = {
    **dict.fromkeys(("type", "id", "operation", "marked"), str),
    **dict.fromkeys(("inputs", "echo", "sources"), dict),
    **dict.fromkeys(("protect", "adopted", "unfilled"), bool),
    "needs": list,
    "release": int,
    "pinned": dict,
}
RETIRED_SHAPE: Shape = {"address": str, "type": str, "id": str, "since": NUMBER, "retire_after": NUMBER, "uses": list}
ORIGIN_SHAPE: Shape = {"operation": str, "filename": str, "bytes": int, "created_at": int}
RELEASE_SHAPE: Shape = {"number": int, "digest": str}
PIN_SHAPE: Shape = {"release": int, "content": str, "manifest": str}
#: The fields of origins and uploads that are numbers, with their ranges.
COUNTS = ("bytes", "created_at")
#: The recorded fields of an uploaded file.
UPLOAD_SHAPE: Shape = {"filename": str, "purpose": str, "sha256": str, "bytes": NUMBER}
MEMBER_SHAPE: Shape = {
    "file_id": str,
    "attributes": (dict, type(None)),
    "chunking_strategy": (dict, type(None)),
}


METADATA_SHAPE: Shape = {"metadata": (dict, type(None))}
#: The number of fields of a record that has none of the fields that a record need not have.
FEWEST = 4


class UnknownType(ValueError):
    """The error for an object with a type that this version of provision does not know. A newer version may know the
    type.
    """


def check_record(address: Address, body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError, ValueError or a ProvisionError if `body` is not the JSON of a record. `address` is
    the address of the record.
    """
    check_shape(body, RECORD_SHAPE)
    declared = check_type(body["type"], address)
    check_id(body["id"], declared.name)
    if len(body) > FEWEST:
        _check_options(address, body)
    if declared.local:
        return
    inputs, echo = body["inputs"], body.get("echo", {})
    for part in (inputs, echo):
        if "metadata" in part:
            check_shape(part, METADATA_SHAPE)
    if declared is FILE:
        check_shape(inputs, UPLOAD_SHAPE)
        if "bytes" in inputs:
            check_number(inputs["bytes"], LARGEST)
    else:
        _check_shown(declared, inputs)
    if declared.members is not None:
        _check_members(inputs.get(declared.members, {}), sent=True)
        _check_members(echo.get(declared.members, {}), sent=False)


def _check_addresses(texts: Iterable[Any]) -> None:
    """Raises TypeError or UsageError if one of `texts` is not an address."""
    # Nearly all addresses are those of files, and one search in thousands of them is much faster than one in each.
    texts = list(map(check_text, texts))
    lines = "".join(f"{text}\n" for text in texts)
    if not PLAIN_LINES.fullmatch(lines) or lines.count("\n") != len(texts):
        for text in texts:
            Address.parse(text)


def _check_options(address: Address, body: Mapping[str, Any]) -> None:
    """Checks the optional fields of a record. `address` is its address and `body` its JSON. Raises the errors of
    `check_record`.
    """
    if "sources" in body:
        check_shape(body["sources"], dict.fromkeys(body["sources"], str))
    _check_addresses(body.get("needs", ()))
    if "operation" in body:
        check_operation(body["operation"])
    if "pinned" in body and address.kind != ASSISTANT_KIND.name:
        raise ValueError("a pin that objects of this type cannot have")
    if "marked" in body and Address.parse(body["marked"]).kind != address.kind:
        raise ValueError("a mark that objects of this type cannot have")
    if "release" in body:
        check_number(body["release"], LARGEST)


def _check_shown(declared: ObjectType, inputs: Mapping[str, Any]) -> None:
    """Checks the fields in `inputs` that provision displays. `declared` is the type of the object. Raises TypeError or
    ValueError if a size is not a number, or if the content of a version is not a JSON object that maps each file to a
    digest.
    """
    for fact in declared.facts:
        if fact.measure == "size":
            check_number(inputs.get(fact.field, 0), LARGEST)
    if declared.versions is not None:
        content = inputs.get(declared.versions.content, {})
        check_shape({"content": content}, {"content": dict})
        check_shape(content, dict.fromkeys(content, str))


def _check_members(members: Any, *, sent: bool) -> None:
    """Raises TypeError, KeyError or ValueError if `members` are not the files of a vector store.

    `members` must be a JSON object. If `sent` is True, it contains the files that were sent, and its keys are those in
    the manifest. Otherwise it contains the files in the API's response, and its keys are file ids.
    """
    if not isinstance(members, dict):
        raise TypeError("the files of a store are no object")
    if set(map(type, members.values())) - {dict}:
        raise TypeError("a file of a store is no object")
    check_shapes(list(members.values()), MEMBER_SHAPE)
    check_file_ids([member["file_id"] for member in members.values()] if sent else list(members))


def check_shapes(bodies: Sequence[Mapping[str, Any]], shape: Shape) -> None:
    """Raises TypeError if a field of one of `bodies` has another type than `shape` requires. `shape` maps the name of a
    field to its type or types. All values of one field are checked together, which takes a third of the time of
    separate checks.
    """
    for name, wanted in shape.items():
        types = {type(body[name]) for body in bodies if name in body}
        if types - set(wanted if isinstance(wanted, tuple) else (wanted,)):
            for body in bodies:
                check_shape(body, shape)


def check_file_ids(ids: list[str]) -> None:
    """Raises ValueError if one of the strings `ids` cannot be the id of a file."""
    # Nearly all ids have only letters, digits, hyphens and underscores, which is found out for all of them together.
    together = "".join(ids).replace("-", "").replace("_", "")
    if together.isascii() and together.isalnum() and min(map(len, ids)) > 0 and max(map(len, ids)) <= MOST_OF_ID:
        return
    for id in ids:
        check_id(id, FILE.name)


def check_retired(address: Address, body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError or ValueError if `body` is not the JSON of a replaced object that will be deleted
    later (`Retired`). `address` is the address of the object.
    """
    check_shape(body, RETIRED_SHAPE)
    check_type(body["type"], address)
    check_id(body["id"], body["type"])
    check_number(body.get("since", 0), LATEST_TIME)
    check_number(body.get("retire_after", 0), LATEST_TIME)
    for id in body.get("uses", ()):
        check_text(id)


def check_origin(body: Mapping[str, Any]) -> None:
    """Raises TypeError or ValueError if `body` is not the JSON of an `Origin`, which says how an object was made."""
    check_shape(body, ORIGIN_SHAPE)
    for name in COUNTS:
        check_number(body.get(name, 0), LARGEST)


def check_release(body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError or ValueError if `body` is not the JSON of a release (`LastRelease`)."""
    check_shape(body, RELEASE_SHAPE)
    check_number(body["number"], LARGEST)


def check_pin(body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError or ValueError if `body` is not the JSON of a pin, which says that a rollback has
    restored an earlier release of an assistant.
    """
    check_shape(body, PIN_SHAPE)
    check_number(body["release"], LARGEST)
    for name in ("content", "manifest"):
        if not DIGEST.fullmatch(body[name]):
            raise ValueError(f"the {name} of a pin is no digest")


def check_type(type_: Any, address: Address) -> ObjectType:
    """Returns the type with the name `type_`. Raises UnknownType if provision does not know this type. Raises
    ValueError if `address` is of another kind than the addresses of this type (the kind is the first word of an
    address).
    """
    if type_ not in TYPES:
        raise UnknownType(f"no objects of type {type_} are known")
    declared = TYPES[type_]
    if declared.kind.name != address.kind:
        raise ValueError(f"{address} is no address of an object of type {type_}")
    return declared


def check_id(id: Any, type_: str) -> None:
    """Raises TypeError if `id` is not a string, and ValueError if an object of type `type_` cannot have the id `id`."""
    check_text(id)
    if not (0 < len(id) <= MOST_OF_LOCAL_ID if TYPES[type_].local else ID.fullmatch(id)):
        raise ValueError("an id that nothing can be called by")


def check_operation(operation: Any) -> None:
    """Raises TypeError or ValueError if `operation` is not the id of an operation."""
    if not OPERATION.fullmatch(check_text(operation)):
        raise ValueError("an operation's id that provision did not give")


def upload_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of an upload that a record may contain. `fields` are the fields of a server's response about
    the upload. A field is omitted if a record may not contain its value.
    """
    return _fitting(fields, UPLOAD_SHAPE)


def origin_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of an object that an `Origin` may contain. `fields` are the fields of a server's response
    about the object. A field is omitted if an origin may not contain its value. The number `5.0` becomes 5.
    """
    whole = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
        if name in ORIGIN_SHAPE
    }
    return _fitting(whole, ORIGIN_SHAPE)


def _fitting(fields: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the entries of `fields` whose values have the types in `shape` and are in the ranges that a record may
    contain. A field that `shape` does not name is kept.
    """
    found = {}
    for name, value in fields.items():
        if type(value) is shape.get(name) and (name not in COUNTS or 0 <= value <= LARGEST):
            found[name] = value  # Nearly all values. The general check takes many times as long.
            continue
        try:
            check_shape({name: value}, shape)
            if name in COUNTS:
                check_number(value, LARGEST)
        except (TypeError, ValueError):
            continue
        found[name] = value
    return found


def read_serials(names: Iterable[str]) -> list[int]:
    """Returns the serials that `names` contains, in ascending order. `names` are the names of the states in the
    history. Names that are not serials are ignored.
    """
    digits = (name for name in names if len(name) <= len(str(MOST_OF_SERIALS)) and name.isascii() and name.isdecimal())
    return sorted(serial for serial in map(int, digits) if serial < MOST_OF_SERIALS)


def check_number(value: Any, most: int) -> Any:
    """Returns `value`. Raises TypeError if `value` is not a number, and ValueError if it is below 0 or above `most`."""
    if not isinstance(value, NUMBER) or isinstance(value, bool):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    if not 0 <= value <= most:
        raise ValueError("a number that is out of its range")
    return value


def check_integer(value: Any) -> int:
    """Returns `value`. Raises TypeError if `value` is not an integer, and ValueError if it is below 0 or
    above LARGEST.
    """
    if not isinstance(value, int):
        raise TypeError(f"expected an integer, not {type(value).__name__}")
    return int(check_number(value, LARGEST))


def check_text(value: Any) -> str:
    """Returns `value`. Raises TypeError if `value` is not a string."""
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {type(value).__name__}")
    return value
