"""Defines the options that select unmanaged objects (objects at OpenAI that the state does not record): `--kind`,
`--match` and `--older-than`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from provisioner.planning.unmanaged import Selection

F = TypeVar("F", bound=Callable[..., Any])

#: The words of `--kind`, each with the object type.
KINDS = {
    "assistant": "assistant",
    "agent": "agent",
    "environment": "environment_template",
    "vector_store": "vector_store",
    "skill": "skill",
    "file": "file",
}
#: The units of `--older-than`, in seconds.
UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
#: The longest age that can be asked for, in seconds: about a hundred years.
LONGEST = 36_500 * 86_400


class Age(click.ParamType):  # type: ignore[type-arg]
    """The type of command-line options whose value is an age: a whole number with a unit, such as `30d`."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Returns the age in seconds. `value` is a text such as `90m`, `12h`, `30d` or `8w`, or a number of seconds.
        Raises BadParameter if `value` is a text without this form, or if the age is too long.
        """
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"([0-9]{1,9})([mhdw])", str(value).strip())
        if found is None or (seconds := int(found[1]) * UNITS[found[2]]) > LONGEST:
            self.fail(f"`{str(value)[:40]}` is not an age such as 90m, 12h, 30d or 8w", param, ctx)
        return float(seconds)


def selecting(*, age: bool = True) -> Callable[[F], F]:
    """Returns a decorator that adds the options `--kind` and `--match` to a command. They select objects at OpenAI that
    the state does not record. If `age` is True, the decorator also adds `--older-than`.
    """

    def add(function: F) -> F:
        if age:
            function = click.option(
                "--older-than", type=Age(), metavar="AGE", help="Only what is at least so old: 90m, 12h, 30d or 8w."
            )(function)
        function = click.option(
            "--match",
            multiple=True,
            metavar="GLOB",
            help="Only what has such a display name or id; quote it for the shell (repeatable).",
        )(function)
        return click.option(
            "--kind", multiple=True, type=click.Choice(list(KINDS)), help="Only this kind (repeatable)."
        )(function)

    return add


def selection_of(kind: tuple[str, ...], match: tuple[str, ...], older_than: float | None = None) -> Selection:
    """Returns the filter for unmanaged objects (objects at OpenAI that the state does not record). `kind` and `match`
    are the values of the options `--kind` and `--match`. `older_than` is the value of `--older-than`, in seconds.
    """
    from provisioner.planning.unmanaged import Selection

    return Selection(tuple(KINDS[each] for each in kind), match, older_than)
