"""Answers the function calls of a dialogue. The result comes from a local function or from the person at the
terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from provisioner.core.localfunction import LocalFunction
from provisioner.engine.running.local_functions import FunctionRunner
from provisioner.openai_api.turns.events import FunctionAnswered, FunctionCalled
from provisioner.openai_api.turns.turn import NoAnswer


class Answers(Struct, frozen=True):
    """Answers function calls of a model. `functions` maps the name of each function to its local implementation, or to
    None if there is no local implementation.

    `runner` runs local functions. It is None if local functions must not run, for example in CI. `ask` asks the person
    at the terminal for a result. It is None if nobody is at a terminal.
    """

    functions: Mapping[str, LocalFunction | None]
    runner: FunctionRunner | None
    ask: Callable[[FunctionCalled], str] | None = None

    def __call__(self, call: FunctionCalled) -> FunctionAnswered:
        """Returns the result of the function call. Raises NoAnswer if there is no local function that may run, and no
        person who can give the result. Raises Cancelled if the person cancels the turn.
        """
        function = self.functions.get(call.name)
        if function is not None and self.runner is not None:
            return self.runner.answer(call, function)
        if self.ask is not None:
            return FunctionAnswered(call.call, call.name, self.ask(call), "person")
        if function is not None:
            raise NoAnswer(
                f"{call.name} has the local function {function.name}, which does not run in CI",
                "allow it with --handlers, if the branch is trusted",
            )
        raise NoAnswer(
            f"the model calls {call.name}, and nobody can give the result",
            "give the function a `handler:` in the manifest, or use a terminal",
        )
