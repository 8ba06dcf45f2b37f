"""Defines the endpoints for responses: create, stream, retrieve, delete, cancel, list the input, count tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from provisioner.emulator.answering.running import EventLog
from provisioner.emulator.answering.usage import count_usage
from provisioner.emulator.checks.limits import read_integer
from provisioner.emulator.endpoints.responses.generation import Generation
from provisioner.emulator.endpoints.responses.history import INPUTS, OUTPUTS, RESPONSES, find_response
from provisioner.emulator.endpoints.responses.items import shown
from provisioner.emulator.endpoints.responses.request import plan_response
from provisioner.emulator.messages.event_stream import EventStream, ServerEvent
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest, Reply

ENDED = ("completed", "failed", "cancelled", "incomplete")


async def create(call: ApiRequest) -> Reply:
    """Handles `POST /responses`: creates a response, and returns it or the stream of its events. In background mode,
    the returned response is queued.
    """
    plan = plan_response(call)
    generation = Generation(call, plan)
    if not plan.response["background"]:
        return EventStream(generation.stream()) if plan.stream else await generation.run()
    queued = generation.queue()
    log: EventLog[ServerEvent] = EventLog()
    call.running.start(queued["id"], log, generation.follow(log))
    return EventStream(log.follow()) if plan.stream else queued


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /responses/{response_id}`: returns the response. If the response was created with `background`, the
    client can request its events instead, as long as the emulator has them in memory.
    """
    response = find_response(call, call.ids["response_id"])
    if call.query.get("stream") == "true":
        return EventStream(_follow(call, response))
    return _shown(call, response)


def _shown(call: ApiRequest, response: dict[str, Any]) -> dict[str, Any]:
    include = {*call.query.getlist("include[]"), *call.query.getlist("include")}
    return {**response, "output": [shown(item, include) for item in response["output"]]}


def _follow(call: ApiRequest, response: dict[str, Any]) -> AsyncIterator[ServerEvent]:
    log = call.running.log(response["id"])
    if log is None:
        message = "This response cannot be streamed because it was not created with background=true."
        raise Refusal(400, message, code="invalid_value", param="stream")
    after = call.query.get("starting_after")
    return log.follow(0 if after is None else read_integer("starting_after", after) + 1)


async def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /responses/{response_id}`: deletes the response. A response in progress is stopped first."""
    identifier = find_response(call, call.ids["response_id"])["id"]
    await call.running.cancel(identifier)
    with call.database.writing():
        INPUTS.remove(call, identifier)
        OUTPUTS.remove(call, identifier)
    return {**RESPONSES.remove(call, identifier), "object": "response"}


async def cancel(call: ApiRequest) -> Reply:
    """Handles `POST /responses/{response_id}/cancel`: stops a response in background mode and returns it."""
    response = find_response(call, call.ids["response_id"])
    if not response["background"]:
        raise Refusal(400, "Cannot cancel a synchronous response.", code="invalid_value", param="response_id")
    if response["status"] not in ENDED and await call.running.cancel(response["id"]):
        response = find_response(call, response["id"])
        if response["status"] not in ENDED:
            response = RESPONSES.keep(call, {**response, "status": "cancelled"})
    return _shown(call, response)


def list_input(call: ApiRequest) -> Reply:
    """Handles `GET /responses/{response_id}/input_items`: returns a page of the response's input items."""
    return INPUTS.list(call, find_response(call, call.ids["response_id"])["id"])


def count_input(call: ApiRequest) -> Reply:
    """Handles `POST /responses/input_tokens`: returns the number of input tokens that the request would use."""
    usage = count_usage(plan_response(call).turn, ())
    return {"object": "response.input_tokens", "input_tokens": usage.input}


def end_interrupted(call: ApiRequest) -> None:
    """Gives the status `failed` to responses that were queued or in progress when an earlier emulator process ended."""
    rows = call.database.rows(
        "SELECT id FROM documents WHERE kind = 'response' AND json_extract(body, '$.status') IN "
        "('queued', 'in_progress')"
    )
    for row in rows:
        error = {"code": "server_error", "message": "The emulator was stopped."}
        RESPONSES.keep(call, {**RESPONSES.find(call, row["id"]), "status": "failed", "error": error})
