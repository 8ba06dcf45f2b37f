"""Runs a conversation through the Responses API (the target `responses`). The conversation uses a conversation object
at OpenAI, with one response for each round of function calls.

If the definition of the assistant contains `store: false`, nothing is stored at OpenAI. The items of all earlier turns
are then sent again with every request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.core.catalog.models import family_of
from provisioner.core.errors import StreamCut
from provisioner.openai_api.http.answers import read_object
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.http.streaming import CUT_HINT
from provisioner.openai_api.turns.events import Started, Status, TextDelta, TurnEvent, Usage
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
from provisioner.openai_api.turns.turn import Attachment, Leftover, Message

#: What the API returns only on request, by the type of the tool (`include` of the request).
INCLUDED = {
    "file_search": "file_search_call.results",
    "code_interpreter": "code_interpreter_call.outputs",
    "web_search": "web_search_call.action.sources",
}
#: Without storage, a model that reasons needs its own reasoning again with the next request.
ENCRYPTED = "reasoning.encrypted_content"
#: How files are sent, by the end of their names. All other files go to the code interpreter, if there is one.
IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
READABLE = (".pdf",)
RUNNING = ("queued", "in_progress")
STATUSES: Mapping[str, Status] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
    "failed": "failed",
    "expired": "expired",
}
UNANSWERED = "The call was cancelled by the user."


class ResponsesConversation(RemoteConversation):
    """Runs a conversation with the assistant that `definition` describes. `definition` contains the arguments of
    `client.responses.create`; ids and runtime values are already filled in. `name_of` returns the name of a file for
    the id of the file.
    """

    def __init__(
        self,
        session: Session,
        definition: Mapping[str, Any],
        name_of: Callable[[str], str] = lambda id: "",
        *,
        streaming: bool = True,
        max_turns: int = 20,
    ) -> None:
        super().__init__(session, streaming=streaming, max_turns=max_turns)
        self._definition = {key: value for key, value in definition.items() if key not in ("stream", "input")}
        self._name_of = name_of
        self._stored = definition.get("store") is not False
        self._conversation = ""
        self._history: list[Any] = []
        self._unanswered: list[dict[str, Any]] = []
        self._running = ""
        # Containers that the definition names exist already, and are never deleted.
        self._known_containers = {text(tool.get("container")) for tool in mappings(definition.get("tools"))}

    def turn(self, message: Message, rounds: Rounds, instructions: str | None) -> TurnEvents:
        """Sends the message, and yields the events of the turn. `rounds` answers the function calls. `instructions`
        replaces the assistant's instructions for this turn (None: they are not replaced). Each round of function calls
        is a separate response. Returns the status of the turn. Raises TurnFailed if a response fails or is incomplete.
        """
        body = dict(self._definition)
        if instructions is not None:
            body["instructions"] = instructions
        items: list[Any] = [*self._unanswered, _input_of(self._with_containers(body, message), message)]
        found, usage = ItemEvents(self._name_of), Usage()
        while True:
            response = yield from self._respond(self._request(body, items), found)
            usage = usage.plus(read_usage(response.get("usage")))
            yield usage
            status = STATUSES.get(text(response.get("status")), "completed")
            _check(response, status)
            self._history += [*items, *mappings(response.get("output"))] if not self._stored else []
            calls = found.take_calls()
            if not calls or status != "completed":
                return status
            self._unanswered = [_output(call.call, UNANSWERED, found) for call in calls]
            yield from rounds.answer_all(calls)
            items = [_output(result.call, result.output, found) for result in rounds.results]

    def cancel(self) -> None:
        """Cancels the running response if it runs in the background. Any other response ends when its connection is
        closed.
        """
        if self._running:
            id, self._running = self._running, ""
            self.cancel_by(lambda client: client.sdk.responses.with_raw_response.cancel(id))

    def deleting(self, client: Any, each: Leftover) -> Any:
        """Deletes the object `each` at OpenAI with a request of `client`, and returns the unparsed HTTP response. The
        object is a conversation, a response or a container.
        """
        resources = {"conversation": client.sdk.conversations, "container": client.sdk.containers}
        return resources.get(each.type, client.sdk.responses).with_raw_response.delete(each.id)

    def _with_containers(self, body: dict[str, Any], message: Message) -> tuple[Attachment, ...]:
        """Adds some of the attached files to the container of the code interpreter in `body`: the files that only code
        can read. Later turns use this container too. Returns the other attached files of the message. If no tool of the
        definition describes such a container, returns all of them.
        """
        tools = [dict(tool) for tool in body.get("tools") or ()]
        containers = [tool for tool in tools if tool.get("type") == "code_interpreter"]
        container = containers[0].get("container") if containers else None
        if not isinstance(container, Mapping):
            return message.files
        ours = tuple(each for each in message.files if not each.filename.lower().endswith((*IMAGES, *READABLE)))
        if ours:
            ids = [*container.get("file_ids", ()), *(each.id for each in ours)]
            containers[0]["container"] = {**container, "file_ids": ids}
            body["tools"] = tools
            self._definition["tools"] = tools  # A later turn may need the file too.
        return tuple(each for each in message.files if each not in ours)

    def _request(self, body: Mapping[str, Any], items: list[Any]) -> dict[str, Any]:
        request = {**body, "input": items}
        tools = {tool.get("type") for tool in body.get("tools") or ()}
        wanted = [value for kind, value in INCLUDED.items() if kind in tools]
        wanted += [] if self._stored or not _reasons(body) else [ENCRYPTED]
        if include := list(dict.fromkeys([*(body.get("include") or ()), *wanted])):
            request["include"] = include
        if not self._stored:
            return request | {"input": [*self._history, *items]}
        return request | {"conversation": self._open()}

    def _open(self) -> str:
        """Returns the id of the conversation object at OpenAI. The first call creates this object."""
        if not self._conversation:
            made = self.session.create(
                lambda client: read_object(client.sdk.conversations.with_raw_response.create(), {"conversation"})
            )
            self._conversation = made["id"]
            self.note("conversation", self._conversation)
        return self._conversation

    def _respond(self, request: Mapping[str, Any], found: ItemEvents) -> Any:
        """Yields the events of one response. `request` is the body of the request, and `found` makes the events.
        Returns the complete response object of the API.
        """
        before = found.count
        try:
            response = yield from (self._stream if self.streaming else self._poll)(request, found)
            self._running = ""
            # Some servers stream no complete items, or give items no ids.
            for item in mappings(response.get("output")) if found.count == before else ():
                yield from found.of_item(item)
        finally:
            self._note_containers(found)
        return response

    def _note_containers(self, found: ItemEvents) -> None:
        """Records the containers in `found`, which the API has created for code of this conversation, so that they are
        deleted at the end.
        """
        for id in found.containers.keys() - self._known_containers:
            self.note("container", id)
            self._known_containers.add(id)

    def _started(self, response: Mapping[str, Any]) -> Started:
        id = text(response.get("id"))
        self._unanswered = []
        if id and self._stored:
            self.note("response", id)
        if response.get("background") is True:
            self._running = id
        return Started(id, self._conversation or None)

    def _poll(self, request: Mapping[str, Any], found: ItemEvents) -> Any:
        body = {**request, "background": True} if self._stored else {**request}
        made = self.session.create(
            lambda client: read_object(send(client.sdk.responses.with_raw_response.create, body), {"response"})
        )
        yield self._started(made)
        if made.get("status") not in RUNNING:
            return made
        self._running = id = text(made.get("id"))
        return self.watch(
            lambda: self.session.read(
                lambda client: read_object(
                    send(client.sdk.responses.with_raw_response.retrieve, {"include": request.get("include", [])}, id),
                    {"response"},
                    id=id,
                )
            ),
            lambda body: body.get("status") not in RUNNING,
        )

    def _stream(self, request: Mapping[str, Any], found: ItemEvents) -> Any:
        events = self.session.stream(lambda client: send(client.sdk.responses.create, {**request, "stream": True}))
        try:
            for event in events:
                data = event.data
                if event.name == "error":
                    raise _failure(data.get("error") if isinstance(data.get("error"), Mapping) else data)
                if event.name == "response.created":
                    yield self._started(_response_in(data))
                elif event.name in ("response.completed", "response.incomplete", "response.failed"):
                    return _response_in(data)
                else:
                    yield from _piece(event.name, data, found)
        finally:
            events.close()
        raise StreamCut("the answer ended in the middle: the server closed the connection", hint=CUT_HINT)


def _piece(name: str, data: Mapping[str, Any], found: ItemEvents) -> Iterator[TurnEvent]:
    if name == "response.output_text.delta":
        yield TextDelta(text(data.get("delta")), text(data.get("item_id")))
    elif name == "response.code_interpreter_call_code.done":
        yield from found.of_code(text(data.get("item_id")), text(data.get("code")))
    elif name == "response.output_item.added":
        found.note_container(data.get("item"))
    elif name == "response.output_item.done" and isinstance(data.get("item"), Mapping):
        yield from found.of_item(data["item"])


def _response_in(data: Mapping[str, Any]) -> Mapping[str, Any]:
    response = data.get("response")
    return response if isinstance(response, Mapping) else {}


def _check(response: Mapping[str, Any], status: Status) -> None:
    """Raises TurnFailed if the response failed or is incomplete. `status` is the status of the response."""
    error, details = response.get("error"), response.get("incomplete_details")
    if status == "failed" or isinstance(error, Mapping):
        raise _failure(error)
    if status == "incomplete":
        reason = text(details.get("reason")) if isinstance(details, Mapping) else ""
        message = f"the answer is incomplete: {reason or 'no reason given'}"
        raise TurnFailed(message, reason or "incomplete", status="incomplete")


def _failure(error: object) -> TurnFailed:
    body = error if isinstance(error, Mapping) else {}
    return TurnFailed(text(body.get("message")) or "the response failed", text(body.get("code")))


def _reasons(body: Mapping[str, Any]) -> bool:
    """Returns whether the model in `body` can reason, according to the catalog of models. The result is False for
    models that the catalog does not know, such as models of other servers. A model that cannot reason refuses a request
    for encrypted reasoning items (ENCRYPTED).
    """
    family = family_of(text(body.get("model")))
    return family is not None and family.reasons


def _input_of(files: tuple[Attachment, ...], message: Message) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "input_text", "text": message.text}]
    for each in files:
        kind = "input_image" if each.filename.lower().endswith(IMAGES) else "input_file"
        content.append({"type": kind, "file_id": each.id} | ({"detail": "auto"} if kind == "input_image" else {}))
    return {"type": "message", "role": "user", "content": content}


def _output(call: str, output: str, found: ItemEvents) -> dict[str, Any]:
    kind = "custom_tool_call_output" if call in found.custom else "function_call_output"
    return {"type": kind, "call_id": call, "output": output}
