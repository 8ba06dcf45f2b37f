"""Defines the command `provision search`."""

from __future__ import annotations

import click

from provisioner.cli.completing import complete_store
from provisioner.cli.options import Span, shared


@click.command()
@click.argument("store", shell_complete=complete_store)
@click.argument("query")
@click.option(
    "--filter",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    help="Only files whose attributes fit: KEY=VALUE (also !=, >, >=, <, <=), or a filter as JSON (repeatable).",
)
@click.option(
    "--top", type=click.IntRange(1, 50), default=10, show_default=True, metavar="N", help="At most N passages."
)
@click.option("--min-score", type=Span(0, 1), metavar="SCORE", help="Only passages with at least this score (0 to 1).")
@click.option("--json", "as_json", is_flag=True, help="The passages as JSON on stdout, whole.")
@shared
@click.pass_context
def search(
    context: click.Context,
    store: str,
    query: str,
    conditions: tuple[str, ...],
    top: int,
    min_score: float | None,
    as_json: bool,
) -> None:
    """Search in a vector store, as file_search does, and show the passages with their scores.

    STORE is the name of an applied vector store, or an id of a vector store. QUERY is the text to search for. With -v,
    the whole text of each passage is shown.
    """
    from provisioner.cli.running import failing_in_form, running
    from provisioner.cli.terminal import screen
    from provisioner.project.searching import search_project
    from provisioner.review.render.found_passages import passages_json, passages_text
    from provisioner.review.render.json_text import dumps

    with failing_in_form(json=as_json), running(context) as project:
        hits = search_project(project, store, query, conditions=conditions, top=top, threshold=min_score)
        shown = screen()
        if as_json:
            shown.result(dumps(passages_json(query, store, hits)))
        else:
            shown.result(passages_text(hits, shown.style, unfolded=bool(shown.verbose)))
