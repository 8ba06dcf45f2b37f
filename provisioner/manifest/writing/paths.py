"""Reads, replaces and removes values inside a manifest entry by their paths."""

from __future__ import annotations

from typing import Any

from provisioner.manifest.parsing.document import Steps


def spell_path(path: Steps) -> str:
    """Returns a path as text, such as `tools[0].container.files`."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return shown.removeprefix(".")


def existing(value: Any, path: Steps) -> Steps:
    """Returns the longest beginning of `path` that leads to an existing value inside `value`. If the whole path leads
    to a value, returns `path`.
    """
    for depth, step in enumerate(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return path[:depth]
        if isinstance(value, str):
            return path[: depth + 1]
    return path


def value_at(value: Any, path: Steps) -> Any:
    """Returns the value at a path inside `value`. The path must exist."""
    for step in path:
        value = value[step]
    return value


def replace(value: Any, path: Steps, new: Any) -> None:
    """Replaces the value at a path inside `value` by `new`. The path must exist."""
    value_at(value, path[:-1])[path[-1]] = new


def remove(value: Any, path: Steps) -> None:
    """Removes the value at a path inside `value`. The path must exist. If the mapping or list that contained the value
    is now empty, it is removed too, and so on upwards. An empty item of a list is not removed.
    """
    owner = value_at(value, path[:-1])
    del owner[path[-1]]
    if not owner and len(path) > 1 and not isinstance(path[-2], int):
        remove(value, path[:-1])
