"""Checks request bodies against the parameter types of the SDK. A wrong body is refused with OpenAI's error messages.

pydantic is not used for these checks. It checks an `Iterable` only when the `Iterable` is read. It does not know the
SDK's aliases (`async_` is `async` in JSON). And if a value matches no type of a union, pydantic's error names every
type of the union, while OpenAI's error names one field.
"""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Collection, Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from provisioner.emulator.checks.sdk_types import import_sdk
from provisioner.emulator.messages import refusal

SEQUENCES = (list, collections.abc.Iterable, collections.abc.Sequence)
REQUIRED: tuple[Any, ...] = (Required,)
SCALARS: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a string"),
    int: ((int,), "an integer"),
    float: ((int, float), "a decimal"),
    bool: ((bool,), "a boolean"),
}


def check_body(body: Any, shape: str, in_path: Collection[str] = ()) -> dict[str, Any]:
    """Checks `body` against a type of the SDK, and returns `body`. `shape` is the name of the type below
    `openai.types`, such as `beta.AgentCreateParams`. `in_path` are fields of the type that are in the URL's path
    instead of the body.

    Raises Refusal if a field is unknown or missing, has a wrong type, or has a value that is not allowed.
    """
    if not isinstance(body, dict):
        raise refusal.Refusal(400, "The request body must be a JSON object.", code="invalid_type")
    check({**dict.fromkeys(in_path, ""), **body} if in_path else body, load(shape), "")
    return body


@cache
def load(shape: str) -> Any:
    """Returns the SDK's type with the name `shape` below `openai.types`. The first call imports the SDK, which takes a
    moment. Raises Refusal if the installed SDK has no such type.
    """
    module, _, name = shape.rpartition(".")
    try:
        return getattr(import_sdk(f"openai.types.{module}" if module else "openai.types"), name)
    except (ImportError, AttributeError) as error:
        raise refusal.unusable_sdk(f"has no type `{shape}`") from error


