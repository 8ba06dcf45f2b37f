"""Manages the states of runs and their steps: finds a run with its present status, and ends runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.endpoints.threads.tables import MESSAGES, RUNS, STEPS, THREADS
from provisioner.emulator.messages.request import ApiRequest

#: The states of a run that has not ended. A thread can have one such run.
ACTIVE = ("queued", "in_progress", "requires_action", "cancelling")
#: The states of a run that is being carried out, or soon will be.
UNFINISHED = ("queued", "in_progress", "cancelling")
#: The seconds after its creation until a run expires that has not ended (OpenAI's guide on runs: ten minutes).
LIFETIME = 600
#: For each state in which a run can end: the state of its unfinished steps, and the reason in its unfinished message.
ENDS = {
    "completed": ("completed", None),
    "incomplete": ("completed", "max_tokens"),
    "cancelled": ("cancelled", "run_cancelled"),
    "expired": ("expired", "run_expired"),
    "failed": ("failed", "run_failed"),
}
#: The field of a run or a step that contains the time of its end, for each state that has one.
TIMES = {
    "completed": "completed_at",
    "incomplete": "completed_at",
    "cancelled": "cancelled_at",
    "failed": "failed_at",
}

Document = dict[str, Any]
#: An event of a stream: its name, and the object that it contains.
Event = tuple[str, Document]


def find_run(call: ApiRequest) -> Document:
    """Returns the run whose id is in the path of the request, with its present status. Raises Refusal with status 404
    if the thread or the run does not exist.
    """
    thread = THREADS.find(call, call.ids["thread_id"])
    return refresh(call, RUNS.under(thread["id"]).find(call, call.ids["run_id"]))


def find_active_run(call: ApiRequest, thread_id: str) -> Document | None:
    """Returns the run of the thread that has not ended. Returns None if all runs have ended. Only the newest run of a
    thread can be active.
    """
    row = RUNS.under(thread_id).newest(call)
    run = refresh(call, row) if row else None
    return run if run and run["status"] in ACTIVE else None


def end_interrupted_runs(call: ApiRequest) -> None:
    """Gives the status `failed` to runs that were queued or in progress when an earlier emulator process ended."""
    for thread_id in RUNS.parents(call, *UNFINISHED):
        run = RUNS.under(thread_id).newest(call)
        if run and run["status"] in UNFINISHED:
            end_run(call, run, "failed", last_error={"code": "server_error", "message": "The emulator was stopped."})


def refresh(call: ApiRequest, run: Document) -> Document:
    """Returns a stored run with its present status. If the run has the status `cancelling`, its status becomes
    `cancelled`. If the run has not ended in time, its status becomes `expired`.
    """
    if run["status"] == "cancelling":
        end_run(call, run, "cancelled")
    elif run["status"] in ACTIVE and call.second >= run["expires_at"]:
        end_run(call, run, "expired")
    return run


def end_run(call: ApiRequest, run: Document, status: str, **fields: Any) -> list[Event]:
    """Ends a run together with its open message and step, and stores all of them. Returns the new events of the run.
    `status` is the final status of the run, and `fields` are additional fields of the run, such as `last_error`.
    """
    step_status, reason = ENDS[status]
    events = [*_end_message(call, run, reason), *_end_step(call, run, step_status, fields.get("last_error"))]
    at = {TIMES[status]: call.second} if status in TIMES else {}
    run.update({"status": status, "required_action": None, "expires_at": None, **at, **fields})
    keep_run(call, run)
    return [*events, (f"thread.run.{status}", run)]


def keep_run(call: ApiRequest, run: Document) -> None:
    """Stores a run, except its metadata. The stored metadata is kept, because a request may have changed it during the
    run.
    """
    table = RUNS.under(run["thread_id"])
    run["metadata"] = table.find(call, run["id"])["metadata"]
    table.keep(call, run)


def _end_message(call: ApiRequest, run: Mapping[str, Any], reason: str | None) -> list[Event]:
    table = MESSAGES.under(run["thread_id"])
    message = table.newest(call)
    if not message or message["run_id"] != run["id"] or message["status"] != "in_progress":
        return []
    message.update(
        {
            "status": "incomplete",
            "incomplete_at": call.second,
            "incomplete_details": message["incomplete_details"] or {"reason": reason},
        }
    )
    return [("thread.message.incomplete", table.keep(call, message))]


def _end_step(call: ApiRequest, run: Mapping[str, Any], status: str, error: Any) -> list[Event]:
    table = STEPS.under(run["id"])
    step = table.newest(call)
    if not step or step["status"] != "in_progress":
        return []
    at = "expired_at" if status == "expired" else TIMES[status]
    known = error if error and error["code"] != "invalid_prompt" else None
    step.update({"status": status, at: call.second, "expires_at": None, "last_error": known})
    return [(f"thread.run.step.{status}", table.keep(call, step))]
