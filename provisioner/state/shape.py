"""The shapes of what states and journals record, checked where they are read: an edited file can contain anything.

Types that are known, ids that can be asked for, numbers in their ranges, members and metadata that are objects. What is
checked here needs no check where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.authorship import LATEST_TIME
from provisioner.core.objecttype import FILE, TYPES
from provisioner.core.strictjson import NUMBER, Shape, check_shape

#: An id: it stands in paths, in the state and in messages, so it holds nothing that means something there.
ID = re.compile(r"""(?!\.)[^\s/\\?#%"'`<>\x00-\x20\x7f-\U0010ffff]{1,256}""")
#: Characters of a local object's id: it is `name@release`, and stands in no path.
MOST_OF_LOCAL_ID = 1_000
#: An operation's id: it stands in marks and in names of templates.
OPERATION = re.compile(r"op_[0-9A-Za-z]{1,64}")
#: The highest number for serials, releases, sizes and times that servers name: JSON keeps it exactly everywhere.
LARGEST = 2**53
#: The highest serial that the name of a kept state is believed to be: one a second would take 30,000 years.
MOST_OF_SERIALS = 10**12
HINT = "if a newer version of provision wrote it, upgrade to that version; otherwise restore it from a backup"

RECORD_SHAPE: Shape = {
    **dict.fromkeys(("type", "id", "operation"), str),
    **dict.fromkeys(("inputs", "echo", "sources"), dict),
    **dict.fromkeys(("protect", "adopted", "unfilled"), bool),
    "needs": list,
    "release": int,
}
RETIRED_SHAPE: Shape = {"address": str, "type": str, "id": str, "since": NUMBER, "retire_after": NUMBER, "uses": list}
ORIGIN_SHAPE: Shape = {"operation": str, "filename": str, "bytes": int, "created_at": int}
RELEASE_SHAPE: Shape = {"number": int, "digest": str}
#: The fields of origins and uploads that are numbers with a range.
COUNTS = ("bytes", "created_at")
#: What is recorded of a file that was uploaded.
UPLOAD_SHAPE: Shape = {"filename": str, "purpose": str, "sha256": str, "bytes": NUMBER}
MEMBER_SHAPE: Shape = {
    "file_id": str,
    "attributes": (dict, type(None)),
    "chunking_strategy": (dict, type(None)),
}


class UnknownType(ValueError):
    """A type of objects that this version does not know. A newer one may."""


def check_record(address: Address, body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError, ValueError or a ProvisionError where this is no record for the address."""
    check_shape(body, RECORD_SHAPE)
    check_type(body["type"], address)
    check_id(body["id"], body["type"])
    check_shape(body.get("sources", {}), dict.fromkeys(body.get("sources", {}), str))
    for need in body.get("needs", ()):
        Address.parse(check_text(need))
    if "operation" in body:
        check_operation(body["operation"])
    check_number(body.get("release", 1), LARGEST)
    declared = TYPES[body["type"]]
    if declared.local:
        return
    for part in (body["inputs"], body.get("echo", {})):
        check_shape(part, {"metadata": (dict, type(None))})
    if declared is FILE:
        check_shape(body["inputs"], UPLOAD_SHAPE)
        check_number(body["inputs"].get("bytes", 0), LARGEST)
    if declared.members is not None:
        _check_members(body["inputs"].get(declared.members, {}), sent=True)
        _check_members(body.get("echo", {}).get(declared.members, {}), sent=False)


def _check_members(members: Any, *, sent: bool) -> None:
    """Raises TypeError, KeyError or ValueError where these are no files of a store, by key or by id."""
    if not isinstance(members, dict):
        raise TypeError("the files of a store are no object")
    for key, member in members.items():
        if not isinstance(member, dict):
            raise TypeError("a file of a store is no object")
        check_shape(member, MEMBER_SHAPE)
        check_id(member["file_id"] if sent else key, FILE.name)


def check_retired(address: Address, body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError or ValueError where this is no object that waits to be deleted."""
    check_shape(body, RETIRED_SHAPE)
    check_type(body["type"], address)
    check_id(body["id"], body["type"])
    check_number(body.get("since", 0), LATEST_TIME)
    check_number(body.get("retire_after", 0), LATEST_TIME)
    for id in body.get("uses", ()):
        check_text(id)


def check_origin(body: Mapping[str, Any]) -> None:
    """Raises TypeError or ValueError where this does not say how an object was made."""
    check_shape(body, ORIGIN_SHAPE)
    for name in COUNTS:
        check_number(body.get(name, 0), LARGEST)


def check_release(body: Mapping[str, Any]) -> None:
    """Raises KeyError, TypeError or ValueError where this is no release."""
    check_shape(body, RELEASE_SHAPE)
    check_number(body["number"], LARGEST)


def check_type(type_: Any, address: Address) -> None:
    """Raises UnknownType for a type that is not known, ValueError for one that is not the address's."""
    if type_ not in TYPES:
        raise UnknownType(f"no objects of type {type_} are known")
    if TYPES[type_].kind.name != address.kind:
        raise ValueError(f"{address} is no address of an object of type {type_}")


def check_id(id: Any, type_: str) -> None:
    """Raises ValueError for an id that nothing of this type can have."""
    check_text(id)
    if not (0 < len(id) <= MOST_OF_LOCAL_ID if TYPES[type_].local else ID.fullmatch(id)):
        raise ValueError("an id that nothing can be called by")


def check_operation(operation: Any) -> None:
    """Raises TypeError or ValueError for what is no id of an operation."""
    if not OPERATION.fullmatch(check_text(operation)):
        raise ValueError("an operation's id that provision did not give")


def upload_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a server shows of an upload, without what it writes as something that no record may hold."""
    return _fitting(fields, UPLOAD_SHAPE)


def origin_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a server shows of how an object was made, without what no origin may hold. `5.0` is the integer 5."""
    whole = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
        if name in ORIGIN_SHAPE
    }
    return _fitting(whole, ORIGIN_SHAPE)


def _fitting(fields: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The fields whose values have the types and ranges in which they may be recorded."""
    found = {}
    for name, value in fields.items():
        try:
            check_shape({name: value}, shape)
            if name in COUNTS:
                check_number(value, LARGEST)
        except (TypeError, ValueError):
            continue
        found[name] = value
    return found


def read_serials(names: Iterable[str]) -> list[int]:
    """The serials that names of kept states stand for, in order. What no serial can be is no name of a state."""
    digits = (name for name in names if len(name) <= len(str(MOST_OF_SERIALS)) and name.isascii() and name.isdecimal())
    return sorted(serial for serial in map(int, digits) if serial < MOST_OF_SERIALS)


def check_number(value: Any, most: int) -> Any:
    """The number. Raises TypeError where it is none, ValueError where it is below 0 or above `most`."""
    if not isinstance(value, NUMBER) or isinstance(value, bool):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    if not 0 <= value <= most:
        raise ValueError("a number that is out of its range")
    return value


def check_integer(value: Any) -> int:
    """The integer. Raises TypeError where it is none, ValueError where it is below 0 or above LARGEST."""
    if not isinstance(value, int):
        raise TypeError(f"expected an integer, not {type(value).__name__}")
    return int(check_number(value, LARGEST))


def check_text(value: Any) -> str:
    """The text. Raises TypeError where it is none."""
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {type(value).__name__}")
    return value
