"""`provision emulator`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import shared

#: Milliseconds that one answer, or the indexing of one file, may be put off.
HOUR_MS = 3_600_000


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free one.")
@click.option("--data", type=click.Path(path_type=Path, dir_okay=False), help="Keep everything in this file.")
@click.option("--latency", type=click.IntRange(0, HOUR_MS), default=0, metavar="MS", help="Answer this late.")
@click.option("--indexing", type=click.IntRange(0, HOUR_MS), default=0, metavar="MS", help="Index a file this long.")
@click.option("--rate-limit", type=click.IntRange(1, 1_000_000), metavar="N", help="Requests a minute.")
@click.option("--fail", multiple=True, metavar="SPEC", help="Fail on purpose (repeatable); see above.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="A line for every request, in this file.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Have this model, too (repeatable).")
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
