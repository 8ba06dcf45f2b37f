"""Converts the parts of a plan file (changes, drift, diagnostics and costs) to JSON, and parses them with strict
checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.core.objecttype import TYPES
from provisioner.core.strictjson import NUMBER, Shape, check_shape
from provisioner.core.text.redaction import redact
from provisioner.planning.fieldpath import parse_path
from provisioner.planning.plan import Action, Change, Drift, Unknown, UnknownText
from provisioner.planning.reason import as_written

KNOWN_LATER = "known_after_apply"
#: The key that wraps a value of the manifests which could be mistaken for an unknown id.
LITERAL = "literal"

#: The largest count in a plan, such as bytes, and the largest price or cost in USD. Both are higher than real values.
LARGEST_COUNT = 2**63
LARGEST_USD = 10**18

OPTIONAL_TEXT = (str, NoneType)
CHANGE_SHAPE: Shape = {
    "address": str,
    "action": str,
    "type": str,
    "reasons": list,
    "before": (dict, NoneType),
    "after": (dict, NoneType),
    "fields": list,
    "id": OPTIONAL_TEXT,
    "retired": bool,
    "moved_from": OPTIONAL_TEXT,
    "former_type": OPTIONAL_TEXT,
    "sources": list,
}
DRIFT_SHAPE: Shape = {
    "address": str,
    "field": OPTIONAL_TEXT,
    "recorded": object,
    "actual": object,
    "overwritten": bool,
}
DIAGNOSTIC_SHAPE: Shape = {
    "severity": str,
    "message": str,
    "place": (list, NoneType),
    "address": OPTIONAL_TEXT,
}
STORAGE_SHAPE: Shape = {
    "bytes_before": int,
    "bytes_after": int,
    "usd_before": NUMBER,
    "usd_after": NUMBER,
    "usd_per_gb_day": NUMBER,
    "free_gb": NUMBER,
}
STORE_SHAPE: Shape = {
    "address": str,
    "bytes_before": int,
    "bytes_after": int,
    "measured": bool,
    "unsized": int,
    "retired": bool,
}
CONTAINER_SHAPE: Shape = {
    "address": str,
    "memory_before": OPTIONAL_TEXT,
    "memory_after": OPTIONAL_TEXT,
    "usd_before": (*NUMBER, NoneType),
    "usd_after": (*NUMBER, NoneType),
}
TOOL_SHAPE: Shape = {"tool": str, "usd_per_1000_calls": (*NUMBER, NoneType), "before": list, "after": list}
COST_SHAPE: Shape = {
    "as_of": str,
    "storage": dict,
    "stores": list,
    "containers": list,
    "tools": list,
    "own_prices": list,
}


def check_exactly(body: Any, shape: Shape) -> None:
    """Raises TypeError if a field of the JSON object `body` does not have the type that `shape` gives. Raises
    ValueError if a field is missing or unknown.
    """
    if not isinstance(body, dict):
        raise TypeError(f"an object is expected where {type(body).__name__} stands")
    if body.keys() != shape.keys():
        names = ", ".join(sorted(body.keys() ^ shape.keys()))
        raise ValueError(f"fields are missing or unknown: {redact(names)[:200]}")
    check_shape(body, shape)


def check_count(value: Any, name: str) -> int:
    """Returns `value` if it is an integer from 0 to LARGEST_COUNT. Otherwise raises ValueError with a message that
    contains `name`, the name of the field.
    """
    if type(value) is not int or not 0 <= value <= LARGEST_COUNT:
        raise ValueError(f"`{name}` is no count")
    return value


def check_amount(value: Any, name: str) -> None:
    """Raises ValueError if `value` is not a number from 0 to LARGEST_USD: a price, a cost or a number of gigabytes.
    None is valid and means that the amount is not known. `name` is the name of the field in the error.
    """
    if value is not None and (isinstance(value, bool) or not 0 <= value <= LARGEST_USD):
        raise ValueError(f"`{name}` is no price or amount")


def parse_texts(value: Any) -> tuple[str, ...]:
    """Returns the list of strings `value` as a tuple. Raises TypeError if `value` is not a list, or if an item is not a
    string.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of texts is expected")
    return tuple(value)


def parse_address(text: str) -> Address:
    """Returns the address that is written in `text`. Raises ValueError if `text` is not exactly the spelling that
    provision uses, because two spellings of one address could mislead a reader. Raises UsageError if `text` is not an
    address.
    """
    address = Address.parse(text)
    if str(address) != text:
        raise ValueError(f"{address} is spelled in another way")
    return address


def change_body(change: Change) -> dict[str, Any]:
    """Returns `change` as a JSON object for a plan file, with every part of the change that plans display."""
    return {
        "address": str(change.address),
        "action": change.action.value,
        "type": change.type,
        "reasons": list(map(str, change.reasons)),
        "before": _encode(change.before),
        "after": _encode(change.after),
        "fields": list(change.fields),
        "id": change.id,
        "retired": change.retired,
        "moved_from": None if change.moved_from is None else str(change.moved_from),
        "former_type": change.former_type,
        "sources": list(change.sources),
    }


def parse_change(body: Mapping[str, Any]) -> Change:
    """Returns the change that is stored in `body`, a JSON object that `change_body` wrote. Raises ValueError,
    TypeError, KeyError or UsageError if `body` has another form.
    """
    check_exactly(body, CHANGE_SHAPE)
    moved = body["moved_from"]
    action = Action(body["action"])
    if action is Action.NO_OP:
        raise ValueError("an unchanged resource is among the changes")
    for side in (body["before"], body["after"]):
        _check_displayed(body["type"], side or {})
    return Change(
        **{
            **body,
            "address": parse_address(body["address"]),
            "action": action,
            "reasons": as_written(*parse_texts(body["reasons"])),
            "before": _decode(body["before"]),
            "after": _decode(body["after"]),
            "fields": parse_texts(body["fields"]),
            "sources": parse_texts(body["sources"]),
            "moved_from": None if moved is None else parse_address(moved),
        }
    )


