"""Answers a turn: chooses a model, simulates the errors that `--fail` requests for turns, and applies the limits of the
request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from msgspec.structs import replace

from provisioner.emulator.answering.outputs import (
    CodeRun,
    CustomCall,
    Expired,
    Failure,
    FileSearch,
    FunctionCall,
    Incomplete,
    McpCall,
    Produced,
    Text,
    TextPiece,
    WebSearch,
)
from provisioner.emulator.answering.tooling import Interpreter, Tooling
from provisioner.emulator.answering.turn import Turn
from provisioner.emulator.answering.usage import BYTES_PER_TOKEN, count_usage
from provisioner.emulator.faults import Faults

BUILT_IN = (CodeRun, FileSearch, McpCall, WebSearch)


class Model(Protocol):
    """Defines the interface of a model, which answers turns. There are three models: a script of rules, the plain
    answer (a fixed text with the results of tools), and another server.
    """

    def answer(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Produced] | None:
        """Returns the outputs of the turn. Returns None if this model cannot answer the turn; the next model is then
        asked. `tooling` contains the tools that the model can use.
        """


class Answering:
    """Answers turns. It asks the models in `models` one after the other, and uses the first answer. `faults` are the
    errors that it simulates, because `--fail` requests them. `interpreter` runs the code of the code interpreter. It is
    None if code is not executed.
    """

    def __init__(self, models: tuple[Model, ...], faults: Faults, interpreter: Interpreter | None = None) -> None:
        self._models = models
        self._faults = faults
        self.interpreter = interpreter

    async def answer(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Produced]:
        """Yields the outputs of a turn as they are made. An output of the type Failure, Incomplete or Expired is always
        the last output. Some models yield a text in pieces before they yield the whole text. `tooling` contains the
        tools that the model can use.
        """
        ending = self._fault(turn)
        if ending is not None and not isinstance(ending, Incomplete):
            yield ending
            return
        budget, calls = turn.max_output_tokens, turn.max_tool_calls
        sent = 0
        async for output in self._outputs(turn, tooling):
            if isinstance(output, TextPiece):
                sent += len(output.text.encode())
                # Pieces that the limit would cut off again are not sent.
                if ending is None and (budget is None or sent <= budget * BYTES_PER_TOKEN):
                    yield output
                continue
            sent = 0
            if isinstance(output, BUILT_IN) and calls is not None:
                if calls == 0:
                    continue
                calls -= 1
            if ending is not None and isinstance(output, Text):
                yield shorten(output, len(output.text.encode()) // 2)
                break
            spent = count_usage(replace(turn, items=()), [output]).output
            if budget is not None and spent > budget:
                if isinstance(output, Text):
                    yield shorten(output, budget * BYTES_PER_TOKEN)
                yield Incomplete("max_output_tokens")
                return
            budget = None if budget is None else budget - spent
            yield output
            if isinstance(output, Failure | Incomplete | Expired):
                return
            if isinstance(output, FunctionCall | CustomCall) and not turn.parallel_calls:
                return
        if ending is not None:
            yield ending

    def _outputs(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Produced]:
        for model in self._models:
            answer = model.answer(turn, tooling)
            if answer is not None:
                return answer
        raise AssertionError("The last model always answers.")

    def _fault(self, turn: Turn) -> Failure | Incomplete | Expired | None:
        fault = self._faults.of_turn(turn.last_text())
        if fault is None:
            return None
        if fault.effect == "expired":
            return Expired()
        if fault.effect in ("incomplete", "content_filter"):
            return Incomplete("max_output_tokens" if fault.effect == "incomplete" else fault.effect)
        return Failure(fault.effect, fault.texts.get("message", f"A fault was asked for: {fault.effect}."))


def shorten(text: Text, size: int) -> Text:
    """Returns the beginning of a text, with at most `size` bytes of UTF-8. Annotations of the removed part are removed
    too.
    """
    kept = text.text.encode()[:size].decode(errors="ignore")
    inside = [each for each in text.annotations if getattr(each, "end", getattr(each, "position", 0)) <= len(kept)]
    return Text(kept, tuple(inside))
