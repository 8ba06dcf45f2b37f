"""Defines the options that decide how much of the account a plan reads: `--refresh` and `--no-refresh`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from provisioner.core.refreshmode import RefreshMode

F = TypeVar("F", bound=Callable[..., Any])
HELP = (
    "How much of the account to read: full, none, or quick: the lists, and the files only of vector stores that have "
    "changed or are to be changed.  [default: full]"
)


def refreshing(function: F) -> F:
    """Adds the options `--refresh` and `--no-refresh` to a command. The command gets one argument `refresh` for both, a
    RefreshMode. Options that contradict each other are refused.
    """

    @wraps(function)
    def choosing(*arguments: Any, refresh: str | None, no_refresh: bool, **options: Any) -> Any:
        return function(*arguments, refresh=_choose(refresh, no_refresh=no_refresh), **options)

    chosen = cast("F", choosing)
    for option in (
        click.option("--no-refresh", is_flag=True, help="Use the state as it is, as with --refresh none."),
        click.option("--refresh", type=click.Choice([mode.value for mode in RefreshMode]), metavar="MODE", help=HELP),
    ):
        chosen = option(chosen)
    return chosen


def _choose(refresh: str | None, *, no_refresh: bool) -> RefreshMode:
    if no_refresh and refresh not in (None, RefreshMode.NONE.value):
        raise click.UsageError(f"--no-refresh means --refresh none; leave it or --refresh {refresh} out")
    return RefreshMode.NONE if no_refresh else RefreshMode(refresh or RefreshMode.FULL)
