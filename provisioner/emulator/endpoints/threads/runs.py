"""Defines the endpoints for the runs of a thread: create, list, retrieve, update, cancel, and submit the results of
functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_metadata
from provisioner.emulator.endpoints.assistants import ASSISTANTS
from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.threads.messages import add_message, check_messages
from provisioner.emulator.endpoints.threads.run_execution import resume, start
from provisioner.emulator.endpoints.threads.run_settings import resolve_run
from provisioner.emulator.endpoints.threads.run_states import (
    ACTIVE,
    UNFINISHED,
    Document,
    find_active_run,
    find_run,
    refresh,
)
from provisioner.emulator.endpoints.threads.steps import read_include
from provisioner.emulator.endpoints.threads.tables import RUNS, THREADS
from provisioner.emulator.endpoints.threads.threads import add_thread
from provisioner.emulator.messages.refusal import Refusal, invalid_type
from provisioner.emulator.messages.request import ApiRequest, Reply

CREATE = "beta.threads.run_create_params.RunCreateParamsBase"
CREATE_WITH_THREAD = "beta.thread_create_and_run_params.ThreadCreateAndRunParamsBase"
SUBMIT = "beta.threads.run_submit_tool_outputs_params.RunSubmitToolOutputsParamsBase"


def create(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}/runs`: creates a run, and returns it or the stream of its events. The run
    begins immediately.
    """
    thread = THREADS.find(call, call.ids["thread_id"])
    body, stream = _read_body(call, CREATE)
    include = read_include(call)
    assistant = ASSISTANTS.find(call, body["assistant_id"])
    settings = resolve_run(call, assistant, body)
    check_messages(call, body.get("additional_messages"), "additional_messages")
    if active := find_active_run(call, thread["id"]):
        raise Refusal(400, f"Thread {thread['id']} already has an active run {active['id']}.")
    for message in body.get("additional_messages") or []:
        add_message(call, thread["id"], message)
    run = RUNS.under(thread["id"]).add(call, {**settings, "thread_id": thread["id"]})
    return start(call, run, stream=stream, include=include)


def create_with_thread(call: ApiRequest) -> Reply:
    """Handles `POST /threads/runs`: creates a thread and a run in it. Returns the run or the stream of its events."""
    body, stream = _read_body(call, CREATE_WITH_THREAD)
    assistant = dict(ASSISTANTS.find(call, body["assistant_id"]))
    resources = body.get("tool_resources")
    if resources is not None:
        assistant["tool_resources"] = {**assistant["tool_resources"], **resources}
    settings = resolve_run(call, assistant, body)
    thread = add_thread(call, body.get("thread") or {})
    fields = {**settings, "thread_id": thread["id"], "tool_resources": resources or {}}
    run = RUNS.under(thread["id"]).add(call, fields)
    return start(call, run, stream=stream, include=read_include(call), thread=thread)


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}/runs`: returns a page of the thread's runs."""
    thread = THREADS.find(call, call.ids["thread_id"])
    return RUNS.under(thread["id"]).list(call, lambda run: public(refresh(call, dict(run))))


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}/runs/{run_id}`: returns the run.

    The first response about a run says that the run is in progress, even if it has already ended or waits for
    functions. This does not apply to runs that were cancelled or streamed. In the real API, no run ends so soon.
    Therefore a program that does not wait for the end of its run fails with the emulator as it fails with the real API.
    """
    run = find_run(call)
    if run["_retrieved"] or run["status"] in (*UNFINISHED, "cancelled"):
        return public(run)
    RUNS.under(run["thread_id"]).keep(call, {**run, "_retrieved": True})
    return _in_progress(call, run)


def update(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}/runs/{run_id}`: changes the metadata and returns the run."""
    run = find_run(call)
    body = check_body(call.body, "beta.threads.RunUpdateParams", in_path=("thread_id",))
    if "metadata" in body:
        run["metadata"] = check_metadata(body["metadata"])
        RUNS.under(run["thread_id"]).keep(call, run)
    return public(run)


async def cancel(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}/runs/{run_id}/cancel`: ends the run. The returned run has the status
    `cancelling`.
    """
    run = find_run(call)
    if run["status"] not in ACTIVE:
        raise Refusal(400, f"Cannot cancel run with status '{run['status']}'.")
    # The task records the end itself, except if it has not begun yet, or if the run waits for functions.
    if await call.running.cancel(run["id"]):
        ended = RUNS.under(run["thread_id"]).find(call, run["id"])
        if ended["status"] not in ACTIVE:
            return public({**run, "status": "cancelling"})
    run["status"] = "cancelling"
    return public(RUNS.under(run["thread_id"]).keep(call, run))


def submit_tool_outputs(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`: continues a run with the results of its
    function calls. Returns the run or the stream of its events.
    """
    run = find_run(call)
    body, stream = _read_body(call, SUBMIT, in_path=("thread_id",))
    if run["status"] != "requires_action":
        raise Refusal(400, f'Runs in status "{run["status"]}" do not accept tool outputs.')
    outputs = {each.get("tool_call_id", ""): each.get("output", "") for each in body["tool_outputs"]}
    asked = [each["id"] for each in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    if sorted(outputs) != sorted(asked) or len(body["tool_outputs"]) != len(asked):
        raise Refusal(400, f"Expected tool outputs for call_ids {asked}, got {list(outputs)}")
    return resume(call, run, outputs, stream=stream)


def _read_body(call: ApiRequest, shape: str, in_path: Sequence[str] = ()) -> tuple[dict[str, Any], bool]:
    """Returns two values: the checked body of the request without its field `stream`, and the value of `stream`.
    `shape` is the name of the SDK's type for the body, and `in_path` are fields of this type that are in the URL's
    path.

    The field `stream` is checked separately, because the SDK defines one type of body for each value of `stream`.
    Raises Refusal if the body is not valid.
    """
    body = call.body
    stream = body.pop("stream", None) if isinstance(body, dict) else None
    if stream is not None and not isinstance(stream, bool):
        raise invalid_type("stream", "a boolean", stream)
    return check_body(body, shape, in_path), bool(stream)


def _in_progress(call: ApiRequest, run: Mapping[str, Any]) -> Document:
    """Returns a copy of a run, as it was before it ended: with the status `in_progress`, and without a result or an end
    time.
    """
    times = dict.fromkeys(("completed_at", "failed_at", "cancelled_at", "usage", "required_action", "last_error"))
    started = run["started_at"] or call.second
    expiry = run["expires_at"] or run["_expires_at"]
    unfinished = {**times, "incomplete_details": None, "status": "in_progress"}
    return public({**run, **unfinished, "started_at": started, "expires_at": expiry})
