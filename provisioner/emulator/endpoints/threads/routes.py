"""Defines the paths of the endpoints for threads."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.emulator.endpoints.threads import messages, runs, steps, threads
from provisioner.emulator.messages.request import Endpoint

THREAD = "/threads/{thread_id}"
MESSAGE = THREAD + "/messages/{message_id}"
RUN = THREAD + "/runs/{run_id}"

ROUTES: Sequence[tuple[str, str, Endpoint]] = (
    ("POST", "/threads", threads.create),
    ("POST", "/threads/runs", runs.create_with_thread),
    ("GET", THREAD, threads.retrieve),
    ("POST", THREAD, threads.update),
    ("DELETE", THREAD, threads.delete),
    ("POST", THREAD + "/messages", messages.create),
    ("GET", THREAD + "/messages", messages.list_all),
    ("GET", MESSAGE, messages.retrieve),
    ("POST", MESSAGE, messages.update),
    ("DELETE", MESSAGE, messages.delete),
    ("POST", THREAD + "/runs", runs.create),
    ("GET", THREAD + "/runs", runs.list_all),
    ("GET", RUN, runs.retrieve),
    ("POST", RUN, runs.update),
    ("POST", RUN + "/cancel", runs.cancel),
    ("POST", RUN + "/submit_tool_outputs", runs.submit_tool_outputs),
    ("GET", RUN + "/steps", steps.list_all),
    ("GET", RUN + "/steps/{step_id}", steps.retrieve),
)
