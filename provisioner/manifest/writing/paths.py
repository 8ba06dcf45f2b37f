"""Reads and changes values inside an entry by their paths."""

from __future__ import annotations

from typing import Any

from provisioner.manifest.parsing.document import Steps


def spell_path(path: Steps) -> str:
    """Returns a path as text: `tools[0].container.files`."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return shown.removeprefix(".")


def existing(value: Any, path: Steps) -> Steps:
    """Returns the longest beginning of a path that exists inside a value."""
    for depth, step in enumerate(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return path[:depth]
        if isinstance(value, str):
            return path[: depth + 1]
    return path


def value_at(value: Any, path: Steps) -> Any:
    """Returns the value at a path that exists."""
    for step in path:
        value = value[step]
    return value


def replace(value: Any, path: Steps, new: Any) -> None:
    """Writes `new` to a path that exists."""
    value_at(value, path[:-1])[path[-1]] = new


def remove(value: Any, path: Steps) -> None:
    """Removes what is at a path that exists, and the mappings and lists around it that are empty then. A mapping in a
    list stays.
    """
    owner = value_at(value, path[:-1])
    del owner[path[-1]]
    if not owner and len(path) > 1 and not isinstance(path[-2], int):
        remove(value, path[:-1])
