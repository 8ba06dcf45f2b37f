"""Records the work of a session: stores its turns and items, and makes the events that report them.

Events and objects have the form of the SDK's types (`AgentSessionEvent`). The types define no order of events, so this
module uses the order that the SDK's streams expect (`openai.lib.streaming.agents`). A turn begins with the messages of
the user. Then the items of its output follow one after the other. After the end of the turn, the session becomes idle.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from provisioner.emulator.answering.outputs import FunctionCall
from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.sessions.tables import ITEMS, SESSIONS, TURNS
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id

Document = dict[str, Any]
#: The prefix of the names of events.
PREFIX = "agent.session."
#: The fields of a session that a request can change while a turn is carried out.
CHANGEABLE = ("agent", "metadata", "prompt_cache_options", "review")


class SessionRecord:
    """Records the work of one session during a turn. The methods record what happened, and most of them return the new
    events of the session. The text of a message is stored when the message is complete; all else is stored immediately.

    `session` is the stored session, and `turn` its present turn. The methods change both.
    """

    def __init__(self, call: ApiRequest, session: Document, turn: Document) -> None:
        self._request = call
        self.session = session
        self.turn = turn
        self._item: Document | None = None

    @property
    def call(self) -> ApiRequest:
        """The request that started the turn, with the present time instead of the time when the turn started."""
        return replace(self._request, now=time.time())

    def begin(self, messages: Sequence[Mapping[str, Any]]) -> list[Document]:
        """Records that the turn begins with the messages `messages` of the user. Returns the new events of the
        session.
        """
        created = [self._turn_event("created")]
        items = [event for message in messages for event in self.add_input(message)]
        self.turn.update({"status": "in_progress", "started_at": self.call.second})
        self._keep_turn()
        return [*created, *items, *self.set_status("in_progress"), self._turn_event("in_progress")]

    def add_input(self, message: Mapping[str, Any]) -> list[Document]:
        """Records that the user adds a message to the turn. Returns the new events of the session."""
        item = {
            "type": "message",
            "role": "user",
            "status": "completed",
            "phase": None,
            "content": [dict(part) for part in message["content"]],
        }
        return [self._item_event("added", self._store_item("msg_", item), None)]

    def set_status(self, status: str, actions: Sequence[Document] = ()) -> list[Document]:
        """Records the new status `status` of the session. `actions` are the API's `required_actions`, for which the
        session waits, such as results of functions. Returns the new events of the session.
        """
        self.session.update({"status": status, "required_actions": list(actions), "last_active_at": self.call.second})
        self._keep_session()
        return [session_event(self.session, status)]

    def open_message(self) -> list[Document]:
        """Records that the agent begins a message. Returns the new events of the session."""
        item = {"type": "message", "role": "assistant", "status": "in_progress", "phase": "final_answer", "content": []}
        self._item = self._store_item("msg_", item)
        part = {"type": "output_text", "text": ""}
        return [self._item_event("added", self._item), self._part_event("content_part.added", part=part)]

    def add_text(self, delta: str) -> list[Document]:
        """Records that the text `delta` is added to the open message, which the agent is writing. Returns the new
        events of the session.
        """
        item = self._opened_item()
        text = item["content"][0]["text"] if item["content"] else ""
        item["content"] = [{"type": "output_text", "text": text + delta}]
        return [self._part_event("output_text.delta", delta=delta)]

    def close_message(self) -> list[Document]:
        """Records that the open message, which the agent was writing, is complete. Returns the new events of the
        session.
        """
        item = self._opened_item()
        part = item["content"][0] if item["content"] else {"type": "output_text", "text": ""}
        events = [
            self._part_event("output_text.done", text=part["text"]),
            self._part_event("content_part.done", part=part),
        ]
        return [*events, *self.close_item(content=[part], status="completed")]

    def open_item(self, prefix: str, item: Mapping[str, Any]) -> list[Document]:
        """Records that the output item `item` begins, such as the call of a tool. The item is open until `close_item`
        is called. `prefix` is the beginning of its id. Returns the new events of the session.
        """
        self._item = self._store_item(prefix, item)
        return [self._item_event("added", self._item)]

    def add_command_output(self, delta: str) -> list[Document]:
        """Records that the command of the open item, a running shell command, has printed the text `delta`. Returns the
        new events of the session.
        """
        item = self._opened_item()
        return [
            {
                **self._head("agent.output.command_execution_output.delta"),
                "item_id": item["id"],
                "output_index": item["_index"],
                "delta": delta,
            }
        ]

    def add_call(self, call: FunctionCall) -> list[Document]:
        """Records that the agent calls a function. The item of the call is complete when the result of the function
        arrives. Returns the new events of the session.
        """
        item = {
            "type": "function_call",
            "name": call.name,
            "arguments": read_arguments(call.arguments),
            "call_id": call.call_id,
            "status": "in_progress",
        }
        return [self._item_event("added", self._store_item("fc_", item))]

    def summary_event(self, name: str, **fields: Any) -> Document:
        """Returns an event about the summary of the model's reasoning. The type of the event ends with `name`. The open
        item must be a reasoning item.
        """
        event = self._part_event(f"reasoning_summary_{name}", summary_index=0, **fields)
        del event["content_index"]
        return event

    def close_item(self, **fields: Any) -> list[Document]:
        """Records that the open item, which was in progress, has ended. `fields` contains the final values of its
        fields. Returns the new events of the session.
        """
        item = self._opened_item()
        item.update(fields)
        ITEMS.under(self.session["id"]).keep(self.call, item)
        self._item = None
        return [self._item_event("done", item)]

    def answer_function(self, item: Document, result: Mapping[str, Any]) -> list[Document]:
        """Records the result of a function call for which the session waited. `item` is the stored item of the call.
        Returns the new events of the session.
        """
        status = "completed" if result["success"] else "failed"
        output = {
            "type": "function_call_output",
            "call_id": item["call_id"],
            "status": status,
            "output": result.get("output") if result["success"] else None,
            "error": None if result["success"] else result.get("error"),
        }
        item["status"] = status
        ITEMS.under(self.session["id"]).keep(self.call, item)
        added = self._item_event("added", self._store_item("fco_", output), None)
        return [added, self._item_event("done", item)]

    def wait(self, *, waiting: bool) -> None:
        """Stores whether the turn waits for the application (the program that uses the API). If `waiting` is False, the
        turn is in progress.
        """
        self.turn["status"] = "waiting" if waiting else "in_progress"
        self._keep_turn()

    def end(self, status: str, usage: Document | None, error: Document | None = None) -> list[Document]:
        """Records the end of the turn. `status` is `completed`, `failed` or `cancelled`. The session is then idle, and
        an open item becomes `incomplete`, as do function calls without a result. Returns the new events of the session.

        `usage` contains the numbers of tokens of the turn, or is None if they are not known. `error` is the error with
        which the turn has failed, or None.
        """
        events = [] if self._item is None else self.close_item(status="incomplete")
        events += [event for action in self.session["required_actions"] for event in self._drop_call(action)]
        self.turn.update({"status": status, "completed_at": self.call.second, "usage": usage, "error": error})
        self._keep_turn()
        self.session["usage"] = add(self.session["usage"], usage)
        if error:
            events.append(self._error_event(error))
        ended = {**self._turn_event(status), "usage": usage}
        return [*events, ended, *self.set_status("idle")]

    def _drop_call(self, action: Document) -> list[Document]:
        """Records that the session no longer waits for the result of the function call that `action` describes. Returns
        the new events of the session.
        """
        self._item = ITEMS.under(self.session["id"]).all(self.call, call_id=action["call_id"], type="function_call")[0]
        return self.close_item(status="incomplete")

    def _error_event(self, error: Document) -> Document:
        body = {"code": error["code"], "message": error["message"], "param": None, "type": "server_error"}
        return {"event_id": new_id("event_"), "session_id": self.session["id"], "type": "error", "error": body}

    def _store_item(self, prefix: str, item: Mapping[str, Any]) -> Document:
        index = self.turn.get("_items", 0)
        is_output = item.get("role") != "user" and item["type"] != "function_call_output"
        if is_output:
            self.turn["_items"] = index + 1
            self._keep_turn()
        owned = {**item, "id": new_id(prefix), "turn_id": self.turn["id"], "_index": index if is_output else None}
        return ITEMS.under(self.session["id"]).add(self.call, owned)

    def _keep_session(self) -> None:
        """Stores the session, except fields that a request may have changed during the turn. These fields keep their
        stored values.
        """
        stored = SESSIONS.find(self.call, self.session["id"])
        changed = {name: stored[name] for name in CHANGEABLE if name in stored}
        self.session = {**{name: value for name, value in self.session.items() if name not in CHANGEABLE}, **changed}
        SESSIONS.keep(self.call, self.session)

    def _keep_turn(self) -> None:
        TURNS.under(self.session["id"]).keep(self.call, self.turn)

    def _opened_item(self) -> Document:
        if self._item is None:
            raise RuntimeError("no item of the turn is open")
        return self._item

    def _head(self, name: str) -> Document:
        return {
            "event_id": new_id("event_"),
            "session_id": self.session["id"],
            "turn_id": self.turn["id"],
            "type": name,
        }

    def _turn_event(self, name: str) -> Document:
        return {**self._head(f"{PREFIX}turn.{name}"), "turn": public(self.turn)}

    def _item_event(self, name: str, item: Document, index: int | None = -1) -> Document:
        position = item["_index"] if index == -1 else index
        return {**self._head(f"{PREFIX}turn.item.{name}"), "item": show_item(item), "output_index": position}

    def _part_event(self, name: str, **fields: Any) -> Document:
        item = self._opened_item()
        place = {"item_id": item["id"], "output_index": item["_index"], "content_index": 0}
        return {**self._head(f"{PREFIX}turn.{name}"), **place, **fields}


def session_event(session: Mapping[str, Any], name: str) -> Document:
    """Returns an event that contains the whole session. `name` says what the event reports, such as `idle`."""
    return {"event_id": new_id("event_"), "session": public(session), "type": f"{PREFIX}{name}"}


def show_item(item: Mapping[str, Any]) -> Document:
    """Returns a stored item in the form that the API returns: without the field `object` and without times."""
    return {name: value for name, value in public(item).items() if name not in ("object", "created_at")}


def read_arguments(text: str) -> Any:
    """Returns the arguments of a function call in the form that the API returns. If `text` is JSON, returns its parsed
    value. Otherwise returns `text` itself.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def add(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Returns the sum of the usages `first` and `second`. A usage maps names to numbers of tokens, or to another such
    mapping. If one usage is None, which means that it is not known, the other usage is returned.
    """
    if first is None or second is None:
        return first or second
    return {
        name: add(value, second[name]) if isinstance(value, Mapping) else value + second[name]
        for name, value in first.items()
    }
