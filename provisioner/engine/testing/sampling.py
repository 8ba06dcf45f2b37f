"""Runs one sample of a test, which is one run of its turns. Then checks its expectations, and asks its judges
(assistants that evaluate the answers).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Protocol

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.declaredtest import DeclaredTest, Expectation, ExpectationKind, InputMessage
from provisioner.core.errors import ApiError, ProvisionError
from provisioner.core.testresult import CalledFunction, Check, Sample, add_costs
from provisioner.engine.running.dialogue import Dialogue
from provisioner.engine.testing.answer_checker import AnswerChecker, Undecided
from provisioner.engine.testing.expectations import check, check_order
from provisioner.engine.testing.judging import compose_request, read_verdict, refuse_call
from provisioner.engine.testing.mocks import MockedFunctions
from provisioner.engine.testing.tool_uses import tool_uses
from provisioner.openai_api.turns.events import Ended, FunctionAnswered, FunctionCalled, TurnEvent
from provisioner.openai_api.turns.turn import Attachment, Cancelled, Message, Turn

#: The most characters of a result of a function that a report keeps.
KEPT_RESULT = 2_000


class Partner(Protocol):
    """Gives access to the assistants of a test run: opens dialogues with them, and attaches files to messages."""

    def open(self, assistant: Address) -> AbstractContextManager[Dialogue]:
        """Returns a new dialogue with the assistant at the address `assistant`, as a context manager. Raises
        ProvisionError if the assistant is not applied.
        """
        ...

    def attach(self, assistant: Address, files: Sequence[Path | str]) -> tuple[Attachment, ...]:
        """Returns attachments for `files`. A `Path` is a local file, which is uploaded. A `str` is the id of a file at
        OpenAI.
        """
        ...

    def handle(self, assistant: Address, call: FunctionCalled) -> FunctionAnswered | None:
        """Calls the handler of an assistant's function and returns the result. Returns None if the function has no
        handler. Raises NoAnswer if handlers must not be called.
        """
        ...

    def explain(self, assistant: Address, error: ApiError) -> ProvisionError:
        """Returns `error` with a hint that says what the user can do."""
        ...


class SampleOutcome(Struct, frozen=True):
    """A sample that has ended, and the indices of the mocks that it used."""

    sample: Sample
    used: frozenset[int] = frozenset()


class _Run(Struct):
    """The results that a running sample has collected so far: turns, checks, costs, and the problem that ended the
    sample.
    """

    turns: list[Turn]
    checks: list[Check]
    costs: list[float | None]
    problem: str = ""
    hint: str | None = None


def run_sample(
    test: DeclaredTest,
    number: int,
    partner: Partner,
    checker: AnswerChecker,
    stop: Event,
) -> SampleOutcome:
    """Runs sample `number` of the test `test`. Returns the sample with its results. If the API returns an error, a turn
    ends early, or an answer cannot be checked, the sample contains a `problem`. If `stop` is set, the running turn is
    cancelled. `partner` opens the dialogues, and `checker` compares answers.
    """
    began = time.monotonic()
    run = _Run([], [], [])
    functions = MockedFunctions(test.mocks, partial(partner.handle, test.assistant))
    leftovers: list[str] = []
    try:
        with partner.open(test.assistant) as dialogue:
            try:
                _talk(test, dialogue, partner, functions, run, stop)
            finally:
                dialogue.close()
                leftovers += [f"{each.type} {each.id}" for each in dialogue.leftovers]
        if not run.problem:
            _check(test, partner, checker, functions, run)
    except ApiError as error:
        explained = partner.explain(test.assistant, error)
        run.problem, run.hint = explained.message, explained.hint
    except ProvisionError as error:
        run.problem, run.hint = error.message, error.hint
    except Undecided as error:
        run.problem = str(error)
    sample = Sample(
        number=number,
        checks=tuple(run.checks),
        answers=tuple(turn.text or turn.refusal for turn in run.turns),
        calls=tuple(_calls(run.turns)),
        tokens=sum(turn.usage.total_tokens for turn in run.turns),
        seconds=time.monotonic() - began,
        cost=add_costs([*(turn.cost for turn in run.turns), *run.costs]),
        problem=run.problem,
        hint=run.hint,
        leftovers=tuple(leftovers),
    )
    return SampleOutcome(sample, frozenset(functions.used))


def _talk(
    test: DeclaredTest, dialogue: Dialogue, partner: Partner, functions: MockedFunctions, run: _Run, stop: Event
) -> None:
    """Runs the turns of a test one after the other, and adds them to `run`. Stops after a turn that is not complete, or
    in which a function was called in an unexpected way.
    """
    for message in test.messages:
        turn = dialogue.run(_message(test, message, partner), functions.answer, partial(_cancel_if, stop))
        run.turns.append(turn)
        if functions.unfit:
            return  # The model has called a function in an unexpected way, so expectations are not met.
        if turn.status != "completed" or turn.failure is not None:
            run.problem = turn.failure.message if turn.failure else f"the turn ended early: {turn.status}"
            run.hint = turn.failure.hint if turn.failure else None
            return


def _cancel_if(stop: Event, event: TurnEvent) -> None:
    """Raises Cancelled if `stop` is set, so that the running turn is cancelled."""
    if stop.is_set() and not isinstance(event, Ended):
        raise Cancelled


def _message(test: DeclaredTest, message: InputMessage, partner: Partner) -> Message:
    files = partner.attach(test.assistant, message.files) if message.files else ()
    return Message(message.text, files)


def _check(test: DeclaredTest, partner: Partner, checker: AnswerChecker, functions: MockedFunctions, run: _Run) -> None:
    if functions.unfit:
        run.checks.append(Check(_mock_expectation(test), f"mocks: {functions.unfit[0]}"))
        return
    plain = [each for each in test.expectations if each.kind is not ExpectationKind.JUDGED_BY]
    run.checks += [check(each, run.turns, checker) for each in plain]
    early = {id(each.expectation): each for each in check_order(plain, run.turns)}
    run.checks = [early.get(id(each.expectation), each) if each.passed else each for each in run.checks]
    # A judge costs time and money, and cannot make a failed sample pass.
    for each in test.expectations if all(found.passed for found in run.checks) else ():
        if each.kind is ExpectationKind.JUDGED_BY:
            run.checks.append(_judge(test, each, partner, run))


def _judge(test: DeclaredTest, expectation: Expectation, partner: Partner, run: _Run) -> Check:
    with partner.open(expectation.value["assistant"]) as dialogue:
        verdict = dialogue.run(Message(compose_request(test, expectation, run.turns)), refuse_call)
    run.costs.append(verdict.cost)
    return read_verdict(expectation, verdict)


def _mock_expectation(test: DeclaredTest) -> Expectation:
    """Returns the expectation that is reported as failed if the arguments of a function call match none of the test's
    mocks. It requires a call of the function of the first mock. The manifest does not contain this expectation.
    """
    mock = test.mocks[0]
    return Expectation(ExpectationKind.TOOL_CALLED, {"name": mock.function}, mock.place)


def _calls(turns: Sequence[Turn]) -> list[CalledFunction]:
    results = {answer.call: answer.output for turn in turns for answer in turn.answers}
    calls = [event for turn in turns for event in turn.events if isinstance(event, FunctionCalled)]
    found = [CalledFunction(each.name, each.arguments, _kept(results.get(each.call))) for each in calls]
    others = [use for use in tool_uses(turns) if use.arguments is None and not _is_function(use.name, calls)]
    return [*found, *(CalledFunction(use.name, use.text[:KEPT_RESULT]) for use in others)]


def _is_function(name: str, calls: Sequence[FunctionCalled]) -> bool:
    return any(call.name == name for call in calls)


def _kept(result: str | None) -> str | None:
    return None if result is None else result[:KEPT_RESULT]
