"""Fills the values that only the application knows into a definition: `{runtime: NAME}` becomes the value of NAME."""

from __future__ import annotations

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

RUNTIME = "runtime"


class MissingValues(Exception):
    """The definition needs values that are not given. `names` has them, each with the fields that need it."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def fill(inputs: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Returns a copy of a definition in which the value of NAME in `values` replaces each `{runtime: NAME}`. Raises
    MissingValues, with all names that are missing or empty.

    JSON Schemas are copied as they are, because a property of a schema can have the name `runtime`.
    """
    missing: dict[str, list[str]] = {}
    filled = {key: _fill(value, key, values, missing) for key, value in inputs.items()}
    if missing:
        raise MissingValues(missing)
    return filled


def find_names(inputs: Mapping[str, Any]) -> list[str]:
    """Returns the names of all values that a definition needs, sorted."""
    missing: dict[str, list[str]] = {}
    for key, value in inputs.items():
        _fill(value, key, {}, missing)
    return sorted(missing)


def _fill(value: Any, path: str, values: Mapping[str, str], missing: dict[str, list[str]]) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(name := value.get(RUNTIME), str):
            given = values.get(name)
            if not given or not isinstance(given, str):
                missing.setdefault(name, []).append(path)
                return value
            return given
        return {
            key: copy(item) if is_schema(path, key, value) else _fill(item, f"{path}.{key}", values, missing)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_fill(item, f"{path}[{index}]", values, missing) for index, item in enumerate(value)]
    return value


def is_schema(path: str, key: str, owner: Mapping[str, Any]) -> bool:
    """Returns whether the field `key` of the mapping `owner` at `path` holds a JSON Schema: the parameters of a
    function, or the form of the answer.
    """
    if path == "text.format":
        return key == "schema"
    return key in ("parameters", "output_schema") and owner.get("type") == "function"


def copy(value: Any) -> Any:
    """Returns a copy of a JSON value that shares no list and no mapping with it."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    return [copy(item) for item in value] if isinstance(value, list) else value
