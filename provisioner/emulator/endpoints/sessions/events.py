"""Defines the endpoints for the events of a session. An application can send input events, and can read the stream of
the session's events.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.endpoints.sessions.recording import session_event
from provisioner.emulator.endpoints.sessions.tables import SESSIONS
from provisioner.emulator.endpoints.sessions.turn_execution import (
    add_to_turn,
    answer_function,
    begin_turn,
    cancel_turn,
    check_input,
)
from provisioner.emulator.messages.event_stream import EventStream, ServerEvent
from provisioner.emulator.messages.refusal import Refusal, invalid
from provisioner.emulator.messages.request import ApiRequest, Content, Reply

PREFIX = "agent.session.input."
Fields = dict[str, Any]


async def create(call: ApiRequest) -> Reply:
    """Handles `POST /agents/sessions/{session_id}/events`: accepts input events for the session. A message begins a
    turn. But if a turn is running, the message is added to this turn.
    """
    session = SESSIONS.find(call, call.ids["session_id"])
    body = check_body(call.body, "beta.agents.sessions.EventCreateParams")
    if not body["events"]:
        raise invalid("events", "must not be empty.")
    _check_events(session, body["events"])
    for event in body["events"]:
        await _take(call, SESSIONS.find(call, session["id"]), event)
    return Content(b"", status=204)


def stream(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/events`: returns a stream of the session's events. The first event
    reports the present status of the session. The stream stays open until the client closes it, the session is deleted,
    or too many events wait for the client.
    """
    session = SESSIONS.find(call, call.ids["session_id"])
    reader = call.running.feeds.subscribe(session["id"])
    return EventStream(_with_status(session, reader.events()), endless=True)


def _check_events(session: Mapping[str, Any], events: list[Fields]) -> None:
    """Raises Refusal if one of the input events is not valid. Must be called before any of the events is processed."""
    pending = {each["call_id"]: each["turn_id"] for each in session["required_actions"] if "call_id" in each}
    for index, event in enumerate(events):
        kind = event["type"].removeprefix(PREFIX)
        if kind == "message":
            check_input(event["input"], f"events[{index}].input")
        elif kind == "tool_result":
            if pending.pop(event["call_id"], None) != event["turn_id"]:
                message = f"Unknown pending tool call: {event['call_id']}"
                raise Refusal(400, message, code="invalid_request_error")
        elif kind != "cancel":
            message = f"Unknown pending approval request: {event['request_id']}"
            raise Refusal(400, message, code="invalid_request_error")


async def _take(call: ApiRequest, session: Fields, event: Mapping[str, Any]) -> None:
    kind = event["type"].removeprefix(PREFIX)
    if kind == "cancel":
        await cancel_turn(call, session)
    elif kind == "tool_result":
        answer_function(call, session, event)
    elif session["status"] == "idle":
        begin_turn(call, session, event["input"])
    else:
        add_to_turn(call, session, event["input"])


async def _with_status(session: Mapping[str, Any], events: AsyncIterator[ServerEvent]) -> AsyncIterator[ServerEvent]:
    status = session_event(session, session["status"])
    yield ServerEvent(status["type"], status)
    async for event in events:
        yield event
