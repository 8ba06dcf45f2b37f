"""Limits how deeply JSON values are nested. This module imports no other module of the package, so that an application
can quickly load a definition (the stored arguments of an assistant).
"""

from __future__ import annotations

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

#: The largest number of levels of lists and objects inside each other. Code that reads JSON values is recursive.
MAX_DEPTH = 200


def check_depth(value: Any) -> None:
    """Raises ValueError if lists and objects in `value` are nested more than MAX_DEPTH levels deep."""
    level: list[Any] = _nested([value])
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = _nested(item for each in level for item in (each.values() if isinstance(each, dict) else each))
    if level:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")


def _nested(values: Iterable[Any]) -> list[Any]:
    """Returns the lists and objects in `values`."""
    return [value for value in values if isinstance(value, dict | list)]
