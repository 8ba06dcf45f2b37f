"""The scripted model. It replies with the first rule of the script that applies to the turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from provisioner.emulator.answering.outputs import Output
from provisioner.emulator.answering.scripts.placeholders import Values
from provisioner.emulator.answering.scripts.rules import Rule
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import Turn


class ScriptedModel:
    """A model that follows rules. The same turn always gets the same answer."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def answer(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Output] | None:
        """Returns the outputs of the turn. Returns None if no rule applies to the turn."""
        files = list(tooling.workspace.files()) if tooling.workspace and self._needs_files() else []
        for rule in self._rules:
            values = rule.match(turn, files)
            if values is not None:
                return _reply(rule, turn, tooling, values)
        return None

    def _needs_files(self) -> bool:
        return any("file" in rule.patterns for rule in self._rules)


async def _reply(rule: Rule, turn: Turn, tooling: Tooling, values: Values) -> AsyncIterator[Output]:
    for step in rule.reply:
        output = await step.carry_out(turn, tooling, values)
        if output is not None:
            values = values.after(output)
            yield output
