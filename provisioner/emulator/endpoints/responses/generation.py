"""Generates a response: converts the outputs of its turn to items and events of the response, and stores the
response.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

from provisioner.core.text import safetext
from provisioner.emulator.answering.outputs import (
    CodeRun,
    Expired,
    Failure,
    Incomplete,
    McpCall,
    Output,
    Produced,
    Text,
    TextPiece,
)
from provisioner.emulator.answering.running import EventLog
from provisioner.emulator.answering.usage import Usage, count_usage
from provisioner.emulator.endpoints.responses.events import EventWriter
from provisioner.emulator.endpoints.responses.history import INPUTS, ITEMS, OUTPUTS, RESPONSES
from provisioner.emulator.endpoints.responses.items import item_of, shown
from provisioner.emulator.endpoints.responses.open_message import OpenMessage
from provisioner.emulator.endpoints.responses.request import Plan
from provisioner.emulator.endpoints.turn_tooling import tooling_of
from provisioner.emulator.messages.event_stream import ServerEvent
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import pack
from provisioner.emulator.storage.identifiers import new_id


class Generation:
    """Generates one response of the Responses API. `output` contains the items that were generated so far, with all
    optional details.
    """

    def __init__(self, call: ApiRequest, plan: Plan) -> None:
        self._call = call
        self._plan = plan
        self._outputs: list[Output] = []
        self._servers: set[str] = set()
        self.output: list[dict[str, Any]] = []
        self.writer = EventWriter()
        self._message: OpenMessage | None = None

    @property
    def response(self) -> dict[str, Any]:
        """The response in its present state. Its items contain only the optional details that the request asks for."""
        return {**self._plan.response, "output": [shown(item, self._plan.include) for item in self.output]}

    async def run(self) -> dict[str, Any]:
        """Generates the whole response, stores it if `store` is true, and returns it."""
        async for output in self._answer():
            if not isinstance(output, TextPiece):
                self._take(output)
        self._finish()
        return self.response

    async def stream(self) -> AsyncIterator[ServerEvent]:
        """Generates the response and yields its events as they are made. The response is stored before the last event,
        if `store` is true.
        """
        if self._plan.response["background"]:
            self._plan.response["status"] = "queued"
        yield self.writer.of_response("created", self.response)
        if self._plan.response["background"]:
            yield self.writer.of_response("queued", self.response)
            self.begin()
        yield self.writer.of_response("in_progress", self.response)
        async for output in self._answer():
            for event in self._events(output):
                yield event
        yield self.writer.of_response(self._finish(), self.response)

    async def follow(self, log: EventLog[ServerEvent]) -> None:
        """Generates the response in the background, and adds its events to `log`. If the emulator has an internal
        error, the response fails.
        """
        try:
            async for event in self.stream():
                log.add(event)
        except Exception as error:
            sys.stderr.write(safetext.log(traceback.format_exc()))
            self._outputs.append(Failure("server_error", f"The emulator itself failed: {error!r}"))
            log.add(self.writer.of_response(self._finish(), self.response))

    def queue(self) -> dict[str, Any]:
        """Stores the response with the status `queued`, and returns the response."""
        self._plan.response["status"] = "queued"
        self._store()
        return self.response

    def begin(self) -> None:
        """Stores the response with the status `in_progress`. Must be called only for a background response."""
        self._plan.response["status"] = "in_progress"
        self._replace()

    def _events(self, output: Produced) -> Iterator[ServerEvent]:
        """Adds an output of the turn to the response, and yields the events that report it."""
        if isinstance(output, TextPiece):
            if self._message is None:
                self._message = OpenMessage(self.writer, len(self.output))
            yield from self._message.add(output)
        elif isinstance(output, Text) and self._message is not None:
            message, self._message = self._message, None
            [(_, item)] = self._take(output)
            self.output[-1]["id"] = item["id"] = message.id
            yield from message.end(output, item)
        else:
            for index, item in self._take(output):
                yield from self.writer.of_item(index, item)

    def _answer(self) -> AsyncIterator[Produced]:
        return self._call.answering.answer(self._plan.turn, tooling_of(self._call, self._plan.workspace))

    def _take(self, output: Output) -> Iterator[tuple[int, dict[str, Any]]]:
        """Adds an output of the turn to the response. Returns an iterator over the new items of the response. For each
        item, it yields the position in the response, and a copy of the item with only the details that the request asks
        for.
        """
        self._outputs.append(output)
        if isinstance(output, Failure | Incomplete | Expired):
            return iter(())
        start = len(self.output)
        if isinstance(output, McpCall) and output.server_label not in self._servers:
            self._servers.add(output.server_label)
            self.output.append(_list_of_tools(output))
        workspace = self._plan.workspace
        uses = workspace is not None and (isinstance(output, CodeRun) or bool(getattr(output, "annotations", ())))
        self.output.append(item_of(output, workspace.container_id if workspace and uses else ""))
        return enumerate([shown(item, self._plan.include) for item in self.output[start:]], start)

    def _finish(self) -> str:
        """Sets the final status and the usage of the response, and stores the response if `store` is true. Returns the
        final status, which is also the name of the response's last event.
        """
        response, last = self._plan.response, self._outputs[-1] if self._outputs else None
        status = "completed"
        if isinstance(last, Failure | Expired):
            status = "failed"
            response["error"] = _error(last)
        elif isinstance(last, Incomplete):
            status = "incomplete"
            response["incomplete_details"] = {"reason": last.reason}
            self._break_off()
        else:
            response["completed_at"] = int(time.time())
        response["status"] = status
        if status != "failed":
            response["usage"] = _usage(count_usage(self._plan.turn, self._outputs))
        self._replace() if response["background"] else self._store()
        return status

    def _break_off(self) -> None:
        if self.output and self.output[-1]["type"] == "message":
            self.output[-1]["status"] = "incomplete"

    def _store(self) -> None:
        """Stores the response with its input and output items, if `store` is true. If the response belongs to a
        conversation and did not fail, adds its input and output items to the conversation.
        """
        plan, database = self._plan, self._call.database
        identifier, conversation = plan.response["id"], plan.response["conversation"]
        with database.writing():
            if plan.stored:
                body = pack({**plan.response, "output": self.output})
                database.run("INSERT INTO documents (id, kind, body) VALUES (?, ?, ?)", identifier, "response", body)
                INPUTS.add(self._call, identifier, plan.items)
                OUTPUTS.add(self._call, identifier, self.output)
            if conversation and plan.response["status"] in ("completed", "incomplete"):
                ITEMS.add(self._call, conversation["id"], [*plan.items, *self.output])

    def _replace(self) -> None:
        """Stores the present state of a background response. If the response was deleted in the meantime, nothing is
        stored.
        """
        plan = self._plan
        identifier, conversation = plan.response["id"], plan.response["conversation"]
        if not RESPONSES.contains(self._call, identifier):
            return
        RESPONSES.keep(self._call, {**plan.response, "output": self.output})
        with self._call.database.writing():
            OUTPUTS.remove(self._call, identifier)
            OUTPUTS.add(self._call, identifier, self.output)
            if conversation and plan.response["status"] in ("completed", "incomplete"):
                ITEMS.add(self._call, conversation["id"], [*plan.items, *self.output])


def _list_of_tools(call: McpCall) -> dict[str, Any]:
    tool = {"name": call.name, "input_schema": {"type": "object"}, "description": None, "annotations": None}
    return {
        "id": new_id("mcpl_"),
        "type": "mcp_list_tools",
        "server_label": call.server_label,
        "tools": [tool],
        "error": None,
    }


def _error(last: Failure | Expired) -> dict[str, Any]:
    if isinstance(last, Expired):
        return {"code": "server_error", "message": "The response was not finished in time."}
    return {"code": last.code, "message": last.message}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total,
    }
