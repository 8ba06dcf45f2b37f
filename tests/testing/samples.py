"""Turns, tests and partners that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.declaredtest import DeclaredTest, Expectation, ExpectationKind, InputMessage, MockedResult
from provisioner.core.diagnostic import Place
from provisioner.core.errors import ApiError, ProvisionError
from provisioner.engine.running.dialogue import Dialogue
from provisioner.openai_api.turns.events import (
    Ended,
    Failed,
    FunctionAnswered,
    FunctionCalled,
    Started,
    TextDone,
    TurnEvent,
    Usage,
)
from provisioner.openai_api.turns.turn import Answer, Attachment, Leftover, Message, NoAnswer, Price, Turn

PLACE = Place("manifests/tests.yaml", 3, 5)
ACTOR, JUDGE = Address("assistant", "actor"), Address("assistant", "judge")


def expectation(kind: str, value: Any, turn: int | None = None) -> Expectation:
    return Expectation(ExpectationKind(kind), value, PLACE, turn)


def declared(
    *expectations: Expectation,
    name: str = "greets",
    messages: Sequence[str] = ("Hello.",),
    mocks: Sequence[MockedResult] = (),
    samples: int = 1,
    share: float = 1.0,
) -> DeclaredTest:
    return DeclaredTest(
        Address("test", name),
        ACTOR,
        tuple(map(InputMessage, messages)),
        expectations or (expectation("contains", "Hamlet"),),
        PLACE,
        tuple(mocks),
        samples,
        share,
    )


def turn_of(*events: TurnEvent, text: str = "") -> Turn:
    turn = Turn()
    for event in (*([TextDone(text)] if text else []), *events, Ended("completed", 1.5)):
        turn.add(event)
    turn.cost = 0.01
    return turn


#: What an assistant does in a turn: it gets the message and the way to ask for results of functions.
Behaviour = Callable[[Message, Answer], Iterator[TurnEvent]]


@dataclass
class ScriptedConversation:
    """A conversation whose answers a function of the test gives."""

    behave: Behaviour

    def run(
        self, message: Message, answer: Answer, instructions: str | None = None
    ) -> Generator[TurnEvent, None, None]:
        yield Started("resp_1")
        try:
            yield from self.behave(message, answer)
        except NoAnswer as error:
            yield Failed(str(error), "needs_action", error.hint)
            yield Ended("failed", 0.5)
            return
        yield Usage(10, 5)
        yield Ended("completed", 0.5)

    def cancel(self) -> None: ...

    def created(self) -> list[Leftover]:
        return []

    def close(self) -> list[Leftover]:
        return []


@dataclass
class ScriptedPartner:
    """Assistants whose answers functions of the test give, by the name of the assistant. Each turn costs `cost` USD."""

    behaviours: dict[str, Behaviour]
    cost: float | None = 0.01
    opened: list[str] = field(default_factory=list)

    @contextmanager
    def open(self, assistant: Address) -> Iterator[Dialogue]:
        self.opened.append(assistant.name)
        conversation = ScriptedConversation(self.behaviours[assistant.name])
        yield Dialogue(conversation, lambda turn: Price(self.cost))

    def attach(self, assistant: Address, files: Sequence[Path | str]) -> tuple[Attachment, ...]:
        return tuple(Attachment(f"file-{index}", str(file)) for index, file in enumerate(files))

    def handle(self, assistant: Address, call: FunctionCalled) -> FunctionAnswered | None:
        return FunctionAnswered(call.call, call.name, "handled") if call.name == "handled" else None

    def explain(self, assistant: Address, error: ApiError) -> ProvisionError:
        return error


def saying(text: str) -> Behaviour:
    """An assistant that always answers with this text."""

    def behave(message: Message, answer: Answer) -> Iterator[TurnEvent]:
        yield TextDone(text)

    return behave


def calling(name: str, arguments: str, text: str = "Done.") -> Behaviour:
    """An assistant that calls a function, and then answers with the text and the result."""

    def behave(message: Message, answer: Answer) -> Iterator[TurnEvent]:
        call = FunctionCalled("call_1", name, arguments)
        yield call
        result = answer(call)
        yield result
        yield TextDone(f"{text} {result.output}")

    return behave
