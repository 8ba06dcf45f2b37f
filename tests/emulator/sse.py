"""Streams of server-sent events, as they are on the wire."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class SentEvent(NamedTuple):
    """One event; `data` is decoded JSON, or the text `[DONE]`."""

    name: str
    data: Any


def read_events(body: bytes) -> list[SentEvent]:
    """The events of a stream that has ended."""
    found = []
    for block in body.decode().removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        text = data.removeprefix("data: ")
        found.append(SentEvent(name.removeprefix("event: "), text if text == "[DONE]" else json.loads(text)))
    return found


def fold(names: list[str]) -> list[str]:
    """Names of events, with one name for several deltas that follow each other."""
    return [name for index, name in enumerate(names) if not (name.endswith(".delta") and names[index - 1] == name)]
