"""Options that several commands share. They can be before the command or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

#: Each command is the function of its name in the module of its name. The order is that of a beginner's needs.
COMMANDS = (
    *("init", "validate", "lint", "schema", "plan", "apply", "destroy"),
    *("show", "output", "graph", "state", "completion", "emulator"),
)

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Globals:
    """The values of the shared options. Times are in seconds."""

    directory: Path | None = None
    env: str | None = None
    emulator: bool = False
    no_color: bool = False
    verbose: int = 0
    parallelism: int = 16
    index_timeout: float = 600.0
    grace: float = 5.0
    lock_timeout: float = 0.0


_started = Globals()


def remember(chosen: Globals) -> None:
    """Stores the options of this run, also for messages after its command has ended."""
    global _started
    _started = chosen


def started() -> Globals:
    """Returns the options of the run that was started last."""
    return _started


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Stores a given option; an omitted one keeps the value from before the command."""
    chosen = ctx.ensure_object(Globals)
    if value or (value is not None and not isinstance(value, bool | int)):
        setattr(chosen, str(param.name), value)
    return value


def _option(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep, **settings)


def _complete_environment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from provisioner.cli.completing import environments_of

    chosen = ctx.find_object(Globals)
    return environments_of((chosen and chosen.directory) or Path.cwd(), incomplete)


def _complete_choice(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from provisioner.cli.completing import complete_choice

    return complete_choice(ctx, param, incomplete)


def _seconds(name: str, least: float, help: str) -> Callable[[F], F]:
    return _option(name, type=click.FloatRange(min=least), metavar="SECONDS", help=help)


def shared(function: F) -> F:
    """Adds the global options to a command, which then writes only to guarded streams."""

    @wraps(function)
    def guarded(*arguments: Any, **options: Any) -> Any:
        from provisioner.cli.streams import guard_streams

        guard_streams()
        remember(click.get_current_context().ensure_object(Globals))
        return function(*arguments, **options)

    return global_options(cast("F", guarded))


def global_options(function: F) -> F:
    """Adds the global options."""
    for option in (
        _option("-v", "--verbose", count=True, help="Report every API call and every file, too."),
        _option("--no-color", is_flag=True, help="No colours (also: NO_COLOR)."),
        _option("--emulator", is_flag=True, help="Work on the embedded emulator; account and state in .provision/."),
        _option(
            "--env",
            metavar="NAME",
            envvar="PROVISION_ENV",
            shell_complete=_complete_environment,
            help="The environment (also: PROVISION_ENV).",
        ),
        _option(
            "-C",
            "--dir",
            "directory",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            metavar="DIR",
            help="Look for the manifests here and in the folders above.  [default: here]",
        ),
    ):
        function = option(function)
    return function


def planning(function: F) -> F:
    """Adds the options of all commands that make a plan."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout."),
        _option("--parallelism", type=click.IntRange(1, 64), metavar="N", help="API calls at once.  [default: 16]"),
        click.option("--allow-mass-delete", is_flag=True, help="Allow more deletes of a kind than delete_threshold."),
        click.option("--accept-account", is_flag=True, help="Continue with another account, or if nothing is found."),
        click.option("--accept-state", is_flag=True, help="Continue from a state that is not the last one written."),
        click.option("--no-refresh", is_flag=True, help="Trust the state; do not read live objects."),
        click.option(
            "--only",
            multiple=True,
            metavar="ADDRESS",
            shell_complete=_complete_choice,
            help="Only this address, or the matches of a pattern, and what they need (repeatable).",
        ),
    ):
        function = option(function)
    return function


def page(function: F) -> F:
    """Adds the option of all commands that can show a plan as a page."""
    return click.option(
        "--html",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Also write the plan as a page for a browser.",
    )(function)


def locking(function: F) -> F:
    """Adds the option of all commands that need the lock."""
    return _seconds("--lock-timeout", 0, "How long to wait for somebody else's lock.  [default: 0]")(function)


def overwriting(function: F) -> F:
    """Adds the option that allows undoing drift."""
    return click.option("--overwrite-drift", is_flag=True, help="Undo what others changed.")(function)


def confirming(function: F) -> F:
    """Adds the options of all commands that write to the account."""
    function = overwriting(function)
    for option in (
        _seconds("--index-timeout", 1, "How long files may take to be indexed.  [default: 600]"),
        _seconds("--grace", 0, "How long a request of a killed run may still take to arrive.  [default: 5]"),
        click.option("--confirm", metavar="NAME", help="The environment's name, if it is protected."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
    ):
        function = option(function)
    return function
