"""Renders the steps of a turn as text, such as function calls, with the time of each step and the time since the step
before. A turn is one message to an assistant and everything until its answer is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.text.safetext import line
from provisioner.review.render.style import Style

#: The fields of events that only repeat what is shown otherwise.
HIDDEN = ("event", "at", "call", "id", "item", "seconds", "has_hits")
#: The most lines of one field.
LINES = 20


def steps_text(body: Mapping[str, Any], style: Style) -> str:
    """Returns the steps of a turn as text. Each step has its time, and the time since the previous step. `body` is the
    JSON of the turn; its `events` have the format that `event_json` returns.
    """
    about = " · ".join(line(str(body[name])) for name in ("assistant", "target", "model") if body.get(name))
    lines = [style.paint(about, "bold")]
    before = 0.0
    for number, event in enumerate(body["events"], 1):
        at = float(event.get("at") or 0.0)
        name = line(str(event.get("event", "")).replace("_", " "))
        lines.append(f"{number:3} {at:7.2f} s  +{max(0.0, at - before):.2f}  {style.paint(name, 'blue')}")
        lines += [f"      {each}" for each in _fields(event)]
        before = at
    turn = body.get("turn")
    if isinstance(turn, Mapping):
        found = turn.get("usage")
        usage: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        tokens = f"{usage.get('input_tokens', 0)} tokens in, {usage.get('output_tokens', 0)} out"
        lines.append(
            style.paint(
                f"{line(str(turn.get('status')))} · {tokens} · {float(turn.get('seconds') or 0.0):.1f} s", "dim"
            )
        )
    return "\n".join(lines)


def _shown(value: object) -> str:
    """Returns a value in an event as text. A text is returned without quotes, and several texts are joined with commas.
    Any other value is returned as JSON.
    """
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fields(event: Mapping[str, Any]) -> Iterator[str]:
    for name, value in event.items():
        if name in HIDDEN or value in (None, "", [], {}, False, 0):
            continue
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
            for each in value:
                shown = ", ".join(f"{key} {line(_shown(item))[:160]}" for key, item in each.items() if item)
                yield f"{name}: {shown}"
            continue
        lines = _shown(value).splitlines() or [""]
        yield f"{name}: {line(lines[0])}"
        yield from (f"  {line(each)}" for each in lines[1:LINES])
        if len(lines) > LINES:
            yield f"  … {len(lines) - LINES} more lines"
