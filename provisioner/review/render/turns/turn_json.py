"""Dialogues as JSON lines: one object for each event, and one for the begin and the end of a dialogue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from provisioner.core.text.redaction import redact_values
from provisioner.core.text.safetext import SafeText
from provisioner.openai_api.turns.events import TurnEvent
from provisioner.openai_api.turns.turn import Leftover, Turn
from provisioner.review.render.json_text import safe_json

CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def event_json(event: TurnEvent) -> dict[str, Any]:
    """Returns an event as a JSON object. `event` is its type, such as `text_delta`; the other fields are those of the
    event.
    """
    name = CAPITAL.sub("_", type(event).__name__).lower()
    return {"event": name, **asdict(event)}


def turn_json(turn: Turn) -> dict[str, Any]:
    """Returns the summary at the end of a turn as a JSON object. Its events came before."""
    return {
        "event": "turn",
        "status": turn.status,
        "text": turn.text,
        "usage": {**asdict(turn.usage), "total_tokens": turn.usage.total_tokens},
        "cost_usd": turn.cost,
        "unpriced": list(turn.unpriced),
        "seconds": round(turn.seconds, 3),
    }


def leftover_json(leftover: Leftover) -> dict[str, Any]:
    """Returns an object that a dialogue left at OpenAI, as a JSON object."""
    return {"event": "leftover", **asdict(leftover)}


def json_line(body: Mapping[str, Any]) -> SafeText:
    """Returns a JSON object on one line, without secrets and invisible characters."""
    return safe_json(json.dumps(redact_values(body), ensure_ascii=False, separators=(", ", ": ")))
