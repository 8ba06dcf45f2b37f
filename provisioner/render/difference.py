"""Before and after of one change, as lines that a person reads: hunks for long texts, paths for nested values."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.plan import Change, Unknown

#: Texts longer than this, or of several lines, are shown as hunks.
SHORT = 80
CONTEXT = 2


def differences(change: Change) -> Iterator[str]:
    """A line, or a hunk of lines, for everything that differs; `- ` and `+ ` begin what goes and what comes."""
    before, after = change.before or {}, change.after or {}
    for name in sorted({*before, *after}):
        # Equality first: it is cheap, and most fields of most changes are equal.
        if name in before and name in after and before[name] == after[name]:
            continue
        yield from _field(name, before.get(name), after.get(name))


def _field(name: str, before: Any, after: Any) -> Iterator[str]:
    if _is_long(before) or _is_long(after):
        yield f"{name}:"
        yield from (f"  {line}" for line in _hunks(before or "", after or ""))
    elif isinstance(before, dict | list) and isinstance(after, dict | list):
        yield from _nested(name, before, after)
    else:
        yield f"{name}: {show(before)} → {show(after)}"


def _nested(name: str, before: Any, after: Any) -> Iterator[str]:
    """The leaves that differ. DeepDiff is imported here, since most runs never need it."""
    from deepdiff import DeepDiff

    options: dict[str, Any] = {"ignore_order": False, "verbose_level": 2, "view": "tree", "threshold_to_diff_deeper": 0}
    found = DeepDiff(_plain(before), _plain(after), **options)
    leaves = [item for group in found.values() for item in group]
    for keys, item in sorted(((item.path(output_format="list"), item) for item in leaves), key=_in_order):
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
        old = None if _absent(item.t1) else item.t1
        new = None if _absent(item.t2) else item.t2
        if _is_long(old) or _is_long(new):
            yield f"{name}{path}:"
            yield from (f"  {line}" for line in _hunks(str(old or ""), str(new or "")))
        elif _absent(item.t1):
            yield f"{name}{path}: + {show(new)}"
        elif _absent(item.t2):
            yield f"{name}{path}: - {show(old)}"
        else:
            yield f"{name}{path}: {show(old)} → {show(new)}"


def _in_order(leaf: tuple[list[Any], Any]) -> list[tuple[int, str]]:
    """Positions by number, names by letter."""
    return [(key, "") if isinstance(key, int) else (0, str(key)) for key in leaf[0]]


def _absent(value: Any) -> bool:
    return type(value).__name__ == "NotPresent"


def _hunks(before: Any, after: Any) -> Iterator[str]:
    old, new = str(before).splitlines(), str(after).splitlines()
    # The first two lines name files; a line of the text can look like them, as Markdown's rules do.
    hunks = list(difflib.unified_diff(old, new, n=CONTEXT, lineterm=""))[2:]
    yield from hunks or ["(only line breaks differ)"]


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and (len(value) > SHORT or "\n" in value)


def _plain(value: Any) -> Any:
    """The value with what is not known yet as a text."""
    if isinstance(value, Unknown):
        return show(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def show(value: Any) -> str:
    """A value on one line, shortened where it is long."""
    if value is None:
        return "(none)"
    if isinstance(value, Unknown):
        return f"(id of {value.address}, known after apply)"
    text = json.dumps(_plain(value), ensure_ascii=False)
    return text if len(text) <= 2 * SHORT else f"{text[: 2 * SHORT]}…"
