"""Runs the turns of sessions: asks the model, and records the outputs of the model as items."""

from __future__ import annotations

import asyncio
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.text.safetext import log
from provisioner.emulator.answering.outputs import Expired, Failure, FunctionCall, Incomplete, Output, TextPiece
from provisioner.emulator.answering.running import EventLog
from provisioner.emulator.answering.usage import Usage, count_usage
from provisioner.emulator.endpoints.sessions.artifacts import EnvironmentFiles
from provisioner.emulator.endpoints.sessions.item_recording import OutputRecord
from provisioner.emulator.endpoints.sessions.recording import SessionRecord, read_arguments
from provisioner.emulator.endpoints.sessions.session_turn import count_messages, make_turn
from provisioner.emulator.endpoints.sessions.tables import ITEMS, SESSIONS, TURNS
from provisioner.emulator.endpoints.turn_tooling import tooling_of
from provisioner.emulator.messages.event_stream import ServerEvent
from provisioner.emulator.messages.refusal import invalid
from provisioner.emulator.messages.request import ApiRequest

Document = dict[str, Any]
#: The codes of the error of a failed turn, for those outputs of a model that have another code.
CODES: Mapping[str, str] = {"invalid_prompt": "invalid_request", "vector_store_timeout": "server_error"}
#: The outputs after which the model does not go on with messages that came meanwhile.
ENDS = (FunctionCall, Failure, Incomplete, Expired)
URL = re.compile(r"https?://|data:image/")


def check_input(messages: Sequence[Mapping[str, Any]], param: str) -> None:
    """Raises Refusal if one of the messages is empty, or if an image in a message has no http(s) or data URL. `param`
    is the name of the field in error messages.
    """
    for index, message in enumerate(messages):
        if not message["content"]:
            raise invalid(f"{param}[{index}].content", "must not be empty.")
        for part in message["content"]:
            if part["type"] == "input_image" and not URL.match(part["image_url"]):
                raise invalid(f"{param}[{index}].content", "an image needs an http(s) or data URL.")


def publish(call: ApiRequest, session_id: str, *events: Mapping[str, Any]) -> None:
    """Sends events to all open connections that read the events of the session."""
    for event in events:
        call.running.feeds.publish(session_id, ServerEvent(event["type"], event))


def begin_turn(call: ApiRequest, session: Document, messages: Sequence[Mapping[str, Any]]) -> None:
    """Begins a turn of an idle session with the messages of the user. The model is asked later, in a task of its own,
    so that the request `call` is answered first.
    """
    turn = TURNS.under(session["id"]).add(
        call,
        {
            "agent_id": session["agent"]["id"],
            "completed_at": None,
            "error": None,
            "session_id": session["id"],
            "started_at": None,
            "status": "queued",
            "subagent_id": None,
            "usage": None,
            "prompt_cache_options": session["prompt_cache_options"],
        },
    )
    record = SessionRecord(call, session, turn)
    publish(call, session["id"], *record.begin(messages))
    _start(call, record)


def add_to_turn(call: ApiRequest, session: Document, messages: Sequence[Mapping[str, Any]]) -> None:
    """Adds messages of the user to the running turn of a session. The model reads these messages after it has made its
    present outputs.
    """
    record = _record(call, session)
    for message in messages:
        publish(call, session["id"], *record.add_input(message))


def answer_function(call: ApiRequest, session: Document, result: Mapping[str, Any]) -> None:
    """Records the result of a function call. The turn continues if the session waits for no other result."""
    record = _record(call, session)
    items = ITEMS.under(session["id"]).all(call, call_id=result["call_id"], type="function_call")
    publish(call, session["id"], *record.answer_function(items[0], result))
    left = [each for each in session["required_actions"] if each["call_id"] != result["call_id"]]
    if left:
        session["required_actions"] = left
        SESSIONS.keep(call, session)
        return
    record.wait(waiting=False)
    publish(call, session["id"], *record.set_status("in_progress"))
    _start(call, record)


async def cancel_turn(call: ApiRequest, session: Document) -> None:
    """Cancels the running turn of a session. A turn that waits for results of functions is cancelled too. Does nothing
    if there is no such turn.
    """
    if await call.running.cancel(session["id"]):
        session = SESSIONS.find(call, session["id"])
    if session["status"] in ("in_progress", "requires_action"):
        record = _record(call, session)
        publish(call, session["id"], *record.end("cancelled", record.turn.get("_usage")))


