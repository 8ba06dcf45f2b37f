"""Defines the rules of a script. A rule says to which turns it applies, and how it replies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from provisioner.emulator.answering.outputs import CustomCall, FunctionCall
from provisioner.emulator.answering.scripts.placeholders import Values
from provisioner.emulator.answering.scripts.steps import WEB_SEARCH, Step
from provisioner.emulator.answering.turn import FunctionResult, Message, Turn, name_of


class Rule(Struct, frozen=True):
    """Contains a rule of a script. `patterns` maps the name of a text to regular expressions, of which at least one
    must match the text. The names are `input` (the last message of the user), `instructions`, `result` (the results of
    functions), `model`, and `file` (the names of files; one of them must match).

    `result_of` are names of functions. If `result_of` is not empty, the rule replies only to results of these
    functions. Otherwise the rule replies only to messages. `tools` are names of tools that the turn must have.
    `without_tools` are names of tools that the turn must not have.
    """

    name: str
    reply: tuple[Step, ...]
    patterns: Mapping[str, Sequence[re.Pattern[str]]]
    result_of: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    without_tools: tuple[str, ...] = ()

    def match(self, turn: Turn, files: Sequence[str]) -> Values | None:
        """Returns the values for the placeholders of the reply. Returns None if the rule does not apply to the turn,
        for example because the turn does not have a tool that the reply uses. `files` are the names of the files in the
        code interpreter's folder.
        """
        results = _last_results(turn)
        if bool(self.result_of) != bool(results) or not self._offered(turn):
            return None
        given = [name for name, _ in results if name in self.result_of]
        if self.result_of and not given:
            return None
        result = "\n".join(output for name, output in results if name in self.result_of)
        subjects = {
            "input": [turn.last_text()],
            "instructions": [turn.instructions],
            "result": [result],
            "model": [turn.model],
            "file": [*_names_of_files(turn), *files],
        }
        groups: dict[str, str] = {}
        for subject, patterns in self.patterns.items():
            found = _first_match(patterns, subjects[subject])
            if found is None:
                return None
            groups.update(_groups(found, numbered=subject == self._numbered()))
        return Values(groups, turn.last_text(), result, turn.model)

    def _numbered(self) -> str:
        """Returns the name of the text whose capture groups are numbered in the reply: the placeholder `{{1}}` stands
        for the first capture group in the pattern for this text. The name is `result` if the rule has a pattern for the
        results of functions, otherwise `input`.
        """
        return "result" if "result" in self.patterns else "input"

    def _offered(self, turn: Turn) -> bool:
        names = {name_of(tool) for tool in turn.usable_tools()}
        if names & set(WEB_SEARCH):
            names.add(WEB_SEARCH[0])
        needed = {*self.tools, *(step.needs for step in self.reply if step.needs)}
        if turn.choice.mode == "required" and not self.result_of and not needed:
            return False
        return needed <= names and not names & set(self.without_tools)


def _last_results(turn: Turn) -> list[tuple[str, str]]:
    """Returns a pair of texts for each result of a function at the end of the turn: the name of the function, and the
    result. The list is empty if the turn does not end with results of functions.
    """
    names = {item.call_id: item.name for item in turn.items if isinstance(item, FunctionCall | CustomCall)}
    found: list[tuple[str, str]] = []
    for item in reversed(turn.items):
        if not isinstance(item, FunctionResult):
            break
        found.append((names.get(item.call_id, ""), item.output))
    return found[::-1]


def _names_of_files(turn: Turn) -> list[str]:
    return [file.filename for item in turn.items if isinstance(item, Message) for file in item.files]


def _first_match(patterns: Sequence[re.Pattern[str]], subjects: Sequence[str]) -> re.Match[str] | None:
    return next((found for pattern in patterns for text in subjects if (found := pattern.search(text))), None)


def _groups(found: re.Match[str], *, numbered: bool) -> dict[str, str]:
    named = {name: value or "" for name, value in found.groupdict().items()}
    if not numbered:
        return named
    return {str(number): found[number] or "" for number in range(len(found.groups()) + 1)} | named
