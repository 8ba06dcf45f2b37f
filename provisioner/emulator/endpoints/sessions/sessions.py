"""Defines the endpoints for sessions of agents: create, list, retrieve, update, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_metadata
from provisioner.emulator.endpoints import agents
from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.sessions.recording import session_event
from provisioner.emulator.endpoints.sessions.settings import AGENT, resolve_agent, resolve_environment
from provisioner.emulator.endpoints.sessions.tables import ARTIFACTS, ITEMS, SESSIONS, TURNS
from provisioner.emulator.endpoints.sessions.turn_execution import begin_turn, check_input, publish
from provisioner.emulator.messages.event_stream import EventStream, ServerEvent
from provisioner.emulator.messages.refusal import Refusal, invalid, invalid_type, missing_parameter
from provisioner.emulator.messages.request import ApiRequest, Reply

CREATE = "beta.agents.session_create_params.SessionCreateParamsBase"
Fields = dict[str, Any]


def create(call: ApiRequest) -> Reply:
    """Handles `POST /agents/sessions`: creates a session, and returns it or the stream of its events. If the request
    contains input, the first turn begins.
    """
    body, stream = _read_body(call)
    messages = read_input(body.get("input"))
    kind = body["environment"]["type"]
    if not messages and (kind == "none" or (stream and kind != "self_hosted")):
        raise missing_parameter("input")
    check_input(messages, "input")
    agent = resolve_agent(call, body)
    environment = resolve_environment(call, body["environment"])
    session = SESSIONS.add(
        call,
        {
            "agent": agent,
            "environment": environment,
            "error": None,
            "last_active_at": call.second,
            "metadata": check_metadata(body.get("metadata")),
            "required_actions": [],
            "status": "idle",
            "usage": None,
            "vault_ids": body.get("vault_ids") or [],
            "prompt_cache_options": body.get("prompt_cache_options"),
            **({"review": "auto_review"} if body.get("review") == "auto_review" else {}),
        },
    )
    reader = call.running.feeds.subscribe(session["id"]) if stream else None
    publish(call, session["id"], session_event(session, "created"))
    _announce_environment(call, session)
    if messages:
        begin_turn(call, session, messages)
    if reader is None:
        return public(SESSIONS.find(call, session["id"]))
    return EventStream(_first_turn(reader.events()), endless=True)


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions`: returns a page of the sessions. The query can select the sessions of one agent,
    or those with certain metadata.
    """
    wanted = {_metadata_path(name): value for name, value in call.query.items() if name.startswith("metadata[")}
    if call.query.get("agent_id"):
        wanted["agent.id"] = call.query["agent_id"]
    return SESSIONS.list(call, where=wanted)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}`: returns the session."""
    return public(SESSIONS.find(call, call.ids["session_id"]))


def update(call: ApiRequest) -> Reply:
    """Handles `POST /agents/sessions/{session_id}`: changes the metadata of the session and the settings of its agent,
    and returns the session. The new settings apply when the next turn begins, or when a waiting turn continues with the
    results of its functions.
    """
    session = SESSIONS.find(call, call.ids["session_id"])
    body = check_body(call.body, "beta.agents.SessionUpdateParams")
    if "metadata" in body:
        session["metadata"] = check_metadata(body["metadata"])
    if "prompt_cache_options" in body:
        session["prompt_cache_options"] = body["prompt_cache_options"]
    if body.get("agent"):
        session["agent"] = _changed_agent(call, session["agent"], body["agent"])
    if body.get("review") == "auto_review":
        session["review"] = "auto_review"
    elif "review" in body:
        session.pop("review", None)
    return public(SESSIONS.keep(call, session))


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /agents/sessions/{session_id}`: deletes the session. The session must not have a running turn."""
    session = SESSIONS.find(call, call.ids["session_id"])
    if session["status"] not in ("idle", "failed"):
        message = f"Session '{session['id']}' has an active turn; cancel it before deleting the session."
        raise Refusal(409, message, code="conflict")
    with call.database.writing():
        TURNS.under(session["id"]).remove_all(call)
        ITEMS.under(session["id"]).remove_all(call)
        ARTIFACTS.under(session["id"]).remove_all(call)
    call.running.feeds.close(session["id"])
    return SESSIONS.remove(call, session["id"])


def read_input(given: str | list[Fields] | None) -> list[Fields]:
    """Returns the input of a request as a list of user messages. `given` is the input: a string, a list of messages, or
    None. For a string, the list contains one message with this text. For None, the list is empty.
    """
    if isinstance(given, str):
        return [{"role": "user", "content": [{"type": "input_text", "text": given}]}] if given else []
    return list(given or [])


def _metadata_path(name: str) -> str:
    """Returns the path of a metadata value in a stored session, for a query parameter such as `metadata[key]`. `name`
    is the name of the query parameter. Raises Refusal if the key contains a quotation mark, because the path cannot
    contain it.
    """
    key = name.removeprefix("metadata[").removesuffix("]")
    if '"' in key:
        raise invalid("metadata", "a key in a filter must not contain quotation marks.")
    return f'metadata."{key}"'


def _read_body(call: ApiRequest) -> tuple[Fields, bool]:
    body = call.body
    stream = body.pop("stream", None) if isinstance(body, dict) else None
    if stream is not None and not isinstance(stream, bool):
        raise invalid_type("stream", "a boolean", stream)
    checked = check_body(body, CREATE)
    if "stream_options" in checked and not stream:
        raise invalid("stream_options", "only allowed when 'stream' is true.")
    return checked, bool(stream)


def _changed_agent(call: ApiRequest, agent: Fields, given: Mapping[str, Any]) -> Fields:
    """Returns the agent of a session with the settings in `given`. In the setting `reasoning`, only the fields in
    `given` change.
    """
    changed = dict(given)
    if "reasoning" in changed:
        changed["reasoning"] = {**agent["reasoning"], **changed["reasoning"]}
    fields = agents.resolve(call, agent, changed)
    chosen = {name: fields[name] for name in AGENT}
    chosen["tools"] = [tool for tool in chosen["tools"] if tool["type"] != "tool_search"]
    return {"id": agent["id"], **chosen}


def _announce_environment(call: ApiRequest, session: Fields) -> None:
    """Publishes the events about the environment of a session that OpenAI would host. They report that the environment
    is prepared, and then connected. In the emulator, this takes no time. Does nothing if the application hosts the
    environment itself.
    """
    environment = session["environment"]
    if environment["type"] != "openai_hosted":
        return
    for status in ("pending", "ready", "connected"):
        publish(call, session["id"], environment_event(session, status))


def environment_event(session: Mapping[str, Any], status: str) -> Fields:
    """Returns the event which reports that the environment of a session has the status `status`."""
    environment = session["environment"]
    state = {"id": environment["id"], "type": environment["type"], "status": status, "error": None}
    event = session_event(session, f"environment.{status}")
    del event["session"]
    return {**event, "session_id": session["id"], "turn_id": None, "environment": state}


async def _first_turn(events: AsyncIterator[ServerEvent]) -> AsyncIterator[ServerEvent]:
    """Yields the first events of a new session. Ends when the session is idle after its first turn, or when the session
    has failed. `events` are all events of the session.
    """
    async for event in events:
        yield event
        if event.name in ("agent.session.idle", "agent.session.failed"):
            return