def _check_displayed(type_: str, fields: Mapping[str, Any]) -> None:
    """Raises ValueError if a field that plans display has an invalid value: a size must be a count, and a value whose
    items are counted must be a JSON object. `type_` is the type of the object, and `fields` are its fields.
    """
    for fact in TYPES[type_].facts if type_ in TYPES else ():
        if fact.measure == "size" and fact.field in fields:
            check_count(fields[fact.field], fact.field)
        if fact.measure == "count" and not isinstance(fields.get(fact.field, {}), dict):
            raise ValueError(f"`{fact.field}` is no object")


def drift_body(drift: Drift) -> dict[str, Any]:
    """Returns `drift` as a JSON object for a plan file."""
    return {
        "address": str(drift.address),
        "field": drift.field,
        "recorded": drift.recorded,
        "actual": drift.actual,
        "overwritten": drift.overwritten,
    }


def parse_drift(body: Mapping[str, Any]) -> Drift:
    """Returns the drift that is stored in `body`, a JSON object that `drift_body` wrote. Raises ValueError, TypeError,
    KeyError or UsageError if `body` has another form.
    """
    check_exactly(body, DRIFT_SHAPE)
    rest = {name: value for name, value in body.items() if name != "field"}
    return Drift(**{**rest, "address": parse_address(body["address"]), "path": parse_path(body["field"])})


def diagnostic_body(diagnostic: Diagnostic) -> dict[str, Any]:
    """Returns `diagnostic` as a JSON object for a plan file."""
    place = diagnostic.place
    return {
        "severity": diagnostic.severity,
        "message": diagnostic.text,
        "place": None if place is None else [place.file, place.line, place.column],
        "address": diagnostic.address,
    }


def parse_diagnostic(body: Mapping[str, Any]) -> Diagnostic:
    """Returns the diagnostic that is stored in `body`, a JSON object that `diagnostic_body` wrote. Raises ValueError,
    TypeError, KeyError or UsageError if `body` has another form.
    """
    check_exactly(body, DIAGNOSTIC_SHAPE)
    if body["severity"] not in get_args(Severity):
        raise ValueError("a severity is unknown")
    place = body["place"]
    if place is not None:
        [file, *numbers] = place
        if not isinstance(file, str) or len(numbers) != 2 or any(type(number) is not int for number in numbers):
            raise TypeError("a place is none")
        for number in numbers:
            check_count(number, "place")
    return Diagnostic(body["severity"], body["message"], None if place is None else Place(*place), body["address"])


def parse_cost(body: Mapping[str, Any] | None) -> Estimate | None:
    """Returns the estimate of costs that a plan file contains as the JSON object `body`. Returns None if `body` is
    None. Raises TypeError, ValueError or KeyError if `body` is not a valid estimate.
    """
    if body is None:
        return None
    check_exactly(body, COST_SHAPE)
    tools = [
        {**item, "before": parse_texts(item["before"]), "after": parse_texts(item["after"])}
        for item in _parts(body["tools"], TOOL_SHAPE)
    ]
    [storage] = _parts([body["storage"]], STORAGE_SHAPE)
    return Estimate(
        as_of=body["as_of"],
        storage=Storage(**storage),
        stores=tuple(StoreCost(**item) for item in _parts(body["stores"], STORE_SHAPE)),
        containers=tuple(ContainerCost(**item) for item in _parts(body["containers"], CONTAINER_SHAPE)),
        tools=tuple(ToolCost(**item) for item in tools),
        own_prices=parse_texts(body["own_prices"]),
    )


def _parts(items: list[Any], shape: Shape) -> list[dict[str, Any]]:
    """Returns `items` unchanged. Raises TypeError or ValueError if an item does not have exactly the fields of `shape`,
    or if a number in an item is out of its range.
    """
    for item in items:
        check_exactly(item, shape)
        for name, value in item.items():
            if shape[name] is int:
                check_count(value, name)
            elif name.startswith(("usd", "free")):
                check_amount(value, name)
    return items


def _encode(value: Any) -> Any:
    if isinstance(value, Unknown | UnknownText):
        return value.to_json()
    if isinstance(value, Mapping):
        encoded = {key: _encode(item) for key, item in value.items()}
        return {LITERAL: encoded} if set(encoded) in ({KNOWN_LATER}, {LITERAL}) else encoded
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def _decode_unknown(value: Any) -> Unknown | UnknownText:
    """Returns the placeholder for a value that is known only after the apply. `value` is its form in a plan file, under
    the key `known_after_apply`. A list becomes an `UnknownText`, and a text `ADDRESS.ATTRIBUTE` becomes an `Unknown`.
    Raises ValueError if the attribute is not `id` or `release`.
    """
    if isinstance(value, list):
        parts = [part if isinstance(part, str) else _decode(part) for part in value]
        if not all(isinstance(part, str | Unknown) for part in parts):
            raise ValueError("a text has parts that are neither texts nor ids")
        return UnknownText(tuple(parts))
    address, _, attribute = str(value).rpartition(".")
    if attribute not in ("id", "release"):
        raise ValueError("a value that no object has")
    return Unknown(parse_address(address), attribute)


def _decode(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {KNOWN_LATER}:
            return _decode_unknown(value[KNOWN_LATER])
        if set(value) == {LITERAL}:
            value = value[LITERAL]
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return value
