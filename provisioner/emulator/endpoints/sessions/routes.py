"""Defines the paths of the endpoints for sessions of agents."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.emulator.endpoints.sessions import artifacts, events, history, sessions
from provisioner.emulator.messages.request import Endpoint

SESSION = "/agents/sessions/{session_id}"
TURN = SESSION + "/turns/{turn_id}"
ARTIFACT = SESSION + "/artifacts/{artifact_id}"

ROUTES: Sequence[tuple[str, str, Endpoint]] = (
    ("POST", "/agents/sessions", sessions.create),
    ("GET", "/agents/sessions", sessions.list_all),
    ("GET", SESSION, sessions.retrieve),
    ("POST", SESSION, sessions.update),
    ("DELETE", SESSION, sessions.delete),
    ("POST", SESSION + "/events", events.create),
    ("GET", SESSION + "/events", events.stream),
    ("GET", SESSION + "/items", history.list_items),
    ("GET", SESSION + "/turns", history.list_turns),
    ("GET", TURN, history.retrieve_turn),
    ("GET", TURN + "/items", history.list_turn_items),
    ("GET", SESSION + "/subagents", history.list_nothing),
    ("GET", SESSION + "/traces", history.list_nothing),
    ("GET", SESSION + "/artifacts", artifacts.list_all),
    ("GET", ARTIFACT, artifacts.retrieve),
    ("GET", ARTIFACT + "/content", artifacts.download),
    ("DELETE", ARTIFACT, artifacts.delete),
)
