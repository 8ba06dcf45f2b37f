"""Runs a conversation with a saved agent (the target `agents`). The conversation uses one session, with one turn of the
session for each message.

Source: `types/beta/agent_session_event.py` and the types of its events, `agent_session_input_param.py` and
`session_create_params.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.core.errors import StreamCut, UsageError
from provisioner.openai_api.http.answers import read_done, read_object, read_page
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.http.streaming import CUT_HINT, EventStream
from provisioner.openai_api.turns.agent_items import (
    PREFIX,
    events_of,
    failure_of,
    input_of,
    is_inner,
    item_events,
    message_event,
    result_event,
)
from provisioner.openai_api.turns.events import (
    FunctionCalled,
    Started,
    Status,
    TurnEvent,
)
from provisioner.openai_api.turns.response_items import ItemEvents
from provisioner.openai_api.turns.rounds import (
    RemoteConversation,
    Rounds,
    TurnEvents,
    TurnFailed,
    mappings,
    read_usage,
    send,
    text,
)
from provisioner.openai_api.turns.turn import Leftover, Message

ENDS = ("completed", "failed", "cancelled")
STATUSES: Mapping[str, Status] = {"completed": "completed", "failed": "failed", "cancelled": "cancelled"}
ACTIONS = {
    "mcp_approval_request": "an MCP server's tool needs an approval",
    "computer_use_approval_request": "the agent needs an approval to use the browser",
    "environment_connection": "the agent waits for an environment that somebody hosts",
}
ACTION_HINT = "this needs an application; for MCP, `require_approval: never` needs no approval"
FILES_HINT = "name them when the conversation begins, or declare them under `environment:`"
FOLDER = "/workspace"


class SessionConversation(RemoteConversation):
    """Runs a conversation with the agent `agent_id` in a new session. `template` is the id of the agent's environment
    template. If it is None, the session has no environment. `name_of` returns the name of a file for the id of the
    file.
    """

    def __init__(
        self,
        session: Session,
        agent_id: str,
        template: str | None = None,
        name_of: Callable[[str], str] = lambda id: "",
        *,
        streaming: bool = True,
        max_turns: int = 20,
    ) -> None:
        super().__init__(session, streaming=streaming, max_turns=max_turns)
        self._agent = agent_id
        self._template = template
        self._name_of = name_of
        self._id = ""
        self._turn = ""
        self._answered: set[str] = set()
        self._is_running = False

    def turn(self, message: Message, rounds: Rounds, instructions: str | None) -> TurnEvents:
        """Sends the message to the session, and yields the events of the turn. `rounds` answers the function calls. The
        first message creates the session. In this session, `instructions` replaces the instructions of the agent (None:
        they are not replaced). Later turns ignore `instructions`. Returns the status of the turn. Raises TurnFailed if
        the turn fails, and UsageError if a later message has files, or if the first message has files and the session
        has no environment.
        """
        if message.files and self._id:
            raise UsageError("an agent takes files only with the first message", hint=FILES_HINT)
        found = ItemEvents(self._name_of)
        follow = self._follow if self.streaming else self._poll
        turn = yield from follow(message, instructions, rounds, found)
        self._is_running = False
        yield read_usage(turn.get("usage"))
        status = STATUSES.get(text(turn.get("status")), "completed")
        if status == "failed":
            raise failure_of(turn.get("error"))
        return status

    def cancel(self) -> None:
        """Cancels the running turn of the session. Does nothing if no turn is running."""
        if self._is_running and self._id:
            self._is_running = False
            self.cancel_by(lambda client: self._send_event(client, {"type": f"{PREFIX}input.cancel"}))

    def deleting(self, client: Any, each: Leftover) -> Any:
        """Deletes the session `each` at OpenAI with a request of `client`, and returns the unparsed HTTP response."""
        return client.sdk.beta.agents.sessions.with_raw_response.delete(each.id)

    def _send_event(self, client: Any, event: Mapping[str, Any]) -> Any:
        return client.sdk.beta.agents.sessions.events.with_raw_response.create(self._id, events=[event])

    def _creation(self, message: Message, instructions: str | None) -> dict[str, Any]:
        """Returns the body of the request that creates the session with its first message. In the session,
        `instructions` replaces the instructions of the agent (None: they are not replaced).
        """
        environment: dict[str, Any] = {"type": "none"}
        if self._template is not None:
            environment = {"type": "openai_hosted", "environment_template_id": self._template}
        if message.files:
            if self._template is None:
                raise UsageError(
                    "this agent has no environment that could hold files", hint="declare `environment:` in its manifest"
                )
            environment["files"] = [
                {"type": "file_id", "file_id": each.id, "path": f"{FOLDER}/{each.filename}"} for each in message.files
            ]
        body: dict[str, Any] = {"agent_id": self._agent, "environment": environment, "input": [input_of(message)]}
        return body | ({"agent": {"instructions": instructions}} if instructions is not None else {})

    def _submit(self, event: Mapping[str, Any]) -> None:
        self.session.create(lambda client: read_done(self._send_event(client, event)))

    def _note_session(self, body: Mapping[str, Any]) -> None:
        if not self._id and (id := text(body.get("id"))):
            self._id = id
            self._is_running = True
            self.note("session", id)

    def _open(self, message: Message, instructions: str | None) -> EventStream:
        """Sends the message to the session, which the first message creates with `instructions`. Returns the stream of
        the session's events.
        """
        if not self._id:
            body = {**self._creation(message, instructions), "stream": True}
            return self.session.stream(lambda client: send(client.sdk.beta.agents.sessions.create, body))
        # A stream is not replayed, so it is opened before the message is sent.
        events = self.session.stream(lambda client: client.sdk.beta.agents.sessions.events.stream(self._id))
        try:
            self._submit(message_event(message))
        except BaseException:
            events.close()
            raise
        self._is_running = True
        return events

    def _follow(self, message: Message, instructions: str | None, rounds: Rounds, found: ItemEvents) -> Any:
        """Sends the message, and yields the events of the turn from the session's stream. `instructions` is used only
        if the message creates the session. `rounds` answers the function calls, and `found` makes the events. Returns
        the turn object of the API.
        """
        self._turn = ""
        ended: dict[str, Any] = {}
        events = self._open(message, instructions)
        try:
            for event in events:
                name, data = event.name.removeprefix(PREFIX), event.data
                session = data.get("session")
                body = session if isinstance(session, Mapping) else {}
                self._note_session(body)
                if name == "error" or event.name == "error":
                    raise failure_of(data.get("error"))
                if name == "failed":
                    raise TurnFailed(text(body.get("error")) or "the session failed", "session_failed")
                if name in ("environment.failed", "environment.expired"):
                    raise TurnFailed(f"the session's {name.replace('.', ' has ')}", name.replace(".", "_"))
                if name == "idle" and ended:
                    return ended
                if name == "requires_action":
                    yield from self._act(body, rounds)
                elif name.startswith("turn."):
                    turn = data.get("turn")
                    if name == "turn.created" and not self._turn and not is_inner(turn):
                        self._turn = text(data.get("turn_id"))
                        yield Started(self._turn, self._id)
                    if not self._is_ours(data):
                        continue
                    if name.removeprefix("turn.") in ENDS and isinstance(turn, Mapping):
                        ended = {"status": name.removeprefix("turn."), **turn}
                        ended["usage"] = turn.get("usage") or data.get("usage")
                    yield from events_of(name, data, found)
        finally:
            events.close()
        if ended:
            return ended
        raise StreamCut("the answer ended in the middle: the server closed the connection", hint=CUT_HINT)

    def _is_ours(self, data: Mapping[str, Any]) -> bool:
        """Returns whether an API event belongs to the main turn. `data` is the JSON object of the event. Other events
        belong to turns of subagents.
        """
        return text(data.get("turn_id")) in ("", self._turn)

    def _act(self, session: Mapping[str, Any], rounds: Rounds) -> Iterator[TurnEvent]:
        """Answers the function calls for which the session waits, yields their events, and sends their results.
        `rounds` gives the results. Raises TurnFailed if the session waits for anything else.
        """
        actions = self._new_actions(session)
        for each in actions:
            if (kind := text(each.get("type"))) != "function_call":
                raise TurnFailed(ACTIONS.get(kind, f"the agent needs `{kind}`"), "needs_action", ACTION_HINT)
        if not actions:
            return
        turns = {text(each.get("call_id")): text(each.get("turn_id")) for each in actions}
        calls = [
            FunctionCalled(text(each.get("call_id")), text(each.get("name")), text(each.get("arguments")))
            for each in actions
        ]
        yield from rounds.answer_all(calls)
        for result in rounds.results:
            self._answered.add(result.call)
            self._submit(result_event(result, turns[result.call]))

    def _new_actions(self, session: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        actions = mappings(session.get("required_actions"))
        return [each for each in actions if text(each.get("call_id")) not in self._answered]

    def _poll(self, message: Message, instructions: str | None, rounds: Rounds, found: ItemEvents) -> Any:
        """Sends the message, and yields the events of the turn without a stream. For this, the API is asked repeatedly
        for the state of the turn. `instructions` is used only if the message creates the session. `rounds` answers the
        function calls, and `found` makes the events. Returns the turn object of the API.
        """
        former = text(self._latest_turn().get("id")) if self._id else ""
        if self._id:
            self._submit(message_event(message))
            self._is_running = True
        else:
            body = self._creation(message, instructions)
            self._note_session(
                self.session.create(
                    lambda client: read_object(send(client.sdk.beta.agents.sessions.with_raw_response.create, body))
                )
            )
        self._turn = ""
        while True:
            body = self.watch(lambda: self._look(), lambda body: self._is_at_rest(body, former))
            turn = body["turn"]
            if not self._turn and turn:
                self._turn = text(turn.get("id"))
                yield Started(self._turn, self._id)
            if body["session"].get("status") == "failed":
                raise TurnFailed(text(body["session"].get("error")) or "the session failed", "session_failed")
            if turn.get("status") in ENDS and turn.get("id") != former:
                break
            yield from self._act(body["session"], rounds)
        for item in self._items(self._turn):
            yield from item_events(item, found)
        return turn

    def _look(self) -> dict[str, Any]:
        session = self.session.read(
            lambda client: read_object(client.sdk.beta.agents.sessions.with_raw_response.retrieve(self._id))
        )
        return {"session": session, "turn": self._latest_turn()}

    def _is_at_rest(self, body: Mapping[str, Any], former: str) -> bool:
        session, turn = body["session"], body["turn"]
        if session.get("status") == "failed":
            return True
        if session.get("status") == "requires_action" and self._new_actions(session):
            return True
        return turn.get("id", former) != former and turn.get("status") in ENDS

    def _latest_turn(self) -> Mapping[str, Any]:
        page = self.session.read(
            lambda client: read_page(
                client.sdk.beta.agents.sessions.turns.with_raw_response.list(self._id, order="desc", limit=20), (), 20
            )
        )
        return next((each for each in page.items if not is_inner(each)), {})

    def _items(self, turn: str) -> list[dict[str, Any]]:
        page = self.session.read(
            lambda client: read_page(
                client.sdk.beta.agents.sessions.turns.items.with_raw_response.list(
                    turn, session_id=self._id, order="asc", limit=100
                ),
                (),
                100,
            )
        )
        return page.items
