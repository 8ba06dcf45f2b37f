"""Defines the options that several commands share. The user can write a global option before or after the command."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

#: The names of the commands. Commands that a beginner needs first are first. Each command is a function in a module;
#: the function and the module have the command's name.
COMMANDS = (
    *("init", "migrate", "validate", "lint", "schema", "plan", "apply", "import", "pull", "unmanaged", "gc", "destroy"),
    *("ask", "chat", "steps", "test", "search"),
    *("show", "history", "diff", "rollback", "output", "export", "graph", "state", "completion", "emulator"),
)

F = TypeVar("F", bound=Callable[..., Any])
#: The longest accepted times in seconds. A wait that never ends would block a runner.
HOUR, DAY = 3_600, 86_400
YEAR_MINUTES = 525_600


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Stores the value of a global option in the context `ctx`, and returns the value. The key is the name of the
    option, which is also the name of a field of `Choice`. If the option is given both before and after the command, the
    value after the command is used.
    """
    given = ctx.ensure_object(dict)
    if value or (value is not None and not isinstance(value, bool | int)):
        given[str(param.name)] = value
    return value


def _keep_all(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Stores the values of a global option that can be given several times, and returns `value`. Values that stand
    before the command come first in the stored tuple.
    """
    given = ctx.ensure_object(dict)
    if value:
        given[str(param.name)] = (*given.get(str(param.name), ()), *value)
    return value


def _read_variable(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Stores the values of the option `--var`, each of the form NAME=VALUE, and returns them. Raises BadParameter if a
    value contains no `=`; the message does not show the value, because it may be a secret.
    """
    if any(not text.partition("=")[0].strip() or "=" not in text for text in value):
        raise click.BadParameter("a variable is set by `NAME=VALUE`", ctx, param)
    return _keep_all(ctx, param, value)


def _repeatable(*names: str, callback: Callable[..., Any], **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, multiple=True, callback=callback, **settings)


def _option(*names: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep, **settings)


def complete_environment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Returns the names of the project's environments that begin with `incomplete`, for shell completion."""
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.completing import environments_of

    return environments_of(chosen_by(ctx).folder, incomplete)


def _complete_choice(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from provisioner.cli.completing import complete_choice

    return complete_choice(ctx, param, incomplete)


class Span(click.FloatRange):
    """The type of command-line options whose value is a number from `least` to `most`. `unit` is the unit that error
    messages name, and `longest` is the value of `most` in words. Both can be empty.
    """

    def __init__(self, least: float, most: float, unit: str = "", longest: str = "") -> None:
        super().__init__(least, most)
        number = f"a number of {unit}" if unit else "a number"
        self._expected = f"{number} from {least:g} to {most:,.0f}" + (f", which is {longest}" if longest else "")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Returns `value` as a number. Raises BadParameter if `value` is not a number in the range of this type; `inf`
        and `nan` are refused too.
        """
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        # Every comparison with `nan` is false, so it is outside of every range.
        if not cast("float", self.min) <= number <= cast("float", self.max):
            self.fail(f"`{str(value)[:40]}` is not {self._expected}", param, ctx)
        return number


def _seconds(name: str, least: float, most: float, longest: str, help: str) -> Callable[[F], F]:
    return _option(name, type=Span(least, most, "seconds", longest), metavar="SECONDS", help=help)


def shared(function: F) -> F:
    """Adds the global options to a command. Before the command starts, stderr is replaced by a stream that removes
    secrets from everything that is written to it.
    """

    @wraps(function)
    def guarded(*arguments: Any, **options: Any) -> Any:
        from provisioner.cli.chosen_options import chosen_by, remember
        from provisioner.cli.streams import guard_streams

        guard_streams()
        remember(chosen_by(click.get_current_context()))
        return function(*arguments, **options)

    return global_options(cast("F", guarded))


def global_options(function: F) -> F:
    """Adds the global options to a command or to the group `provision`."""
    for option in (
        _option(
            "-v",
            "--verbose",
            count=True,
            help="Report every API call, every file, and every field of new objects, too.",
        ),
        _option("--no-color", is_flag=True, help="No colours (also: NO_COLOR)."),
        _option("--emulator", is_flag=True, help="Work on the embedded emulator; account and state in .provision/."),
        _repeatable(
            "--var-file",
            "variable_files",
            callback=_keep_all,
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            metavar="FILE",
            help="Set variables to what this YAML or JSON file says (repeatable).",
        ),
        _repeatable(
            "--var",
            "variables",
            callback=_read_variable,
            metavar="NAME=VALUE",
            help="Set a variable of the manifests (repeatable; also: PROVISION_VAR_NAME).",
        ),
        _option(
            "--env",
            "environment",
            metavar="NAME",
            envvar="PROVISION_ENV",
            shell_complete=complete_environment,
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


def parallel(function: F) -> F:
    """Adds the option `--parallelism` to a command that makes many API calls."""
    from provisioner.core.defaults import MOST_PARALLELISM, PARALLELISM

    at_once = f"API calls at once.  [default: {PARALLELISM}]"
    return _option("--parallelism", type=click.IntRange(1, MOST_PARALLELISM), metavar="N", help=at_once)(function)


def testing(function: F) -> F:
    """Adds to a command the options that all commands that run tests have: `--handlers`, `--junit` and `--budget`."""
    for option in (
        click.option("--handlers", is_flag=True, help="Run local functions (handler:) in CI, too."),
        click.option(
            "--junit",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Also write the results of tests as JUnit's XML.",
        ),
        click.option(
            "--budget",
            type=Span(0, 100_000, "US dollars"),
            metavar="USD",
            help="Start no further test when the estimated costs would exceed this.",
        ),
    ):
        function = option(function)
    return function


def planning(function: F) -> F:
    """Adds to a command that makes a plan the options for planning, such as `--only` and `--json`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout."),
        parallel,
        click.option("--allow-mass-delete", is_flag=True, help="Delete more of a kind than delete_threshold allows."),
        *_accepting(),
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


def reading(function: F) -> F:
    """Adds options for planning to a command: `--json`, `--parallelism`, `--refresh`, `--accept-account` and
    `--accept-state`. The option `--only` is not added.
    """
    for option in (
        click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout."),
        parallel,
        *_accepting(),
    ):
        function = option(function)
    return function


def _accepting() -> tuple[Callable[[F], F], ...]:
    """Returns the decorators that add `--accept-account`, `--accept-state` and `--refresh` to a command. The first two
    options allow a plan for another account than before, or from a state that is not the state that was written last.
    `--refresh` says how much of the account a plan reads.
    """
    from provisioner.cli.refresh_option import refreshing

    return (
        click.option(
            "--accept-account", is_flag=True, help="Continue with another account, or if no recorded object is found."
        ),
        click.option("--accept-state", is_flag=True, help="Continue from a state that is not the one written last."),
        refreshing,
    )


def page(content: str) -> Callable[[F], F]:
    """Returns a decorator that adds the option `--html FILE` to a command. With this option, the command also writes
    its result as an HTML page. `content` is the name of the result in the help text, such as `the plan`.
    """
    return click.option(
        "--html",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=f"Also write {content} as a page for a browser.",
    )


def excepting(function: F) -> F:
    """Adds the option `--except` to a command that compares environments of the project. The option excludes resources
    and fields from the comparison.
    """
    return click.option(
        "--except",
        "exceptions",
        multiple=True,
        metavar="PATTERN",
        help="Leave out of the comparison: a FIELD, an ADDRESS, or ADDRESS:FIELD; * stands for any characters "
        "(repeatable).",
    )(function)


def locking(function: F) -> F:
    """Adds the option `--lock-timeout` to a command that needs the lock of the state."""
    from provisioner.core.defaults import LOCK_TIMEOUT

    help = f"How long to wait for a lock that another process holds.  [default: {LOCK_TIMEOUT:g}]"
    return _seconds("--lock-timeout", 0, DAY, "a day", help)(function)


def overwriting(function: F) -> F:
    """Adds the option `--overwrite-drift` to a command. With the option, the command may undo changes that others made
    in the account.
    """
    return click.option("--overwrite-drift", is_flag=True, help="Undo what others changed.")(function)


def agreeing(function: F) -> F:
    """Adds the options `--yes` and `--confirm` to a command. With them, the user confirms changes in advance."""
    for option in (
        click.option("--confirm", metavar="NAME", help="The environment's name, where it is protected."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
    ):
        function = option(function)
    return function


def confirming(function: F) -> F:
    """Adds options for confirmation, such as `--yes`, and for time limits to a command that writes to the account."""
    from provisioner.core.defaults import GRACE, INDEX_TIMEOUT

    indexed = f"How long files may take to be indexed.  [default: {INDEX_TIMEOUT:g}]"
    arriving = f"How long a request of a killed run may still take to arrive.  [default: {GRACE:g}]"
    function = overwriting(function)
    for option in (
        _seconds("--index-timeout", 1, DAY, "a day", indexed),
        _seconds("--grace", 0, HOUR, "an hour", arriving),
    ):
        function = option(function)
    return agreeing(function)
