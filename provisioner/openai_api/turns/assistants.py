"""Runs a conversation with an assistant of the Assistants API (the target `assistants`). The conversation uses one
thread, with one run for each turn.

Source: `types/beta/assistant_stream_event.py` and `types/beta/threads/run.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.core.errors import ApiError, NotFound, StreamCut
from provisioner.openai_api.http.answers import read_object
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.http.streaming import CUT_HINT, EventStream
from provisioner.openai_api.turns.events import FunctionCalled, Started, TurnEvent
from provisioner.openai_api.turns.response_items import ItemEvents
from provisioner.openai_api.turns.responses import IMAGES
from provisioner.openai_api.turns.rounds import (
    CANCELLING,
    RemoteConversation,
    Rounds,
    TurnEvents,
    TurnFailed,
    mappings,
    read_usage,
    send,
    text,
)
from provisioner.openai_api.turns.run_steps import INCLUDE, deltas_of, list_steps, message_item, status_of, step_events
from provisioner.openai_api.turns.turn import Leftover, Message

RUNNING = ("queued", "in_progress", "cancelling")
ACTION = "requires_action"


class ThreadConversation(RemoteConversation):
    """Runs a conversation with the assistant `assistant_id` in a new thread. `tools` are the types of the assistant's
    tools. `name_of` returns the name of a file for the id of the file.
    """

    def __init__(
        self,
        session: Session,
        assistant_id: str,
        tools: frozenset[str] = frozenset(),
        name_of: Callable[[str], str] = lambda id: "",
        *,
        streaming: bool = True,
        max_turns: int = 20,
    ) -> None:
        super().__init__(session, streaming=streaming, max_turns=max_turns)
        self._assistant = assistant_id
        self._tools = tools
        self._name_of = name_of
        self._thread = ""
        self._running = ""
        self._made: list[str] = []

    def turn(self, message: Message, rounds: Rounds, instructions: str | None) -> TurnEvents:
        """Sends the message, and yields the events of one run with all its rounds of function calls. `rounds` answers
        the function calls. `instructions` replaces the assistant's instructions for this turn (None: they are not
        replaced). Returns the status of the run. Raises TurnFailed if the run fails, expires or is incomplete.
        """
        thread = self._open()
        body = _message_body(message, self._tools)
        self.session.create(
            lambda client: read_object(send(client.sdk.beta.threads.messages.with_raw_response.create, body, thread))
        )
        request: dict[str, Any] = {"assistant_id": self._assistant, "include": INCLUDE}
        if instructions is not None:
            request["instructions"] = instructions
        found = ItemEvents(self._name_of, self._made)
        run = yield from (self._stream_run(request, found) if self.streaming else self._poll_run(request, found))
        while run.get("status") == ACTION:
            outputs = yield from self._outputs(run, rounds)
            submit = self._stream_outputs if self.streaming else self._poll_outputs
            run = yield from submit(text(run.get("id")), outputs, found)
        self._running = ""
        yield read_usage(run.get("usage"))
        return status_of(run)

    def cancel(self) -> None:
        """Cancels the run, and waits until it has ended, at most CANCELLING seconds. The thread accepts a further
        message only after the end of the run.
        """
        if not self._running:
            return
        thread, run, self._running = self._thread, self._running, ""
        self.cancel_by(lambda client: client.sdk.beta.threads.runs.with_raw_response.cancel(run, thread_id=thread))
        try:
            self.watch(lambda: self._look(run), lambda body: body.get("status") not in (*RUNNING, ACTION), CANCELLING)
        except (ApiError, StreamCut):
            return

    def deleting(self, client: Any, each: Leftover) -> Any:
        """Deletes the object `each` at OpenAI with a request of `client`, and returns the unparsed HTTP response. The
        object is the thread, a vector store that the API created for attached files, or a file that the code
        interpreter wrote.
        """
        resources = {"thread": client.sdk.beta.threads, "file": client.sdk.files}
        return resources.get(each.type, client.sdk.vector_stores).with_raw_response.delete(each.id)

    def created(self) -> list[Leftover]:
        """Returns the thread, and the known files that the code interpreter may have written. The vector stores of the
        thread are included only after `close` has looked them up.
        """
        return [*super().created(), *(Leftover("file", id) for id in self._made)]

    def close(self) -> list[Leftover]:
        """Deletes the thread, its vector stores and the files that the code interpreter wrote. Returns the objects that
        could not be deleted.
        """
        self._note_stores()
        unknown = self._note_files()
        return [*super().close(), *unknown]

    def _open(self) -> str:
        if not self._thread:
            made = self.session.create(
                lambda client: read_object(client.sdk.beta.threads.with_raw_response.create(), {"thread"})
            )
            self._thread = made["id"]
            self.note("thread", self._thread)
        return self._thread

    def _note_stores(self) -> None:
        """Records the vector stores that the API has created for attached files. These vector stores are deleted at the
        end of the conversation.
        """
        if "file_search" not in self._tools or not self._created:
            return
        try:
            thread = self.session.read(
                lambda client: read_object(client.sdk.beta.threads.with_raw_response.retrieve(self._thread), {"thread"})
            )
        except ApiError:
            return
        resources = thread.get("tool_resources")
        search = resources.get("file_search") if isinstance(resources, Mapping) else None
        ids = search.get("vector_store_ids") if isinstance(search, Mapping) else None
        for id in ids if isinstance(ids, list) else ():
            self.note("vector store", text(id))

    def _note_files(self) -> list[Leftover]:
        """Records the files that the code interpreter wrote in this conversation. Code in the code interpreter can also
        link to a file of the assistant. A file of the assistant has another purpose at OpenAI; it is not recorded,
        because it must not be deleted. Returns the files that could not be read.
        """
        unknown = []
        while self._made:
            id = self._made[-1]
            try:
                if self._is_written(id):
                    self.note("file", id)
            except NotFound:
                pass
            except ApiError as error:
                unknown.append(Leftover("file", id, error.message))
            self._made.pop()
        return unknown

    def _is_written(self, id: str) -> bool:
        """Returns whether the file with the id `id` was written by code that the model ran in the code interpreter.
        Raises ApiError, for example NotFound if the file does not exist.
        """
        file = self.session.read(lambda client: read_object(client.sdk.files.with_raw_response.retrieve(id), {"file"}))
        return file.get("purpose") == "assistants_output"

    def _outputs(self, run: Mapping[str, Any], rounds: Rounds) -> Any:
        action = run.get("required_action")
        submit = action.get("submit_tool_outputs") if isinstance(action, Mapping) else None
        items = mappings(submit.get("tool_calls")) if isinstance(submit, Mapping) else []
        if not items:
            raise TurnFailed("the run needs an action that is no function call", "needs_action")
        yield from rounds.answer_all([_call(item) for item in items])
        return [{"tool_call_id": each.call, "output": each.output} for each in rounds.results]

    def _stream_run(self, request: Mapping[str, Any], found: ItemEvents) -> Any:
        body, thread = {**request, "stream": True}, self._thread
        events = self.session.stream(lambda client: send(client.sdk.beta.threads.runs.create, body, thread))
        return (yield from self._follow(events, found))

    def _stream_outputs(self, run: str, outputs: Any, found: ItemEvents) -> Any:
        thread = self._thread
        events = self.session.stream(
            lambda client: client.sdk.beta.threads.runs.submit_tool_outputs(
                run, thread_id=thread, tool_outputs=outputs, stream=True
            )
        )
        return (yield from self._follow(events, found))

    def _follow(self, events: EventStream, found: ItemEvents) -> Any:
        """Converts the API events of a run to events of the turn, and yields them. `found` makes the events. Returns
        the run as it is at the end of the stream.
        """
        run: Mapping[str, Any] = {}
        try:
            for event in events:
                data = event.data
                if event.name == "error":
                    inner = data.get("error")
                    body = inner if isinstance(inner, Mapping) else data
                    raise TurnFailed(text(body.get("message")) or "the run failed", text(body.get("code")))
                if event.name.startswith("thread.run.step."):
                    yield from step_events(event.name, data, found)
                elif event.name.startswith("thread.run."):
                    if not self._running:
                        self._running = text(data.get("id"))
                        yield Started(self._running, self._thread)
                    run = data
                elif event.name == "thread.message.delta":
                    yield from deltas_of(data)
                elif event.name == "thread.message.completed":
                    yield from found.of_item(message_item(data))
        finally:
            events.close()
        if text(run.get("status")) in ("", *RUNNING):
            raise StreamCut("the answer ended in the middle: the server closed the connection", hint=CUT_HINT)
        return run

    def _poll_run(self, request: Mapping[str, Any], found: ItemEvents) -> Any:
        thread = self._thread
        made = self.session.create(
            lambda client: read_object(send(client.sdk.beta.threads.runs.with_raw_response.create, request, thread))
        )
        self._running = text(made.get("id"))
        yield Started(self._running, thread)
        return (yield from self._await(self._running, found))

    def _poll_outputs(self, run: str, outputs: Any, found: ItemEvents) -> Any:
        thread = self._thread
        self.session.create(
            lambda client: read_object(
                client.sdk.beta.threads.runs.with_raw_response.submit_tool_outputs(
                    run, thread_id=thread, tool_outputs=outputs
                )
            )
        )
        return (yield from self._await(run, found))

    def _await(self, run: str, found: ItemEvents) -> Any:
        body = self.watch(lambda: self._look(run), lambda body: body.get("status") not in RUNNING)
        yield from self._listed(run, found)
        return body

    def _look(self, run: str) -> dict[str, Any]:
        thread = self._thread
        return self.session.read(
            lambda client: read_object(client.sdk.beta.threads.runs.with_raw_response.retrieve(run, thread_id=thread))
        )

    def _listed(self, run: str, found: ItemEvents) -> Iterator[TurnEvent]:
        """Yields the events for the steps and messages of a run, from the first step to the last. `run` is the id of
        the run. `found` makes the events.
        """
        for step in list_steps(self.session, self._thread, run):
            yield from step_events("thread.run.step.completed", step, found)
            details = step.get("step_details")
            made = details.get("message_creation") if isinstance(details, Mapping) else None
            if isinstance(made, Mapping) and (id := text(made.get("message_id"))):
                yield from found.of_item(message_item(self._message(id)))

    def _message(self, id: str) -> dict[str, Any]:
        thread = self._thread
        return self.session.read(
            lambda client: read_object(
                client.sdk.beta.threads.messages.with_raw_response.retrieve(id, thread_id=thread)
            )
        )


def _message_body(message: Message, tools: frozenset[str]) -> dict[str, Any]:
    images = [each for each in message.files if each.filename.lower().endswith(IMAGES)]
    body: dict[str, Any] = {"role": "user", "content": message.text}
    if images:
        parts = [{"type": "image_file", "image_file": {"file_id": each.id}} for each in images]
        body["content"] = [{"type": "text", "text": message.text}, *parts]
    used: list[dict[str, Any]] = [{"type": kind} for kind in ("code_interpreter", "file_search") if kind in tools]
    others = [each for each in message.files if each not in images]
    if others:
        body["attachments"] = [{"file_id": each.id, "tools": _tools_for(each.filename, used)} for each in others]
    return body


def _tools_for(filename: str, used: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the tools that can read the file `filename`. For a table or a ZIP archive, this is only the code
    interpreter, because such files cannot be searched. For other files, these are the tools in `used` (the tools of the
    assistant), or file_search if `used` is empty.
    """
    if filename.lower().endswith((".csv", ".xlsx", ".xls", ".zip")):
        return [{"type": "code_interpreter"}]
    return used or [{"type": "file_search"}]


def _call(item: Mapping[str, Any]) -> FunctionCalled:
    inner = item.get("function")
    function = inner if isinstance(inner, Mapping) else {}
    return FunctionCalled(text(item.get("id")), text(function.get("name")), text(function.get("arguments")))
