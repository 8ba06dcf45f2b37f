"""Reads a streamed chat completion: yields the parts of its text while they arrive, and returns the whole completion at
the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

DATA, DONE = b"data:", b"[DONE]"


class Chunks:
    """Collects a chat completion that arrives as server-sent events. Each event must have one line of data, as in the
    streams of OpenAI's API and of compatible servers.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._content: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._indexes: dict[Any, dict[str, Any]] = {}
        self._reason: str | None = None
        self._is_done = False
        self.error: Any = None

    @property
    def has_ended(self) -> bool:
        """True if the server has reported that the completion is complete."""
        return self._is_done or self._reason is not None

    @property
    def completion(self) -> dict[str, Any]:
        """Returns the part of the completion that has arrived. The format is that of an element of `choices` in a
        completion that is not streamed.
        """
        message: dict[str, Any] = {"content": "".join(self._content), "refusal": "".join(self._refusal)}
        calls = [
            {**call, "function": {"name": call["name"], "arguments": "".join(call["arguments"])}}
            for call in self._calls
            if call["name"]
        ]
        return {"message": {**message, "tool_calls": calls}, "finish_reason": self._reason}

    def read(self, part: bytes) -> Iterator[str]:
        """Reads `part`, the next bytes of the HTTP response, and yields each piece of the answer's text that `part`
        contains.
        """
        *lines, rest = part.split(b"\n")
        for line in lines:
            yield from self._read_line(b"".join([*self._line, line]).strip())
            self._line = []
        self._line.append(rest)

    def _read_line(self, line: bytes) -> Iterator[str]:
        if not line.startswith(DATA):
            return
        data = line[len(DATA) :].strip()
        if data == DONE:
            self._is_done = True
            return
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(chunk, dict) and chunk.get("error"):
            self.error = chunk["error"]
        choices = chunk.get("choices") if isinstance(chunk, dict) else None
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            self._reason = str(choice["finish_reason"]) if choice.get("finish_reason") else self._reason
            yield from self._read_delta(choice.get("delta"))

    def _read_delta(self, delta: Any) -> Iterator[str]:
        if not isinstance(delta, dict):
            return
        if isinstance(delta.get("refusal"), str):
            self._refusal.append(delta["refusal"])
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                self._add_call(call)
        if isinstance(delta.get("content"), str) and delta["content"]:
            self._content.append(delta["content"])
            yield delta["content"]

    def _add_call(self, call: dict[str, Any]) -> None:
        """Adds `call`, a part of a function call, to the completion. If the server sends no index of the call, each new
        id begins a new call.
        """
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        key = call.get("index", call.get("id", len(self._calls) - 1))
        if key not in self._indexes:
            self._indexes[key] = {"id": None, "name": "", "arguments": []}
            self._calls.append(self._indexes[key])
        known = self._indexes[key]
        known["id"] = known["id"] or call.get("id")
        known["name"] = known["name"] or str(function.get("name") or "")
        arguments = function.get("arguments")
        if arguments:
            known["arguments"].append(arguments if isinstance(arguments, str) else json.dumps(arguments))
