"""Defines the endpoints for the past of a session: its turns and items. The lists of its subagents and traces are
empty, because the emulator's agents have no subagents and record no traces.
"""

from __future__ import annotations

from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.sessions.recording import show_item
from provisioner.emulator.endpoints.sessions.tables import ITEMS, SESSIONS, TURNS
from provisioner.emulator.messages.request import ApiRequest, Reply


def list_items(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/items`: returns a page of the session's items."""
    session = SESSIONS.find(call, call.ids["session_id"])
    return ITEMS.under(session["id"]).list(call, show_item)


def list_turns(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/turns`: returns a page of the session's turns."""
    session = SESSIONS.find(call, call.ids["session_id"])
    return TURNS.under(session["id"]).list(call)


def retrieve_turn(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/turns/{turn_id}`: returns the turn."""
    session = SESSIONS.find(call, call.ids["session_id"])
    return public(TURNS.under(session["id"]).find(call, call.ids["turn_id"]))


def list_turn_items(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/turns/{turn_id}/items`: returns a page of the turn's items."""
    session = SESSIONS.find(call, call.ids["session_id"])
    turn = TURNS.under(session["id"]).find(call, call.ids["turn_id"])
    return ITEMS.under(session["id"]).list(call, show_item, {"turn_id": turn["id"]})


def list_nothing(call: ApiRequest) -> Reply:
    """Handles a request for the subagents or traces of a session: returns an empty page."""
    SESSIONS.find(call, call.ids["session_id"])
    return {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
