"""Defines the endpoints for threads: create, retrieve, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_metadata
from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.threads.messages import add_message, check_messages
from provisioner.emulator.endpoints.threads.tables import MESSAGES, RUNS, STEPS, THREADS
from provisioner.emulator.endpoints.tool_resources import resolve_resources
from provisioner.emulator.messages.request import ApiRequest, Reply

#: The days without use after which a vector store expires that was created together with a thread or a message
#: (OpenAI's guide on file search in the Assistants API).
STORE_DAYS = 7


def create(call: ApiRequest) -> Reply:
    """Handles `POST /threads`: creates a thread with its first messages, and returns the thread."""
    return add_thread(call, check_body(call.body, "beta.ThreadCreateParams"))


def add_thread(call: ApiRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """Creates the thread that `body` describes, with its messages, and returns the thread. Raises Refusal if `body` is
    not valid. In this case, nothing is stored, except if the messages attach too many files for the code interpreter:
    the thread is then stored without the rest of its messages.
    """
    metadata = check_metadata(body.get("metadata"))
    check_messages(call, body.get("messages"), "messages")
    resources = resolve_resources(call, {}, body, set(), STORE_DAYS)
    thread = THREADS.add(call, {"metadata": metadata, "tool_resources": resources})
    for message in body.get("messages") or []:
        add_message(call, thread["id"], message)
    return public(THREADS.find(call, thread["id"]))


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}`: returns the thread."""
    return public(THREADS.find(call, call.ids["thread_id"]))


def update(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}`: changes the metadata and the tool resources, and returns the thread. An
    omitted field keeps its value, and null makes a field empty.
    """
    old = THREADS.find(call, call.ids["thread_id"])
    body = check_body(call.body, "beta.ThreadUpdateParams")
    fields: dict[str, Any] = {}
    if "metadata" in body:
        fields["metadata"] = check_metadata(body["metadata"])
    if "tool_resources" in body:
        kept = {} if body["tool_resources"] is None else old["tool_resources"]
        fields["tool_resources"] = {**kept, **resolve_resources(call, kept, body, set(), STORE_DAYS)}
    return public(THREADS.keep(call, {**old, **fields}))


async def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /threads/{thread_id}`: deletes the thread with its messages, runs and steps."""
    identifier = THREADS.find(call, call.ids["thread_id"])["id"]
    runs = RUNS.under(identifier)
    steps = []
    for run in runs.all(call):
        await call.running.cancel(run["id"])
        steps.append(STEPS.under(run["id"]))
    with call.database.writing():
        for table in (*steps, runs, MESSAGES.under(identifier)):
            table.remove_all(call)
    return THREADS.remove(call, identifier)
