"""Records the outputs of the model as items of a session's turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provisioner.emulator.answering.outputs import (
    CodeRun,
    McpCall,
    Output,
    Produced,
    Reasoning,
    Refused,
    SentText,
    Text,
    TextPiece,
    WebSearch,
)
from provisioner.emulator.endpoints.sessions.recording import SessionRecord
from provisioner.emulator.endpoints.threads.run_text import WORD

Document = dict[str, Any]
#: The folder in which an agent's commands are executed.
WORKSPACE = "/workspace"


class OutputRecord:
    """Records the outputs of a model as items of one turn, with the help of `record`, which stores the turn. If a
    message arrives in pieces, it is in progress until its whole text arrives.
    """

    def __init__(self, record: SessionRecord) -> None:
        self._record = record
        self._sent: SentText | None = None

    def add(self, output: Produced) -> Iterator[list[Document]]:
        """Records an output as an item of the turn, and yields lists of new events of the session. Function calls are
        not recorded here: they are recorded after all outputs. Outputs that say why the turn ended too early, such as
        Failure, are not recorded either, because the API has no item for them.
        """
        if isinstance(output, TextPiece):
            if self._sent is None:
                self._sent = SentText()
                yield self._record.open_message()
            self._sent.add(output)
            yield self._record.add_text(output.text)
        elif isinstance(output, Text) and self._sent is not None:
            if (rest := self._sent.rest_of(output)) is not None and rest.text:
                yield self._record.add_text(rest.text)
            self._sent = None
            yield self._record.close_message()
        else:
            yield from _record_whole(self._record, output)


def _record_whole(record: SessionRecord, output: Output) -> Iterator[list[Document]]:
    match output:
        case Text() | Refused():
            yield from _record_text(record, output.text)
        case Reasoning():
            yield from _record_reasoning(record, output.summary)
        case CodeRun():
            yield from _record_code(record, output)
        case WebSearch():
            action = {"type": "search", "query": output.query, "queries": None}
            item = {"type": "web_search_call", "status": "in_progress", "action": action}
            yield record.open_item("ws_", item)
            yield record.close_item(status="completed")
        case McpCall():
            yield from _record_mcp(record, output)


def write_command(code: str) -> str:
    """Returns a shell command that runs the Python code `code` in an agent's environment."""
    return f"python3 - <<'EOF'\n{code}\nEOF"


def read_command(command: str) -> str:
    """Returns the Python code in `command`. The command must come from `write_command`."""
    return command.removeprefix("python3 - <<'EOF'\n").removesuffix("\nEOF")


def _record_text(record: SessionRecord, text: str) -> Iterator[list[Document]]:
    yield record.open_message()
    for piece in WORD.findall(text):
        yield record.add_text(piece)
    yield record.close_message()


def _record_reasoning(record: SessionRecord, summary: str) -> Iterator[list[Document]]:
    yield record.open_item("rs_", {"type": "reasoning", "status": "in_progress", "summary": []})
    part = {"type": "summary_text", "text": ""}
    yield [record.summary_event("part.added", part=part)]
    for piece in WORD.findall(summary):
        yield [record.summary_event("text.delta", delta=piece)]
    whole = {"type": "summary_text", "text": summary}
    yield [record.summary_event("text.done", text=summary), record.summary_event("part.done", part=whole, status=None)]
    yield record.close_item(summary=[whole], status="completed")


def _record_code(record: SessionRecord, output: CodeRun) -> Iterator[list[Document]]:
    item = {
        "type": "command_execution",
        "command": write_command(output.code),
        "cwd": WORKSPACE,
        "duration_ms": None,
        "exit_code": None,
        "output": None,
        "status": "in_progress",
    }
    yield record.open_item("cmd_", item)
    if output.logs:
        yield record.add_command_output(output.logs)
    status = "completed" if output.ok else "failed"
    yield record.close_item(output=output.logs, exit_code=0 if output.ok else 1, duration_ms=0, status=status)


def _record_mcp(record: SessionRecord, output: McpCall) -> Iterator[list[Document]]:
    item = {
        "type": "mcp_call",
        "server_label": output.server_label,
        "name": output.name,
        "arguments": json.loads(output.arguments or "{}"),
        "output": None,
        "error": None,
        "status": "in_progress",
    }
    yield record.open_item("mcp_", item)
    if output.error is None:
        yield record.close_item(output=output.output, status="completed")
    else:
        yield record.close_item(error={"message": output.error}, status="failed")
