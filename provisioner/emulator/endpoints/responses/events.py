"""Makes the server-sent events of a streamed response. The order and the sequence numbers of the events are those of
the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.emulator.messages.event_stream import ServerEvent

PIECE = re.compile(r"\s*\S+|\s+$")
#: The most characters of a piece of code or arguments.
CHARACTERS = 40


class EventWriter:
    """Makes the events of one response. The sequence numbers begin with 0 and have no gaps."""

    def __init__(self) -> None:
        self._number = 0

    def event(self, kind: str, /, **fields: Any) -> ServerEvent:
        """Returns an event of the type `kind` with the next sequence number and with `fields`."""
        number, self._number = self._number, self._number + 1
        return ServerEvent(kind, {"type": kind, "sequence_number": number, **fields})

    def of_response(self, name: str, response: Mapping[str, Any]) -> ServerEvent:
        """Returns an event with a copy of `response`. The type of the event is `response.` followed by `name`."""
        return self.event(f"response.{name}", response=dict(response))

    def of_message_start(self, index: int, item: dict[str, Any]) -> Iterator[ServerEvent]:
        """Yields the first events of a message whose text arrives in pieces. `item` is the message, and `index` is its
        position in the response.
        """
        yield self.event("response.output_item.added", output_index=index, item=_start_of(item))
        empty = {**item["content"][0], "annotations": [], "text": ""}
        yield self.event("response.content_part.added", **_place_in(index, item), part=empty)

    def of_piece(
        self, index: int, item: dict[str, Any], text: str, notes: Sequence[Any], number: int
    ) -> Iterator[ServerEvent]:
        """Yields the events of one piece of the message `item`. `text` is the piece, and `notes` are its annotations.
        `number` is the number of annotations before the piece. `index` is the position of the message in the response.
        """
        place = _place_in(index, item)
        if text:
            yield self.event("response.output_text.delta", **place, delta=text, logprobs=[])
        for count, note in enumerate(notes, number):
            yield self.event("response.output_text.annotation.added", **place, annotation_index=count, annotation=note)

    def of_message_end(self, index: int, item: dict[str, Any]) -> Iterator[ServerEvent]:
        """Yields the last events of the message `item`, after all pieces of its text. `index` is the position of the
        message in the response.
        """
        place, part = _place_in(index, item), item["content"][0]
        yield self.event("response.output_text.done", **place, text=part["text"], logprobs=[])
        yield self.event("response.content_part.done", **place, part=part)
        yield self.event("response.output_item.done", output_index=index, item=item)

    def of_item(self, index: int, item: dict[str, Any]) -> Iterator[ServerEvent]:
        """Yields all events of the output item `item`, from `output_item.added` to `output_item.done`. `index` is the
        position of the item in the response.
        """
        place = {"output_index": index, "item_id": item["id"]}
        yield self.event("response.output_item.added", output_index=index, item=_start_of(item))
        match item["type"]:
            case "message":
                for number, part in enumerate(item["content"]):
                    yield from self._part({**place, "content_index": number}, part)
            case "reasoning":
                for number, part in enumerate(item["summary"]):
                    yield from self._summary({**place, "summary_index": number}, part)
            case "function_call":
                yield from self._pieces("function_call_arguments", "arguments", item["arguments"], place, item["name"])
            case "custom_tool_call":
                yield from self._pieces("custom_tool_call_input", "input", item["input"], place)
            case "code_interpreter_call":
                yield self.event("response.code_interpreter_call.in_progress", **place)
                yield from self._pieces("code_interpreter_call_code", "code", item["code"], place)
                yield self.event("response.code_interpreter_call.interpreting", **place)
                yield self.event("response.code_interpreter_call.completed", **place)
            case "file_search_call" | "web_search_call" as kind:
                for state in ("in_progress", "searching", "completed"):
                    yield self.event(f"response.{kind}.{state}", **place)
            case "mcp_list_tools":
                yield self.event("response.mcp_list_tools.in_progress", **place)
                yield self.event("response.mcp_list_tools.completed", **place)
            case "mcp_call":
                yield self.event("response.mcp_call.in_progress", **place)
                yield from self._pieces("mcp_call_arguments", "arguments", item["arguments"], place)
                yield self.event(f"response.mcp_call.{item['status']}", **place)
        yield self.event("response.output_item.done", output_index=index, item=item)

    def _part(self, place: dict[str, Any], part: dict[str, Any]) -> Iterator[ServerEvent]:
        kind = part["type"]
        empty = {**part, "refusal": ""} if kind == "refusal" else {**part, "annotations": [], "text": ""}
        yield self.event("response.content_part.added", **place, part=empty)
        if kind == "refusal":
            for piece in _words(part["refusal"]):
                yield self.event("response.refusal.delta", **place, delta=piece)
            yield self.event("response.refusal.done", **place, refusal=part["refusal"])
        else:
            yield from self._text(place, part)
        yield self.event("response.content_part.done", **place, part=part)

    def _text(self, place: dict[str, Any], part: dict[str, Any]) -> Iterator[ServerEvent]:
        notes, size, sent = part["annotations"], 0, 0
        for piece in [*_words(part["text"]), ""]:
            if piece:
                yield self.event("response.output_text.delta", **place, delta=piece, logprobs=[])
                size += len(piece)
            while sent < len(notes) and (not piece or notes[sent].get("index", notes[sent].get("end_index")) <= size):
                note = {"annotation_index": sent, "annotation": notes[sent]}
                yield self.event("response.output_text.annotation.added", **place, **note)
                sent += 1
        yield self.event("response.output_text.done", **place, text=part["text"], logprobs=[])

    def _summary(self, place: dict[str, Any], part: dict[str, Any]) -> Iterator[ServerEvent]:
        yield self.event("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
        for piece in _words(part["text"]):
            yield self.event("response.reasoning_summary_text.delta", **place, delta=piece)
        yield self.event("response.reasoning_summary_text.done", **place, text=part["text"])
        yield self.event("response.reasoning_summary_part.done", **place, part=part)

    def _pieces(
        self, name: str, field: str, text: str, place: dict[str, Any], function: str | None = None
    ) -> Iterator[ServerEvent]:
        for start in range(0, len(text), CHARACTERS):
            yield self.event(f"response.{name}.delta", **place, delta=text[start : start + CHARACTERS])
        named = {} if function is None else {"name": function}
        yield self.event(f"response.{name}.done", **place, **named, **{field: text})


def _place_in(index: int, item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of an event that identify the first content part of the message `item`. `index` is the
    position of the message in the response.
    """
    return {"output_index": index, "item_id": item["id"], "content_index": 0}


def _words(text: str) -> list[str]:
    return PIECE.findall(text)


def _start_of(item: dict[str, Any]) -> dict[str, Any]:
    """Returns a copy of an item as it is when the model begins it: in progress and without content."""
    beginnings: dict[str, dict[str, Any]] = {
        "message": {"content": []},
        "reasoning": {"summary": []},
        "function_call": {"arguments": ""},
        "custom_tool_call": {"input": ""},
        "code_interpreter_call": {"code": "", "outputs": None},
        "file_search_call": {"queries": [], "results": None},
        "mcp_call": {"arguments": "", "output": None, "error": None},
        "mcp_list_tools": {"tools": []},
    }
    status = {"status": "in_progress"} if "status" in item else {}
    return {**item, **status, **beginnings.get(item["type"], {})}
