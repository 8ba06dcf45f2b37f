"""Converts the steps and messages of a run of the Assistants API (the target `assistants`) to events.

Source: `types/beta/threads/runs/run_step.py` and the types of its tool calls in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.openai_api.http.answers import read_page
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.turns.events import Code, CodeOutput, Status, TextDelta, TurnEvent
from provisioner.openai_api.turns.response_items import ItemEvents
from provisioner.openai_api.turns.rounds import TurnFailed, mappings, text

#: The passages of a search are returned only on request.
INCLUDE: list[Any] = ["step_details.tool_calls[*].file_search.results[*].content"]
STATUSES: Mapping[str, Status] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}
EXPIRED_HINT = "a run ends about ten minutes after it began: send the message again, and answer functions sooner"


def list_steps(session: Session, thread: str, run: str) -> list[dict[str, Any]]:
    """Returns the first 100 steps of a run, from the oldest to the newest. `thread` and `run` are ids. The steps of a
    search contain the passages that were found. Raises ApiError if the request fails.
    """
    page = session.read(
        lambda client: read_page(
            client.sdk.beta.threads.runs.steps.with_raw_response.list(
                run, thread_id=thread, order="asc", limit=100, include=INCLUDE
            ),
            (),
            100,
        )
    )
    return page.items


def deltas_of(data: Mapping[str, Any]) -> Iterator[TurnEvent]:
    """Yields the pieces of text in an API event `thread.message.delta`. `data` is the JSON object of the event."""
    delta = data.get("delta")
    for part in mappings(delta.get("content")) if isinstance(delta, Mapping) else ():
        inner = part.get("text")
        if part.get("type") == "text" and isinstance(inner, Mapping) and inner.get("value"):
            yield TextDelta(text(inner.get("value")), text(data.get("id")))


def message_item(message: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a message of a thread of the Assistants API in the format of an item of the Responses API."""
    content = []
    for part in mappings(message.get("content")):
        inner = part.get("text")
        if isinstance(inner, Mapping):
            notes = inner.get("annotations")
            content.append({"type": "output_text", "text": text(inner.get("value")), "annotations": notes})
        elif part.get("type") == "refusal":
            content.append({"type": "refusal", "refusal": text(part.get("refusal"))})
    return {"type": "message", "id": text(message.get("id")), "content": content}


def step_events(name: str, step: Mapping[str, Any], found: ItemEvents) -> Iterator[TurnEvent]:
    """Yields the events for the tool calls of a step of a run, except function calls. `name` is the name of the API
    event about the step, and `found` makes the events. Yields nothing if the step has not ended. Also records the files
    that code wrote in `found`.
    """
    if not name.endswith((".completed", ".failed", ".cancelled", ".expired")):
        return
    details = step.get("step_details")
    for call in mappings(details.get("tool_calls")) if isinstance(details, Mapping) else ():
        kind, id = text(call.get("type")), text(call.get("id"))
        inner = call.get(kind)
        body = inner if isinstance(inner, Mapping) else {}
        if not found.is_new(id):
            continue
        if kind == "code_interpreter":
            for event in code_events(body, id):
                if isinstance(event, CodeOutput):
                    for file in event.files:
                        found.note_made(file)
                yield event
        elif kind == "file_search":
            yield found.searched((), body.get("results"), id)


def code_events(body: Mapping[str, Any], id: str) -> Iterator[TurnEvent]:
    """Yields the code in `body`, a call of the code interpreter, and the output of the code if there is one. `id` is
    the id of the call.
    """
    yield Code(text(body.get("input")), id)
    outputs = mappings(body.get("outputs"))
    images = [each.get("image") for each in outputs if each.get("type") == "image"]
    files = tuple(text(image.get("file_id")) for image in images if isinstance(image, Mapping))
    logs = "".join(text(each.get("logs")) for each in outputs if each.get("type") == "logs")
    if logs or files:
        yield CodeOutput(logs, id, files)


def status_of(run: Mapping[str, Any]) -> Status:
    """Returns the status of a run that has ended. Raises TurnFailed if the run failed, expired or is incomplete, or if
    its status is not known.
    """
    status = STATUSES.get(text(run.get("status")), "failed")
    inner, details = run.get("last_error"), run.get("incomplete_details")
    error = inner if isinstance(inner, Mapping) else {}
    if status == "failed":
        raise TurnFailed(text(error.get("message")) or "the run failed", text(error.get("code")))
    if status == "expired":
        raise TurnFailed("the run expired before it was complete", "expired", EXPIRED_HINT, status="expired")
    if status == "incomplete":
        reason = text(details.get("reason")) if isinstance(details, Mapping) else ""
        message = f"the answer is incomplete: {reason or 'no reason given'}"
        raise TurnFailed(message, reason or "incomplete", status="incomplete")
    return status
