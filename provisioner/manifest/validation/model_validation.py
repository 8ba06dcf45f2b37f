"""Checks a value of a manifest against a pydantic model, and reports every error at its place."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provisioner.core.diagnostic import Place
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.entry_model import EntryModel
from provisioner.manifest.limits import VALUE_PROBLEMS
from provisioner.manifest.parsing.document import Steps, Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.error_messages import AsWritten, closest_field, describe_error, missing, unknown
from provisioner.manifest.validation.expression_values import describe_value, expression_at
from provisioner.manifest.validation.fieldnames import names_at, without_tags
from provisioner.manifest.validation.foreign import is_nested

KEY = "[key]"
#: The largest number of characters of a number that a message shows.
SHOWN_NUMBER = 40


def check_with_model(entry: EntryModel, written: Written, report: Report, address: object = None) -> bool:
    """Returns whether the value `written` is valid for the pydantic model of `entry`. Errors are reported. The wrong
    parts of the value are marked in the document of `written`, so that later checks skip them.

    `address` is the address of the resource that contains the value.
    """
    model = entry.model
    try:
        entry.adapter.validate_python(written.value)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        for error in errors[VALUE_PROBLEMS:]:
            _mark(written, _steps(error, model)[:1])
        report.pass_over(max(0, len(errors) - VALUE_PROBLEMS))
        errors = errors[:VALUE_PROBLEMS]
        misspelt = {meaning for error in errors if (meaning := _meaning(error, model))}
        nested = {_steps(error, model)[:-1] for error in errors if _is_nested(error, model, written)}
        for error in errors:
            _mark(written, _steps(error, model))
            # A field that exists under another name, or in another mapping, is reported once, and not as missing too.
            is_elsewhere = _steps(error, model) in misspelt or _steps(error, model)[:-1] in nested
            if error["type"] != "missing" or not is_elsewhere:
                place, message = _explain(error, model, written)
                report.error(place, message, address)
        return False
    return True


def _steps(error: ErrorDetails, model: Any) -> Steps:
    """Returns the path of a pydantic error as the keys and indices in the manifest."""
    path = error["loc"][:-1] if _is_of_key(error) else error["loc"]
    return without_tags(model, path)


def _is_of_key(error: ErrorDetails) -> bool:
    """Returns whether an error is about a key of a mapping instead of the key's value.

    For an error about a key, pydantic appends KEY to the path. A user's key can be equal to KEY. Therefore the input of
    the error is also compared with the key.
    """
    *above, last = error["loc"] or ("",)
    is_own = error["type"] in ("extra_forbidden", "missing") or not above
    return last == KEY and not is_own and str(error["input"]) == str(above[-1])


def _is_nested(error: ErrorDetails, model: Any, written: Written) -> bool:
    """Returns whether an error is about an unknown field that is named like its tool's type and contains the tool's
    fields, as in `{type: x, x: {…}}`.
    """
    if error["type"] != "extra_forbidden":
        return False
    *owner, name = _steps(error, model)
    return is_nested(str(name), error["input"], _value_at(written, tuple(owner)))


def _value_at(written: Written, steps: Steps) -> dict[str, Any]:
    """Returns the mapping at the path `steps` inside the value `written`. If there is no mapping at this path, returns
    an empty mapping.
    """
    value = written.value
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return {}
    return value if isinstance(value, dict) else {}


def _meaning(error: ErrorDetails, model: Any) -> Steps | None:
    """Returns the path of the field that the user probably meant: the known field whose name is most similar to an
    unknown field. Returns None if the error is not about an unknown field, or if no known field is similar.
    """
    if error["type"] != "extra_forbidden":
        return None
    *owner, name = _steps(error, model)
    known = closest_field(str(name), names_at(model, error["loc"][:-1]))
    return (*owner, known) if known else None


def _mark(written: Written, steps: Steps) -> None:
    document, path = written.at(steps)
    written.document.bad.add((*written.path, *steps[: _depth(steps)]))
    written.document.wrong.add((*written.path, *steps))
    if document is not written.document or path[: len(written.path)] != written.path:
        part, above = written.at(steps[: _depth(steps)])
        part.bad.add(above)
        document.wrong.add(path)


def _depth(steps: Steps) -> int:
    """Returns how many steps at the beginning of an error's path lead to the value that is marked as wrong. The marked
    value is a field, an item of a list, a field of a mapping in the settings, or the fields that an environment of the
    project overrides for one resource.
    """
    if steps[:1] == ("environments",) and len(steps) > 2:
        if steps[2] in SECTIONS:
            return min(len(steps), 4)
        return 2 + _depth(steps[2:])
    if steps[:1] in (("defaults",), ("lifecycle",)) and len(steps) > 1:
        return 1 + _depth(steps[1:])
    return 2 if len(steps) > 1 and isinstance(steps[1], int) else 1


def _as_written(error: ErrorDetails, model: Any, written: Written) -> ErrorDetails:
    """Returns the error unchanged, except if its input is a number. Then the returned error contains the characters of
    the number in the manifest instead of the number.
    """
    if type(error["input"]) not in (int, float):
        return error
    document, path = written.at(_steps(error, model))
    text = document.written_at(path)
    return error if text is None else {**error, "input": AsWritten(text[:SHOWN_NUMBER])}


def _explain(error: ErrorDetails, model: Any, written: Written) -> tuple[Place, str]:
    at_key = _is_of_key(error)
    steps = _steps(error, model)
    expression = expression_at(*written.at(steps))
    if expression is not None and (said := describe_value(expression, error["type"], error["input"])):
        return _place(written, steps, key=False), said
    error = _as_written(error, model, written)
    if error["type"] == "extra_forbidden":
        names = names_at(model, error["loc"][:-1])
        message = unknown(str(steps[-1]), names, error["input"], _value_at(written, steps[:-1]))
        return _place(written, steps, key=True), message
    if error["type"] == "missing":
        return _place(written, steps[:-1], key=True), missing(str(steps[-1]), _value_at(written, steps[:-1]))
    key = (error.get("ctx") or {}).get("key")
    if key is not None:
        return _place(written, (*steps, *key), key=True), describe_error(error)
    is_at_key = at_key or (not steps and error["type"] == "ours")
    return _place(written, steps, key=is_at_key), describe_error(error)


def _place(written: Written, steps: Steps, *, key: bool) -> Place:
    document, path = written.at(steps)
    return document.place(path, key=key)