def end_interrupted_turns(call: ApiRequest) -> None:
    """Gives the status `failed` to turns that were queued or running when an earlier emulator process ended."""
    for session_id in TURNS.parents(call, "queued", "in_progress"):
        record = _record(call, SESSIONS.find(call, session_id))
        if record.turn["status"] in ("queued", "in_progress"):
            error = {"code": "server_error", "message": "The emulator was stopped."}
            record.end("failed", record.turn.get("_usage"), error)


def _record(call: ApiRequest, session: Document) -> SessionRecord:
    turn = TURNS.under(session["id"]).newest(call)
    if turn is None:
        raise RuntimeError("the session has no turn")
    return SessionRecord(call, session, turn)


def _start(call: ApiRequest, record: SessionRecord) -> None:
    call.running.start(record.session["id"], EventLog(), _carry_out(call, record))


async def _carry_out(call: ApiRequest, record: SessionRecord) -> None:
    """Runs the turn of `record` until the turn ends, or until it needs results of functions."""
    session_id = record.session["id"]
    try:
        # Other requests come first, so that the request that began the turn is answered before.
        await asyncio.sleep(0)
        made: list[Output] = []
        while True:
            turn = make_turn(record.call, record.session)
            made = []
            tooling = tooling_of(record.call, EnvironmentFiles(record.call, record.session, record.turn))
            outputs = OutputRecord(record)
            async for output in call.answering.answer(turn, tooling):
                made += [] if isinstance(output, TextPiece) else [output]
                for events in outputs.add(output):
                    publish(call, session_id, *events)
                await asyncio.sleep(0)
            _add_usage(record, count_usage(turn, made))
            now = make_turn(record.call, record.session)
            if any(isinstance(each, ENDS) for each in made) or count_messages(now) == count_messages(turn):
                break
        publish(call, session_id, *_finish(record, made))
    except asyncio.CancelledError:
        publish(call, session_id, *record.end("cancelled", record.turn.get("_usage")))
        raise
    except Exception:
        sys.stderr.write(log(traceback.format_exc()))
        error = {"code": "internal_error", "message": "The emulator itself failed; its output has the reason."}
        publish(call, session_id, *record.end("failed", record.turn.get("_usage"), error))


def _finish(record: SessionRecord, made: Sequence[Output]) -> list[Document]:
    usage = record.turn.get("_usage")
    last = made[-1] if made else None
    if isinstance(last, Failure):
        error = {"code": CODES.get(last.code, last.code), "message": last.message}
        return record.end("failed", usage, error)
    if isinstance(last, Expired):
        return record.end("failed", usage, {"code": "request_timeout", "message": "The turn was not finished in time."})
    if isinstance(last, Incomplete):
        code = "max_output_tokens" if last.reason == "max_output_tokens" else "cyber_policy"
        return record.end("failed", usage, {"code": code, "message": f"The turn ended early: {last.reason}."})
    calls = [each for each in made if isinstance(each, FunctionCall)]
    if not calls:
        return record.end("completed", usage)
    actions = [
        {
            "type": "function_call",
            "call_id": each.call_id,
            "name": each.name,
            "arguments": read_arguments(each.arguments),
            "turn_id": record.turn["id"],
        }
        for each in calls
    ]
    record.wait(waiting=True)
    # The calls are reported only after the session waits for them: an application answers at once.
    waiting = record.set_status("requires_action", actions)
    return [*(event for each in calls for event in record.add_call(each)), *waiting]


def _add_usage(record: SessionRecord, usage: Usage) -> None:
    former = record.turn.get("_usage")
    total = (
        usage
        if former is None
        else Usage(
            former["input_tokens"] + usage.input,
            former["output_tokens"] + usage.output,
            former["input_tokens_details"]["cached_tokens"] + usage.cached,
            former["output_tokens_details"]["reasoning_tokens"] + usage.reasoning,
        )
    )
    record.turn["_usage"] = {
        "input_tokens": total.input,
        "input_tokens_details": {"cached_tokens": total.cached},
        "output_tokens": total.output,
        "output_tokens_details": {"reasoning_tokens": total.reasoning},
        "total_tokens": total.total,
    }
