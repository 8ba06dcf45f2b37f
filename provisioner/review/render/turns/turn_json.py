"""Writes dialogues as JSON lines. Each event is one JSON object; the beginning and the end of the dialogue are JSON
objects too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from provisioner.core.text.redaction import redact_values
from provisioner.core.text.safetext import SafeText
from provisioner.openai_api.turns.events import TurnEvent
from provisioner.openai_api.turns.turn import Leftover, Turn
from provisioner.review.render.json_text import safe_json

CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def event_json(event: TurnEvent) -> dict[str, Any]:
    """Returns an event as a JSON object. Its field `event` is the type of the event, such as `text_delta`. The other
    fields of the object are those of the event.
    """
    name = CAPITAL.sub("_", type(event).__name__).lower()
    return {"event": name, **to_builtins(event)}


def turn_json(turn: Turn) -> dict[str, Any]:
    """Returns the summary of a turn that has ended (one message and its answer) as a JSON object. The summary does not
    contain the events of the turn.
    """
    return {
        "event": "turn",
        "status": turn.status,
        "text": turn.text,
        "usage": {**to_builtins(turn.usage), "total_tokens": turn.usage.total_tokens},
        "cost_usd": turn.cost,
        "unpriced": list(turn.unpriced),
        "seconds": round(turn.seconds, 3),
    }


def leftover_json(leftover: Leftover) -> dict[str, Any]:
    """Returns a JSON object that describes `leftover`, an object that was created for a dialogue and that still exists
    at OpenAI.
    """
    return {"event": "leftover", **to_builtins(leftover)}


def json_line(body: Mapping[str, Any]) -> SafeText:
    """Returns a JSON object as text on one line. Secrets are removed, and invisible characters are escaped."""
    return safe_json(json.dumps(redact_values(body), ensure_ascii=False, separators=(", ", ": ")))
