"""Defines the tables for the stored objects of sessions: sessions, turns and items."""

from __future__ import annotations

from provisioner.emulator.endpoints.documents import DocumentTable

SESSIONS = DocumentTable("agent.session", "sess_", "session")
#: The turns of one session, if `under` names it.
TURNS = DocumentTable("agent.session.turn", "turn_", "turn")
#: The items of one session, if `under` names it. An item has no field `object`.
ITEMS = DocumentTable("agent.session.item", "item_", "item")
#: The artifacts of one session, if `under` names it.
ARTIFACTS = DocumentTable("agent.session.artifact", "artifact_", "artifact")
