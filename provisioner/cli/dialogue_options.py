"""Defines the options of the commands `provision chat` and `provision ask`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from msgspec import Struct

from provisioner.cli.options import HOUR, Span

F = TypeVar("F", bound=Callable[..., Any])
#: The defaults of `--max-turns` and `--handler-timeout`; a test compares them with those of the engine.
MAX_TURNS, HANDLER_TIMEOUT = 20, 30.0


class DialogueOptions(Struct, frozen=True):
    """The values of the options of `provision chat` and `provision ask`. `instructions` replaces the instructions of
    the assistant. `keep` says whether the objects that the dialogue creates stay at OpenAI. `handler_timeout` is in
    seconds.
    """

    poll: bool
    instructions: str | None
    files: tuple[Path, ...]
    as_json: bool
    transcript: Path | None
    unapplied: bool
    keep: bool
    max_turns: int
    handlers: bool
    handler_timeout: float
    handler_variables: tuple[str, ...]


def dialogue_options(function: F) -> F:
    """Adds the options of `DialogueOptions` to a command. The command gets their values as one argument with the name
    `options`.
    """

    @wraps(function)
    def gathered(*arguments: Any, **given: Any) -> Any:
        names = DialogueOptions.__struct_fields__
        options = DialogueOptions(**{name: given.pop(name) for name in names})
        return function(*arguments, **given, options=options)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return cast("F", gathered)


_OPTIONS = (
    click.option("--poll", is_flag=True, help="Wait for whole answers instead of streaming them."),
    click.option("--instructions", metavar="TEXT", help="Use these instructions instead of the assistant's own."),
    click.option(
        "--file",
        "files",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Attach a file to the first message (repeatable).",
    ),
    click.option("--json", "as_json", is_flag=True, help="The events as JSON lines on stdout."),
    click.option(
        "--transcript",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Also write a transcript: JSON for *.json, otherwise Markdown.",
    ),
    click.option("--unapplied", is_flag=True, help="The assistant as the manifests describe it (target responses)."),
    click.option("--keep", is_flag=True, help="Keep what this creates at OpenAI, and name it."),
    click.option(
        "--max-turns",
        type=click.IntRange(1, 1000),
        default=MAX_TURNS,
        show_default=True,
        metavar="N",
        help="The most rounds of function calls in one answer.",
    ),
    click.option("--handlers", is_flag=True, help="Run local functions (handler:) in CI, too."),
    click.option(
        "--handler-timeout",
        type=Span(0.1, HOUR, "seconds", "an hour"),
        default=HANDLER_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help="How long a local function may take.",
    ),
    click.option(
        "--handler-env",
        "handler_variables",
        multiple=True,
        metavar="NAME",
        help="Give local functions this variable, although it may hold a secret (repeatable).",
    ),
)
