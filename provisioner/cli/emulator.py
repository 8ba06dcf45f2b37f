"""`provision emulator`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import shared


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 means any free one."
)
@click.option("--data", type=click.Path(path_type=Path, dir_okay=False), help="Store everything in this file.")
@click.option("--latency", type=click.IntRange(min=0), default=0, metavar="MS", help="Delay every answer.")
@click.option("--indexing", type=click.IntRange(min=0), default=0, metavar="MS", help="The time to index a file.")
@click.option("--rate-limit", type=click.IntRange(min=1), metavar="N", help="Requests a minute.")
@click.option("--fail", multiple=True, metavar="SPEC", help="Simulate a fault (repeatable); see above.")
@click.option(
    "--log", type=click.Path(path_type=Path, dir_okay=False), help="Write a line for every request to this file."
)
@click.option("--model", "models", multiple=True, metavar="NAME", help="Add this model (repeatable).")
@shared
def emulator(
    port: int,
    data: Path | None,
    latency: int,
    indexing: int,
    rate_limit: int | None,
    fail: tuple[str, ...],
    log: Path | None,
    models: tuple[str, ...],
) -> None:
    """Run an OpenAI-compatible server on 127.0.0.1, until Ctrl-C.

    \b
    SPEC is `METHOD PATH FAULT [WHICH]`, such as:
      "POST /vector_stores 500 times=1"
      "GET /files* 429 retry-after=2 rate=0.1 seed=7"
      "POST /files drop-after nth=3"
      "indexing *.pdf invalid_file"
      "indexing *.md hidden lists=2"
    """
    from provisioner.cli.terminal import screen
    from provisioner.emulator.options import Options
    from provisioner.emulator.process import check_installed
    from provisioner.review.render.emulator_text import ready_text

    check_installed()
    from provisioner.emulator.server import serve

    options = Options(
        port=port,
        data=data,
        latency_ms=latency,
        indexing_ms=indexing,
        rate_limit=rate_limit,
        fail=fail,
        log=log,
        models=models,
    )
    shown = screen()
    serve(options, lambda base_url: shown.result(ready_text(base_url)))
