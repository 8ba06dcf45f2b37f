"""Answers function calls in a test with the results in the test's mocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.core.declaredtest import MockedResult
from provisioner.core.strictjson import loads
from provisioner.engine.testing.expectations import holds, shorten
from provisioner.openai_api.turns.events import FunctionAnswered, FunctionCalled
from provisioner.openai_api.turns.turn import NoAnswer

#: A function that calls the handler of a function and returns the result; None if the function has no handler.
Handle = Callable[[FunctionCalled], FunctionAnswered | None]
HINT = "add a mock for this function to the test, or give the function a `handler:`"


class MockedFunctions(Struct):
    """Answers the function calls of one sample (one run of a test) with mocks, the results that the test declares. If a
    function has no mock, `handle` is called, which runs the function's handler.

    `used` are the indices of the mocks that were used. `unfit` contains a message for each call whose arguments match
    none of the mocks of the function.
    """

    mocks: Sequence[MockedResult]
    handle: Handle = lambda call: None
    used: set[int] = field(default_factory=set)
    unfit: list[str] = field(default_factory=list)

    def answer(self, call: FunctionCalled) -> FunctionAnswered:
        """Returns the result of the function call `call`. Raises NoAnswer if the function has mocks but none of them
        matches the call, or if it has neither a mock nor a handler.
        """
        arguments = _parsed(call.arguments)
        for index, mock in enumerate(self.mocks):
            if mock.function == call.name and (mock.arguments is None or holds(arguments, mock.arguments)):
                self.used.add(index)
                return FunctionAnswered(call.call, call.name, spell_result(mock.result), origin="mock")
        if any(mock.function == call.name for mock in self.mocks):
            message = f"no mock of `{call.name}` has the arguments of the call, {shorten(call.arguments)}"
            self.unfit.append(message)
            raise NoAnswer(message, "add a mock with these arguments, or one without `arguments`")
        if (handled := self.handle(call)) is not None:
            return handled
        message = f"the assistant calls the function `{call.name}`, and the test has no mock for it"
        raise NoAnswer(message, HINT)


def find_unused(mocks: Sequence[MockedResult], used: set[int]) -> list[str]:
    """Returns a message for each mock that no call has used. `used` are the indices of the mocks that were used."""
    return [
        f"{mock.place}: this mock of `{mock.function}` matched no call; correct its arguments, or remove it"
        for index, mock in enumerate(mocks)
        if index not in used
    ]


def spell_result(result: Any) -> str:
    """Returns `result`, the result of a function, in the form that the API accepts: a text unchanged, and any other
    value as JSON text.
    """
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def _parsed(arguments: str) -> Any:
    try:
        return loads(arguments or "{}")
    except ValueError:
        return None
