"""Defines the command `provision emulator`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from provisioner.cli.options import shared
from provisioner.emulator.options import FLAGS, Flag

F = TypeVar("F", bound=Callable[..., Any])

#: The default port. The emulator always has the same port, because applications have the port in their settings.
PORT = 8765


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
        )(function)
    return function


def _type_of(flag: Flag) -> click.ParamType[Any]:
    if flag.kind is bool:
        return click.BOOL
    if flag.kind is int:
        return click.IntRange(flag.least, flag.most)
    return click.Path(path_type=Path, dir_okay=False) if flag.kind is Path else click.STRING


@click.command()
@flags
@shared
def emulator(**chosen: Any) -> None:
    """Run an OpenAI-compatible server on 127.0.0.1, until Ctrl-C.

    \b
    SPEC is `METHOD PATH FAULT [WHICH]`, such as:
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
    serve(options, lambda base_url: shown.result(ready_text(base_url)))
