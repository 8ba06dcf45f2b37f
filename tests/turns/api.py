"""A server that answers requests for turns with what a test scripts: streams of events, cut where the test says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.turns.events import FunctionAnswered, FunctionCalled, TurnEvent
from provisioner.openai_api.turns.turn import Conversation, Message, NoAnswer, Turn
from tests.api.liar import Asked, Liar, lying, reply

Event = tuple[str, Mapping[str, Any]]
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n"
#: A stream with a length, of which less arrives: the client sees a lost connection.
CUT = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000000\r\n\r\n"


def sse(*events: Event, cut: bool = False) -> list[bytes]:
    """The bytes of a stream of events, each event in a piece of its own."""
    pieces = [f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode() for name, data in events]
    return [CUT if cut else STREAM, *pieces]


@dataclass
class Script:
    """Answers `METHOD PATH` with the next of its answers; the last is repeated. Other requests answer 404."""

    answers: dict[str, list[Any]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Any:
        waiting = self.answers.get(f"{asked.method} {asked.path}")
        if not waiting:
            return reply(404, {"error": {"message": f"no {asked.method} {asked.path}", "code": "not_found"}})
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return found if isinstance(found, bytes | list) else reply(200, found)


@contextmanager
def scripted(answers: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Session, Liar]]:
    """A session with a server that answers as scripted."""
    script = Script({name: list(each) for name, each in answers.items()})
    with lying(script) as liar:
        endpoint = Endpoint(base_url=f"{liar.url}/v1", api_key="sk-test-of-turns-123456", key_source="a test")
        with closing(Session(endpoint, rest=lambda seconds: False)) as session:
            yield session, liar


def refuse(call: FunctionCalled) -> FunctionAnswered:
    raise NoAnswer(f"nobody answers {call.name}", "give it a handler")


def answer_one(call: FunctionCalled) -> FunctionAnswered:
    return FunctionAnswered(call.call, call.name, "1", "mock")


def run(conversation: Conversation, text: str = "Hello", answer: Any = refuse) -> tuple[Turn, list[TurnEvent]]:
    """One turn, and all its events."""
    turn, events = Turn(), []
    for event in conversation.run(Message(text), answer):
        turn.add(event)
        events.append(event)
    return turn, events


def bodies(liar: Liar, call: str) -> list[Any]:
    """The JSON bodies of the requests `METHOD PATH`."""
    return [each.json() for each in liar.asked if f"{each.method} {each.path}" == call]


def kinds(events: Sequence[TurnEvent]) -> list[str]:
    return [type(event).__name__ for event in events]
