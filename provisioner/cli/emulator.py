"""Defines the command `provision emulator`."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from provisioner.cli.options import Span, shared
from provisioner.emulator.options import FLAGS, HOUR_MS, Flag, LongTail, read_latency

F = TypeVar("F", bound=Callable[..., Any])

#: The default port. The emulator always has the same port, because applications have the port in their settings.
PORT = 8765
#: The numbers after which Python up to 3.12 looks for cycles of objects if a program does not change them.
USUAL_THRESHOLDS = (700, 10, 10)


def flags(function: F) -> F:
    """Adds the options of the emulator to a command."""
    for flag in reversed(FLAGS):
        function = click.option(
            flag.name,
            flag.field,
            type=_type_of(flag),
            is_flag=flag.kind is bool,
            default=PORT if flag.field == "port" else flag.default,
            show_default=flag.field == "port",
            multiple=flag.repeated,
            metavar=flag.metavar,
            help=flag.help,
            **({} if flag.alone is None else {"flag_value": flag.alone}),
        )(function)
    return function


class LatencyType(click.IntRange):
    """The type of the option `--latency`: a number of milliseconds, or the median and the 99th percentile of random
    delays, such as `50:800`.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the delay that the text `value` describes: a number of milliseconds or a `LongTail` (random delays).
        Raises BadParameter if `value` is not a valid delay.
        """
        if isinstance(value, LongTail):
            return value
        try:
            return read_latency(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _type_of(flag: Flag) -> click.ParamType[Any]:
    if flag.kind is bool:
        return click.BOOL
    if flag.kind is LongTail:
        return LatencyType(0, HOUR_MS)
    if flag.kind is int:
        return click.IntRange(int(flag.least), None if flag.most is None else int(flag.most))
    if flag.kind is float:
        return Span(flag.least, flag.most or math.inf)
    return click.Path(path_type=Path, dir_okay=False) if flag.kind is Path else click.STRING


@click.command()
@flags
@shared
def emulator(**chosen: Any) -> None:
    """Run an OpenAI-compatible server on 127.0.0.1, until Ctrl-C.

    \b
    SPEC, the value of --fail, has the form `METHOD PATH FAULT [WHICH]`. Examples:
      "POST /vector_stores 500 times=1"
      "GET /files* 429 retry-after=2 rate=0.1 seed=7"
      "POST /files drop-after nth=3"
      "indexing *.pdf invalid_file"
      "indexing *.md hidden lists=2"
      "turn *prime* rate_limit_exceeded times=1"
    """
    from provisioner.cli.terminal import screen
    from provisioner.emulator.options import Options
    from provisioner.emulator.process import check_installed
    from provisioner.review.render.emulator_text import ready_text

    check_installed()
    from provisioner.emulator.serving.server import serve

    options = Options(**chosen)
    shown = screen()
    # The command line looks for cycles of objects so rarely that a server would keep the cycles of days.
    gc.set_threshold(*USUAL_THRESHOLDS)
    serve(options, lambda base_url: shown.result(ready_text(base_url)))
