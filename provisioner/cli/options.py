"""Options that several commands share. They may stand before the command or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Globals:
    """What the shared options chose."""

    directory: Path | None = None
    env: str | None = None
    emulator: bool = False
    no_color: bool = False
    verbose: int = 0


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Remembers an option that was given; one that was not keeps what stood before the command."""
    chosen = ctx.ensure_object(Globals)
    if value:
        setattr(chosen, str(param.name), value)
    return value


def _option(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep, **settings)


def shared(function: F) -> F:
    """The global options."""
    for option in (
        _option("-v", "--verbose", count=True, help="Tell of every API call, too."),
        _option("--no-color", is_flag=True, help="No colours (also: NO_COLOR)."),
        _option("--emulator", is_flag=True, help="Work on the embedded emulator; account and state in .provision/."),
        _option("--env", metavar="NAME", envvar="PROVISION_ENV", help="The environment (also: PROVISION_ENV)."),
        _option(
            "-C",
            "--dir",
            "directory",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            metavar="DIR",
            help="Where to look for the manifests, upwards.  [default: here]",
        ),
    ):
        function = option(function)
    return function


def planning(function: F) -> F:
    """The options of all commands that make a plan."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout."),
        click.option(
            "--parallelism", type=click.IntRange(1, 64), default=16, show_default=True, help="API calls at once."
        ),
        click.option("--allow-mass-delete", is_flag=True, help="Delete more of a kind than delete_threshold allows."),
        click.option("--accept-account", is_flag=True, help="Go on on another account, or where nothing is found."),
        click.option("--no-refresh", is_flag=True, help="Believe the state; do not look at what is live."),
        click.option(
            "--only",
            multiple=True,
            metavar="ADDRESS",
            help="Only this address and what it needs (repeatable).",
        ),
    ):
        function = option(function)
    return function


def confirming(function: F) -> F:
    """The options of all commands that write to the account."""
    for option in (
        click.option(
            "--index-timeout",
            type=click.FloatRange(min=1),
            default=600.0,
            show_default=True,
            metavar="SECONDS",
            help="How long files may take to be indexed.",
        ),
        click.option(
            "--grace",
            type=click.FloatRange(min=0),
            default=5.0,
            show_default=True,
            metavar="SECONDS",
            help="How long a request of a killed run may still take to arrive.",
        ),
        click.option("--overwrite-drift", is_flag=True, help="With --yes: undo what others changed."),
        click.option("--confirm", metavar="NAME", help="The environment's name, where it is protected."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
    ):
        function = option(function)
    return function
