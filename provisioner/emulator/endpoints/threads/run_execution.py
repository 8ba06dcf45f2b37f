"""Carries out the runs of threads: asks the model, and records the outputs of the model as messages and steps."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from msgspec.structs import replace

from provisioner.core.text.safetext import log
from provisioner.emulator.answering.running import EventLog
from provisioner.emulator.answering.turn import Turn
from provisioner.emulator.answering.usage import count_usage
from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.threads.run_files import ThreadFiles
from provisioner.emulator.endpoints.threads.run_outputs import OutputRecord
from provisioner.emulator.endpoints.threads.run_recording import RunRecord
from provisioner.emulator.endpoints.threads.run_states import Document, Event
from provisioner.emulator.endpoints.threads.run_turn import make_turn
from provisioner.emulator.endpoints.threads.steps import render
from provisioner.emulator.endpoints.turn_tooling import tooling_of
from provisioner.emulator.messages.event_stream import EventStream, ServerEvent
from provisioner.emulator.messages.request import ApiRequest, Reply
from provisioner.emulator.storage.database import pack

Log = EventLog[ServerEvent]


def start(
    call: ApiRequest,
    run: Document,
    *,
    stream: bool,
    include: Sequence[str] = (),
    thread: Document | None = None,
) -> Reply:
    """Starts a new run. Returns the stream of its events if `stream` is True, otherwise the run. `thread` is the thread
    if the same request has created it, otherwise None. `include` is the request's field that asks for additional
    details, such as the passages that a file search found.
    """
    events: list[Event] = [("thread.created", thread)] if thread else []
    events += [("thread.run.created", run), ("thread.run.queued", run)]
    return _start(call, RunRecord(call, run), events, stream=stream, include=include)


def resume(call: ApiRequest, run: Document, outputs: Mapping[str, str], *, stream: bool) -> Reply:
    """Continues a run with results of functions. Returns the stream of its events if `stream` is True, otherwise the
    run. `outputs` contains the results, keyed by the id of the function call.
    """
    record = RunRecord(call, run)
    return _start(call, record, record.answer_functions(outputs), stream=stream)


def _start(
    call: ApiRequest, record: RunRecord, events: Iterable[Event], *, stream: bool, include: Sequence[str] = ()
) -> Reply:
    record.run["_retrieved"] = record.run["_retrieved"] or stream
    log: Log = EventLog()
    reply = public(record.run)
    publisher = Publisher(log if stream else None, include)
    publisher.add(events)
    call.running.start(record.run["id"], log, _carry_out(record, publisher))
    return EventStream(log.follow()) if stream else reply


class Publisher:
    """Adds the events of a run to a log, from which the response reads them. `log` is None if the run is not streamed.
    `include` is the request's field that asks for additional details, such as the passages that a file search found.
    """

    def __init__(self, log: Log | None, include: Sequence[str]) -> None:
        self._log = log
        self._include = include

    def add(self, events: Iterable[Event]) -> None:
        """Adds events to the log in the form in which they are sent. Does nothing if there is no log. The events are
        converted immediately, because the objects in them change later.
        """
        if self._log is None:
            return
        for name, document in events:
            shown = render(document, self._include) if document["object"] == "thread.run.step" else public(document)
            self._log.add(ServerEvent(name, pack(shown)))

    def finish(self) -> None:
        """Adds the event `done` to the log. Every stream ends with this event."""
        if self._log is not None:
            self._log.add(ServerEvent("done", "[DONE]"))


async def _carry_out(record: RunRecord, publisher: Publisher) -> None:
    """Runs the model for a run until the run ends, or until it needs results of functions. `publisher` gets the
    events.
    """
    try:
        async for events in _answer(record):
            publisher.add(events)
    except asyncio.CancelledError:
        publisher.add(record.end("cancelled"))
        raise
    except Exception:
        sys.stderr.write(log(traceback.format_exc()))
        error = {"code": "server_error", "message": "The emulator itself failed; its output has the reason."}
        publisher.add(record.end("failed", last_error=error))
    finally:
        publisher.finish()


async def _answer(record: RunRecord) -> AsyncIterator[list[Event]]:
    """Yields lists of new events of the run while the model makes its outputs."""
    # Other requests come first, so that a request that created the run is answered before the run begins.
    await asyncio.sleep(0)
    yield record.start()
    turn = _truncate(make_turn(record.call, record.run), record.run["max_prompt_tokens"])
    outputs = OutputRecord(record, turn)
    if outputs.has_too_long_prompt():
        yield outputs.end_incomplete("max_prompt_tokens")
        return
    tooling = tooling_of(record.call, ThreadFiles(record.call, record.run))
    async for output in record.call.answering.answer(turn, tooling):
        for events in outputs.add(output):
            yield events
        if outputs.has_ended:
            return
        await asyncio.sleep(0)
    for events in outputs.finish():
        yield events


def _truncate(turn: Turn, most: int | None) -> Turn:
    """Returns the turn without its oldest items, so that the prompt contains at most `most` tokens. The last item is
    never removed, even if it is too long. No item is removed if the prompt is already short enough, or if `most` is
    None.
    """
    while most is not None and len(turn.items) > 1 and count_usage(turn, ()).input > most:
        turn = replace(turn, items=turn.items[1:])
    return turn
