"""Records the outputs of the model as messages and steps of a run. Also counts the tokens of the steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.emulator.answering.outputs import (
    CodeRun,
    Expired,
    Failure,
    FileSearch,
    FunctionCall,
    Incomplete,
    MadeFile,
    Output,
    Produced,
    Refused,
    SentText,
    Text,
    TextPiece,
)
from provisioner.emulator.answering.turn import Turn
from provisioner.emulator.answering.usage import Usage, count_usage
from provisioner.emulator.endpoints.assistants import RANKING
from provisioner.emulator.endpoints.threads.run_recording import RunRecord
from provisioner.emulator.endpoints.threads.run_states import Document, Event
from provisioner.emulator.endpoints.threads.run_text import WORD, split_text
from provisioner.emulator.storage.identifiers import new_id

#: The codes of the error of a failed run. All other codes become `server_error`.
CODES = ("server_error", "rate_limit_exceeded", "invalid_prompt")


class OutputRecord:
    """Records the outputs of one turn of a run. A message stays open (in progress) until the next output or the end of
    the turn, because until then the message can become incomplete.
    """

    def __init__(self, record: RunRecord, turn: Turn) -> None:
        self._record = record
        self._turn = turn
        self._open: list[Output] = []
        self._images: list[MadeFile] = []
        self._sent: SentText | None = None
        self._length = 0
        self.has_ended = False

    def add(self, output: Produced) -> Iterator[list[Event]]:
        """Records an output, and yields lists of new events of the run. Outputs that runs do not have, such as
        Reasoning, are not recorded. A further function call is not recorded if the run allows no parallel calls.
        """
        if self._sent is not None and isinstance(output, Text):
            yield from self._complete_message(output, self._sent)
            return
        if self._sent is not None and isinstance(output, TextPiece):
            yield from self._add_piece(output, self._sent)
            return
        if isinstance(output, Failure | Incomplete | Expired):
            yield self._end_early(output)
            return
        if self._open and not (isinstance(output, FunctionCall) and isinstance(self._open[0], FunctionCall)):
            yield self._close()
            if self.has_too_long_prompt():
                yield self.end_incomplete("max_prompt_tokens")
                return
        if isinstance(output, TextPiece):
            self._sent, self._length = SentText(), 0
            yield from self._open_message()
            yield from self._add_piece(output, self._sent)
        elif isinstance(output, Text | Refused):
            yield from self._add_message(output)
        elif isinstance(output, FunctionCall):
            if not self._open or self._record.run["parallel_tool_calls"]:
                yield self._add_function(output)
        elif isinstance(output, CodeRun):
            yield from self._add_code(output)
        elif isinstance(output, FileSearch):
            yield self._add_search(output)

    def finish(self) -> Iterator[list[Event]]:
        """Records that the model has made all its outputs. The run is then complete, or it waits for results of
        functions. Yields lists of new events of the run.
        """
        if self._open and isinstance(self._open[0], FunctionCall):
            yield self._record.require_action(self._usage())
            return
        if self._open:
            yield self._close()
        yield self._record.end("completed")

    def has_too_long_prompt(self) -> bool:
        """Returns whether the next call of the model would exceed the limit `max_prompt_tokens` of the run. The limit
        is for the sum of the prompt tokens of all calls.
        """
        most, spent = self._record.run["max_prompt_tokens"], self._record.run.get("_usage") or {}
        return most is not None and spent.get("prompt_tokens", 0) + count_usage(self._turn, ()).input > most

    def end_incomplete(self, reason: str | None) -> list[Event]:
        """Records that the run ends too early. `reason` is the API's name for the reason, or None if the API has no
        such name. Returns the new events of the run.
        """
        self.has_ended = True
        details = {} if reason is None else {"reason": reason}
        return self._record.end("incomplete", self._usage(), incomplete_details=details)

    def _end_early(self, output: Failure | Incomplete | Expired) -> list[Event]:
        self.has_ended = True
        complete = self._open and not isinstance(self._open[0], FunctionCall)
        cut = isinstance(output, Incomplete) and self._record.text_open
        events = self._close() if complete and not cut else []
        if isinstance(output, Incomplete):
            filtered = output.reason == "content_filter"
            if filtered:
                self._record.interrupt(output.reason)
            return [*events, *self.end_incomplete(None if filtered else "max_completion_tokens")]
        if isinstance(output, Expired):
            return [*events, *self._record.end("expired", self._usage())]
        error = {"code": output.code if output.code in CODES else "server_error", "message": output.message}
        return [*events, *self._record.end("failed", self._usage(), last_error=error)]

    def _usage(self) -> Usage:
        """Returns the numbers of tokens of the open step, which is still in progress."""
        return count_usage(self._turn, self._open) if self._open else Usage(0, 0)

    def _close(self) -> list[Event]:
        usage, record = self._usage(), self._record
        events = record.close_message(usage) if record.text_open else record.close_step(usage)
        self._turn = replace(self._turn, items=(*self._turn.items, *self._open))
        self._open = []
        return events

    def _open_message(self) -> Iterator[list[Event]]:
        yield self._record.open_message()
        for image in self._images:
            yield self._record.add_image(image.id)
        self._images = []

    def _add_piece(self, piece: TextPiece, sent: SentText) -> Iterator[list[Event]]:
        sent.add(piece)
        for value, notes in split_text(piece.alone(), len(self._turn.items), self._length):
            self._length += len(value)
            yield self._record.add_text(value, notes)

    def _complete_message(self, output: Text, sent: SentText) -> Iterator[list[Event]]:
        """Records the part of a message that no piece contained, if there is one. `output` is the whole text, and
        `sent` counts the part that was already recorded in pieces. Yields lists of new events of the run. The message
        stays open (in progress) until the next output.
        """
        if (rest := sent.rest_of(output)) is not None:
            yield from self._add_piece(rest, sent)
        self._open, self._sent = [output], None

    def _add_message(self, output: Text | Refused) -> Iterator[list[Event]]:
        self._open = [output]
        yield from self._open_message()
        if isinstance(output, Refused):
            yield self._record.add_refusal(output.text)
            return
        pieces = list(split_text(output, len(self._turn.items)))
        for value, notes in pieces or [("", [])]:
            yield self._record.add_text(value, notes)

    def _add_function(self, output: FunctionCall) -> list[Event]:
        self._open.append(output)
        begun = {"name": output.name, "arguments": "", "output": None}
        call = {"id": output.call_id, "type": "function", "function": begun}
        deltas = [{"arguments": piece} for piece in WORD.findall(output.arguments)]
        events = self._record.call_tool(call, deltas)
        self._record.complete_call({**call, "function": {**begun, "arguments": output.arguments}})
        return events

    def _add_code(self, output: CodeRun) -> Iterator[list[Event]]:
        self._open = [output]
        call = {"id": new_id("call_"), "type": "code_interpreter", "code_interpreter": {"input": "", "outputs": []}}
        yield self._record.call_tool(call, [{"input": piece} for piece in WORD.findall(output.code)])
        outputs: list[Document] = [{"type": "logs", "logs": output.logs}] if output.logs else []
        outputs += [{"type": "image", "image": {"file_id": image.id}} for image in output.images]
        self._images += output.images
        indexed = [{"index": index, **each} for index, each in enumerate(outputs)]
        if indexed:
            yield self._record.extend_call("code_interpreter", {"outputs": indexed})
        self._record.complete_call({**call, "code_interpreter": {"input": output.code, "outputs": outputs}})

    def _add_search(self, output: FileSearch) -> list[Event]:
        self._open = [output]
        call: Document = {"id": new_id("call_"), "type": "file_search", "file_search": {}}
        events = self._record.call_tool(call)
        results = [
            {
                "file_id": hit.file_id,
                "file_name": hit.filename,
                "score": hit.score,
                "content": [{"type": "text", "text": hit.text}],
            }
            for hit in output.hits
        ]
        found = {"ranking_options": _ranking(self._record.run), "results": results}
        self._record.complete_call({**call, "file_search": found})
        return events


def _ranking(run: Mapping[str, Any]) -> Mapping[str, Any]:
    tools = [tool for tool in run["tools"] if tool["type"] == "file_search"]
    return json.loads(json.dumps(tools[0]["file_search"]["ranking_options"])) if tools else RANKING