def check(value: Any, hint: Any, path: str) -> None:
    """Raises Refusal if `value` does not match the type `hint`. `path` is the path of the value in error messages, such
    as `tools[0].function`.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Required, NotRequired, Annotated):
        check(value, arguments[0], path)
    elif origin in (Union, types.UnionType):
        _check_union(value, arguments, path)
    elif origin is Literal:
        _check_literal(value, arguments, path)
    elif is_typeddict(hint):
        _check_fields(value, hint, path)
    elif origin in SEQUENCES:
        _check_items(value, arguments[0], path)
    elif origin in (dict, collections.abc.Mapping):
        _check_entries(value, arguments[1], path)
    elif hint in SCALARS:
        kinds, expected = SCALARS[hint]
        if not isinstance(value, kinds) or (isinstance(value, bool) and hint is not bool):
            raise refusal.invalid_type(path, expected, value)
    elif hint is type(None):
        if value is not None:
            raise refusal.invalid_type(path, "null", value)
    elif hint not in (Any, object):
        raise refusal.unusable_sdk(f"has a type of a form that is not known here, {hint!r} at '{path}'")


def _check_union(value: Any, options: tuple[Any, ...], path: str) -> None:
    options = tuple(leaf for option in options for leaf in _leaves(option))
    if (value is None and type(None) in options) or object in options or Any in options:
        return
    if isinstance(value, dict):
        shapes = [option for option in options if is_typeddict(option)]
        if shapes:
            check(value, _choose(value, shapes, path), path)
            return
    refusals = []
    for option in options:
        try:
            check(value, option, path)
        except refusal.Refusal as error:
            if error.code == refusal.UNUSABLE_SDK:
                raise
            refusals.append((option, error))
        else:
            return
    matching = [error for option, error in refusals if get_origin(option) is Literal and isinstance(value, str)]
    if matching or len([option for option, _ in refusals if option is not type(None)]) == 1:
        raise (matching or [error for option, error in refusals if option is not type(None)])[0]
    expected = dict.fromkeys(name for name in map(_name, options) if name != "null")
    raise refusal.invalid_type(path, " or ".join(expected), value)


def _leaves(option: Any) -> list[Any]:
    if get_origin(option) in (Union, types.UnionType):
        return [leaf for part in get_args(option) for leaf in _leaves(part)]
    return [option]


def _choose(value: Mapping[str, Any], shapes: list[Any], path: str) -> Any:
    """Returns the type in `shapes` that describes the object `value`. The field `type` of the object selects it. If the
    types have no field `type`, returns the first type that has all fields of the object, or else the first type.

    `path` is the path of the object in error messages. Raises Refusal if the field `type` is missing or unknown.
    """
    tags = {tag: shape for shape in shapes for tag in _tags(shape)}
    if len(shapes) == 1:
        return shapes[0]
    if tags:
        name = _join(path, "type")
        if "type" not in value:
            raise refusal.missing_parameter(name)
        tag = value["type"]
        if not isinstance(tag, str):
            raise refusal.invalid_type(name, "a string", tag)
        if tag not in tags:
            raise refusal.unsupported_value(name, tag, list(tags))
        return tags[tag]
    return next((shape for shape in shapes if value.keys() <= _fields(shape).keys()), shapes[0])


def _tags(shape: Any) -> tuple[Any, ...]:
    hint = field_hint(shape, "type")
    return get_args(hint) if get_origin(hint) is Literal else ()


@cache
def _fields(shape: Any) -> dict[str, tuple[Any, bool]]:
    """Returns the fields of an object type of the SDK. The result maps each field's name in JSON to two values: the
    type of the field without Required and Annotated, and True if the field is required.
    """
    found = {}
    for name, hint in get_type_hints(shape, include_extras=True).items():
        # The SDK's annotations are strings, so `__required_keys__` does not know their `Required[...]`.
        found[_alias(hint) or name] = (_unwrap(hint), get_origin(hint) in REQUIRED)
    return found


def _unwrap(hint: Any) -> Any:
    """Returns the type `hint` without Required, NotRequired and Annotated around it."""
    while get_origin(hint) in (Required, NotRequired, Annotated):
        hint = get_args(hint)[0]
    return hint


def _alias(hint: Any) -> str | None:
    for extra in getattr(hint, "__metadata__", ()):
        alias = getattr(extra, "alias", None)
        if alias:
            return str(alias)
    return _alias(get_args(hint)[0]) if get_origin(hint) in (Required, NotRequired) else None


def _check_fields(value: Any, shape: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise refusal.invalid_type(path, "an object", value)
    fields = _fields(shape)
    for name in value:
        if name not in fields:
            raise refusal.unknown_parameter(_join(path, name))
    for name, (hint, required) in fields.items():
        if name in value:
            check(value[name], hint, _join(path, name))
        elif required:
            raise refusal.missing_parameter(_join(path, name))


def _check_items(value: Any, hint: Any, path: str) -> None:
    if not isinstance(value, list):
        raise refusal.invalid_type(path, "an array", value)
    if hint is str and set(map(type, value)) <= {str}:
        return  # Most long arrays contain ids.
    for index, item in enumerate(value):
        check(item, hint, f"{path}[{index}]")


def _check_entries(value: Any, hint: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise refusal.invalid_type(path, "an object", value)
    for key, item in value.items():
        check(item, hint, _join(path, key))


def _check_literal(value: Any, allowed: tuple[Any, ...], path: str) -> None:
    if not isinstance(value, str):
        raise refusal.invalid_type(path, f"one of {', '.join(repr(item) for item in allowed)}", value)
    if value not in allowed:
        raise refusal.unsupported_value(path, value, allowed)


def _name(option: Any) -> str:
    if option in SCALARS:
        return SCALARS[option][1]
    if get_origin(option) is Literal:
        return "a string"
    return "an array" if get_origin(option) in SEQUENCES else "null" if option is type(None) else "an object"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def field_hint(shape: Any, name: str) -> Any:
    """Returns the type of the field `name` in an object type of the SDK, without Required and Annotated. Returns None
    if the object type has no such field.
    """
    return _fields(shape).get(name, (None, False))[0]
