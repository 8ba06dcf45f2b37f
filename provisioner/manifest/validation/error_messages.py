"""Translates pydantic's errors into messages of the form `what is wrong; what to do`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from provisioner.core.assistant_fields import PER_CALL
from provisioner.core.kinds.tool_types import FIRST_NAMES
from provisioner.manifest.parsing.spaces import find_in_text
from provisioner.manifest.validation.foreign import advise_field, advise_type
from provisioner.manifest.validation.nearest import enumerate_names, nearest
from provisioner.manifest.validation.toolforms import SERVERS, tool_form

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

RENAMED = {"vector_store_ids": "vector_stores", "file_ids": "files"}

#: The words for the value of `instructions:` in the error message of its model.
FRAGMENTS = "a text or a list of fragments"
TYPELESS = "write `type: function`, or another tool's type"
NUMBER = re.compile(r"([-+]?)(0*)([0-9]+(?:\.[0-9]*)?)", re.ASCII)


class AsWritten(Struct, frozen=True):
    """A number with its spelling in the manifest, such as `1e1`."""

    text: str


def _show(value: Any) -> str:
    """Returns a short text that shows a value in a message. A text of more than 20 characters is never shown, because
    it could be a secret.
    """
    if isinstance(value, str):
        return f"the text `{value}`" if len(value) <= 20 else "a text"
    if isinstance(value, AsWritten):
        return f"`{value.text}`"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{json.dumps(value)}`"


def _type(expected: str) -> Callable[[ErrorDetails], str]:
    def message(error: ErrorDetails) -> str:
        value = error["input"]
        if value is None:
            return f"this is empty; write {expected}, or leave it out"
        advice = f"write {expected}"
        if isinstance(value, str) and (said := find_in_text(value)):
            return f"{expected} is expected here, not a text; {said}"
        if expected == "a text" and not isinstance(value, Mapping | list):
            advice = "put it in quotes"
        elif expected.endswith("number") and isinstance(value, str) and (found := NUMBER.fullmatch(value[:64])):
            sign, zeros, digits = found.groups()
            advice = "remove the quotes"
            if zeros:
                advice = f"write `{sign}{digits}` without quotes: YAML reads a number that begins with 0 as a text"
        return f"{expected} is expected here, not {_show(value)}; {advice}"

    return message


def _tool_type(error: ErrorDetails) -> str:
    value = error["input"]
    if value is None:
        return f"this is empty; write {error['msg']}, such as `code_interpreter`, or remove it"
    if not isinstance(value, Mapping):
        return f"{error['msg']} is expected here, not {_show(value)}; write `{{type: …}}`"
    written = value.get("type")
    if not isinstance(written, str):
        return f"the tool has no `type`; {_advise_form(value)}"
    if advice := advise_type(written):
        return f"there is no tool of type `{written}`; {advice}"
    close = nearest(written, FIRST_NAMES)
    return f"there is no tool of type `{written[:40]}`; " + (
        f"did you mean `{close}`?" if close else f"known are {enumerate_names(sorted(FIRST_NAMES))}"
    )


def _advise_form(value: Mapping[Any, Any]) -> str:
    """Returns advice about a mapping that should be a tool but has no valid `type`. The advice says what to write
    instead. The first key may be the type, as in `{mcp: {…}}`.
    """
    for name, inner in value.items():
        fields = [*(inner if isinstance(inner, Mapping) else ()), *(key for key in value if key != name)]
        if name in FIRST_NAMES:
            return f"write {tool_form(name, fields)}"
        if isinstance(name, str) and (advice := advise_type(name)):
            return advice.replace("it is", f"`{name}` is", 1)
    known = enumerate_names(sorted(FIRST_NAMES))
    return f"write `type: function`, or another tool's type (known are {known})" if "type" in value else TYPELESS


def _list(error: ErrorDetails) -> str:
    """Returns the message for a value that must be a list. If the value must be a list of tools, the message shows the
    list to write.
    """
    value, said = error["input"], _type("a list")(error)
    if error["loc"] and error["loc"][-1] == "tools":
        if isinstance(value, str) and value in FIRST_NAMES:
            return f"a list is expected here, not {_show(value)}; write `[{_unquoted(tool_form(value))}]`"
        if isinstance(value, Mapping) and (names := [name for name in value if name in FIRST_NAMES]):
            forms = (tool_form(name, value[name] if isinstance(value[name], Mapping) else ()) for name in names[:3])
            return f"a list is expected here, not a mapping; write `[{', '.join(map(_unquoted, forms))}]`"
    return said


def _unquoted(form: str) -> str:
    return form.strip("`")


def _literal(error: ErrorDetails) -> str:
    expected = error.get("ctx", {}).get("expected", "")
    known = [name.strip("'") for name in expected.replace(" or ", ", ").split(", ")]
    value = error["input"]
    close = nearest(value, known) if isinstance(value, str) else None
    advice = f"did you mean `{close}`?" if close else f"choose from {enumerate_names(known)}"
    if len(known) == 1:
        advice = f"write `{known[0]}`"
    return f"{_show(value)} is not possible here; {advice}"


def _bound(words: str, key: str) -> Callable[[ErrorDetails], str]:
    def message(error: ErrorDetails) -> str:
        return f"{_show(error['input'])} is too {words} {error['ctx'][key]:g}"

    return message


def _shape(error: ErrorDetails) -> str:
    value, expected = error["input"], error["msg"]
    advice = "write it so"
    if isinstance(value, str) and (said := find_in_text(value)):
        advice = said
    if isinstance(value, Mapping) and "{type: " in expected:
        keys = enumerate_names(str(key)[:20] for key in list(value)[:3])
        return f"{expected} is expected here, not a mapping with {keys}; {advice}"
    if expected == FRAGMENTS and isinstance(value, Mapping):
        advice = f"write `[{{{'text' if 'text' in value else 'file'}: …}}]`"
    return f"{expected} is expected here, not {_show(value)}; {advice}"


def _length(error: ErrorDetails) -> str:
    context = error["ctx"]
    if "min_length" in context:
        return "this list is empty; name at least one"
    return f"this has {context['actual_length']} entries; at most {context['max_length']} are possible, remove some"


WORDS: dict[str, Callable[[ErrorDetails], str]] = {
    "string_type": _type("a text"),
    "int_type": _type("a whole number"),
    "int_from_float": _type("a whole number"),
    "float_type": _type("a number"),
    "bool_type": _type("true or false"),
    "list_type": _list,
    "dict_type": _type("a mapping"),
    "model_type": _type("a mapping"),
    "model_attributes_type": _type("a mapping"),
    "literal_error": _literal,
    "shape": _shape,
    "tool_type": _tool_type,
    "union_tag_invalid": _tool_type,
    "union_tag_not_found": _tool_type,
    "greater_than_equal": _bound("small; write at least", "ge"),
    "less_than_equal": _bound("large; write at most", "le"),
    "too_short": _length,
    "too_long": _length,
}


def missing(name: str, owner: Any) -> str:
    """Returns the message for the required field `name`, which is missing in the mapping `owner`. If `owner` is an MCP
    tool without a server, the message also mentions the server.
    """
    if isinstance(owner, Mapping) and owner.get("type") == "mcp" and not any(owner.get(each) for each in SERVERS):
        return f"`{name}` is missing, and the server; write {tool_form('mcp', owner)}"
    return f"`{name}` is missing; write `{name}: …`"


def closest_field(name: str, known: list[str]) -> str | None:
    """Returns the name in `known`, the fields that a mapping may contain, that is most similar to the wrong name
    `name`. Returns None if no name is similar.
    """
    if name.endswith("_ids") and (plain := RENAMED.get(name)) in known:
        return plain
    return nearest(name, known)


def unknown(name: str, known: list[str], value: Any = None, owner: Mapping[str, Any] | None = None) -> str:
    """Returns the message for a field `name` that a mapping may not contain. `known` are the fields that the mapping
    may contain, `value` is the field's value, and `owner` is the mapping.
    """
    if name not in known and (advice := advise_field(name, value, owner or {}, known)):
        return f"there is no field `{name}` here; {advice}"
    if name in PER_CALL and "tools" in known:
        return f"`{name}` is given with each call, not configured; remove it, and pass it when you call the API"
    close = nearest(name, known)
    if close:
        return f"there is no field `{name}` here; did you mean `{close}`?"
    extra = "; a field newer than this tool goes under `extra:`" if "extra" in known else ""
    listed = f"known are {enumerate_names(known)}" if len(known) <= 20 else "remove it"
    return f"there is no field `{name}` here; {listed}{extra}"


def describe_error(error: ErrorDetails) -> str:
    """Returns the message for one pydantic error, except for errors about missing and unknown fields. For these, call
    the functions `missing` and `unknown`.
    """
    if error["type"] == "ours":
        return str(error["ctx"]["message"])
    words = WORDS.get(error["type"])
    return words(error) if words else f"this is not possible here ({error['msg'].lower()}); correct it"
