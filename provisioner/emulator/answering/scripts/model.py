"""Implements the scripted model. The model replies with the first rule of the script that applies to the turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from provisioner.emulator.answering.outputs import Failure, Output
from provisioner.emulator.answering.scripts.matching import MOST_SECONDS, SlowPattern, limited
from provisioner.emulator.answering.scripts.placeholders import Values
from provisioner.emulator.answering.scripts.rules import Rule
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import Turn


class ScriptedModel:
    """Answers turns by the rules of a script. Nothing in the answers is random except ids."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def answer(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Output] | None:
        """Returns the outputs of the turn. Returns None if no rule applies to the turn. If the regular expressions take
        too long, the only output is a Failure. `tooling` contains the tools that the reply can use.
        """
        files = list(tooling.workspace.files()) if tooling.workspace and self._needs_files() else []
        try:
            found = limited(lambda: self._find(turn, files), MOST_SECONDS)
        except SlowPattern:
            return _fail(f"The regular expressions of the script take more than {MOST_SECONDS:g} s for this message.")
        return None if found is None else _reply(found[0], turn, tooling, found[1])

    def _find(self, turn: Turn, files: Sequence[str]) -> tuple[Rule, Values] | None:
        for rule in self._rules:
            values = rule.match(turn, files)
            if values is not None:
                return rule, values
        return None

    def _needs_files(self) -> bool:
        return any("file" in rule.patterns for rule in self._rules)


async def _fail(message: str) -> AsyncIterator[Output]:
    yield Failure("server_error", message)


async def _reply(rule: Rule, turn: Turn, tooling: Tooling, values: Values) -> AsyncIterator[Output]:
    for step in rule.reply:
        output = await step.carry_out(turn, tooling, values)
        if output is not None:
            values = values.after(output)
            yield output
