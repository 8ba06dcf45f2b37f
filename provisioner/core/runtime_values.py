"""Finds and fills in values that only the application knows. A definition contains the stored arguments of an
assistant. In a definition, `{runtime: NAME}` stands for the value of NAME.

This module imports few modules, so that an application can load a definition quickly.
"""

from __future__ import annotations

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    #: The keys and indices that lead to a value.
    Path = tuple[str | int, ...]

RUNTIME = "runtime"
#: The beginnings of names of variables that no definition gets, because they hold the keys of provision itself. A
#: definition names servers of strangers, such as MCP servers, and would send them the key.
OWN_PREFIXES = ("OPENAI_", "PROVISION_")


class OwnValues(Exception):
    """Raised if a definition (the stored arguments of an assistant) contains `{runtime: NAME}` with the name of a
    variable that belongs to provision. The values of such variables are never filled in. `names` are the names of these
    variables.
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class MissingValues(Exception):
    """Raised if a definition (the stored arguments of an assistant) contains `{runtime: NAME}`, and the application
    gives no value or an empty value for NAME. `names` maps each such name to the paths of the fields that need its
    value.
    """

    def __init__(self, names: dict[str, list[str]]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def find_runtime_values(inputs: Any, path: Path = (), owner: Any = None) -> Iterator[tuple[Path, str]]:
    """Yields the path and the name of each `{runtime: NAME}` in a definition (the stored arguments of an assistant).

    JSON Schemas are not searched, because a property of a schema can have the name `runtime`. The function calls itself
    for the values inside `inputs`. `path` is the path from the definition to `inputs`, and `owner` is the mapping that
    contains `inputs`.
    """
    if isinstance(inputs, dict):
        if len(inputs) == 1 and isinstance(name := inputs.get(RUNTIME), str) and path:
            yield path, name
        elif not _is_schema(path, owner):
            for key, item in inputs.items():
                yield from find_runtime_values(item, (*path, key), inputs)
    elif isinstance(inputs, list):
        for index, item in enumerate(inputs):
            yield from find_runtime_values(item, (*path, index), inputs)


def fill(inputs: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Returns a copy of `inputs`, a definition (the stored arguments of an assistant). In the copy, each `{runtime:
    NAME}` is replaced by the value of NAME in `values`. Raises MissingValues if values are missing or empty. Raises
    OwnValues if a NAME belongs to provision, such as OPENAI_API_KEY.
    """
    missing: dict[str, list[str]] = {}
    filled: dict[str, Any] = copy({**inputs})
    found = list(find_runtime_values({**inputs}))
    if own := sorted({name for _, name in found if is_own(name)}):
        raise OwnValues(own)
    for path, name in found:
        value = values.get(name)
        if value and isinstance(value, str):
            replace_at(filled, path, value)
        else:
            missing.setdefault(name, []).append(spell(path))
    if missing:
        raise MissingValues(missing)
    return filled


def is_own(name: str) -> bool:
    """Returns whether the environment variable named `name` belongs to provision: whether the name begins with OPENAI_
    or PROVISION_, as OPENAI_API_KEY does.
    """
    return name.strip().upper().startswith(OWN_PREFIXES)


def replace_at(body: Any, path: Path, value: Any) -> None:
    """Replaces a value inside the JSON value `body` by `value`. `path` contains the keys and indexes that lead to the
    replaced value. `body` is changed.
    """
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = value


def spell(path: Path) -> str:
    """Returns a path as text, such as `tools[0].headers.X`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def copy(value: Any) -> Any:
    """Returns a deep copy of a JSON value: all lists and mappings inside the value are copied too."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    return [copy(item) for item in value] if isinstance(value, list) else value


def _is_schema(path: Path, owner: Any) -> bool:
    """Returns whether the value at `path` is the JSON Schema of a function's parameters or results, or of the model's
    answer. `path` is a path in a definition (the stored arguments of an assistant), and `owner` is the mapping that
    contains the value.
    """
    if path == ("text", "format", "schema"):
        return True
    return bool(path) and path[-1] in ("parameters", "output_schema") and owner.get("type") == "function"
