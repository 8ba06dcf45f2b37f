"""Adds the options of this run to every `provision` command in a message.

Messages name commands to run next, such as `provision plan --out FILE`. The lower layers do not know the command line,
so the options are added when a text is printed. A command that the user copies from the message then works on the same
project, environment of the project, and account.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from provisioner.cli.chosen_options import started
from provisioner.cli.options import COMMANDS
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines

if TYPE_CHECKING:
    from provisioner.planning.event import Event
    from provisioner.planning.plan import Plan


def start_options() -> list[str]:
    """Returns the options of this run that choose the project, its environment and the account. The result is a list of
    words of a command line.
    """
    words: list[str] = []
    chosen = started()
    if chosen.directory is not None:
        words += ["-C", str(chosen.directory)]
    if chosen.environment is not None:
        words += ["--env", chosen.environment]
    if chosen.emulator:
        words.append("--emulator")
    for path in chosen.variable_files:
        words += ["--var-file", str(path)]
    for text in chosen.variables:
        words += ["--var", text]
    return words


def with_options(text: str) -> str:
    """Returns `text` with the options of this run in each `provision COMMAND`, so that a user can copy the command.

    If `text` is of type `Lines` (a message of several lines), the result is of this type too.
    """
    words = start_options()
    if not words or "provision " not in text:
        return text
    changed = _commands().sub(lambda found: _written(words, found), text)
    return Lines(changed) if isinstance(text, Lines) else changed


def with_options_in(plan: Plan) -> Plan:
    """Returns a copy of the plan for display. The options of this run are added to the `provision` commands in its
    diagnostics.
    """
    return replace(plan, diagnostics=tuple(map(with_options_of, plan.diagnostics))) if start_options() else plan


def with_options_of(diagnostic: Diagnostic) -> Diagnostic:
    """Returns a copy of the diagnostic for display. The options of this run are added to the `provision` commands in
    its message and hint.
    """
    hint = None if diagnostic.hint is None else with_options(diagnostic.hint)
    return replace(diagnostic, message=with_options(diagnostic.message), hint=hint)


def with_options_at(event: Event) -> Event:
    """Returns a copy of the event of an apply for display. The options of this run are added to the `provision`
    commands in its hint.
    """
    from provisioner.planning.event import Failed

    return replace(event, hint=with_options(event.hint)) if isinstance(event, Failed) and event.hint else event


def _written(words: list[str], found: re.Match[str]) -> str:
    own = found["own"].split()
    rest = re.split(r"[`\n]", found.string[found.end() :], maxsplit=1)[0]
    if "--env" in words and "--env" in rest.split():  # The command chooses an environment itself.
        place = words.index("--env")
        words = [*words[:place], *words[place + 2 :]]
    return " ".join(["provision", *(shlex.quote(word) for word in words if word not in own), *own, ""])


@cache
def _commands() -> re.Pattern[str]:
    """Returns a regular expression that matches the word `provision` before the name of a command. It does not match in
    the text that describes the owner of a lock, because that command has already run.
    """
    names = "|".join(COMMANDS)
    return re.compile(rf"(?<!\d, `)\bprovision (?P<own>(?:--emulator )?)(?=(?:{names})\b)")
