"""Defines the command `provision graph`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import shared

if TYPE_CHECKING:
    from provisioner.review.render.graph import Drawing

FORMATS = ("mermaid", "dot", "svg", "json")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="mermaid", metavar="FORMAT",
    help="mermaid, dot, svg or json.  [default: mermaid]",
)  # fmt: skip
@click.option("--plan", "planning", is_flag=True, help="Make a plan now, and draw that.")
@shared
@click.pass_context
def graph(context: click.Context, file: Path | None, form: str, planning: bool) -> int:
    """Draw which resources need which other resources.

    Without FILE and --plan, draws the resources of the manifests, and makes no API call. FILE is a plan that `provision
    plan --out FILE` wrote. With FILE or --plan, draws the resources of the plan, each with its action.

    If a vector store or a tool has more than six files, they are drawn as one box; the JSON contains each file. A
    picture has at most 4,000 edges; a message says how many edges are missing.
    """
    if file is not None and planning:
        raise click.UsageError("--plan makes a new plan, and FILE is one; leave one of them out", context)
    if planning:
        return _draw_new_plan(context, form)
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.core.exitcode import ExitCode
    from provisioner.project.manifests import read_manifest
    from provisioner.review.render.graph import draw_manifests

    _show(_draw_file(context, file) if file else draw_manifests(read_manifest(chosen_by(context)).resources), form)
    return ExitCode.DONE


def _draw_file(context: click.Context, file: Path) -> Drawing:
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.plan_files import read_reviewed
    from provisioner.project.keys import find_seal
    from provisioner.project.settings import read_settings
    from provisioner.review.render.graph import draw_plan

    return draw_plan(read_reviewed(file, lambda: find_seal(read_settings(chosen_by(context)))).plan)


def _draw_new_plan(context: click.Context, form: str) -> int:
    """Makes a new plan, draws it as a graph, and returns the exit code of the plan. `form` is the format of the
    drawing, such as `svg`. If the plan cannot be applied, the reasons are printed.
    """
    from provisioner.cli.plan_commands import make_plan
    from provisioner.cli.running import running
    from provisioner.cli.startoptions import with_options_of
    from provisioner.cli.terminal import screen
    from provisioner.review.render.graph import draw_plan
    from provisioner.review.render.plan_text import diagnostic_text

    with running(context) as project:
        planned = make_plan(project, project.manifest.resources)
    shown = screen()
    for diagnostic in (*planned.plan.errors(), *planned.plan.blockers()):
        shown.explain(diagnostic_text(with_options_of(diagnostic), shown.style))
    _show(draw_plan(planned.plan), form)
    return planned.plan.exit_code()


def _show(drawing: Drawing, form: str) -> None:
    from provisioner.cli.terminal import screen
    from provisioner.review.render.graph import bound, count_missing, dot, fold, graph_text, mermaid, svg
    from provisioner.review.render.graph.bounding import MOST_DRAWN
    from provisioner.review.render.graph.mermaid import MOST_EDGES, MOST_LETTERS

    shown = screen()
    if form == "json":
        shown.result(graph_text(drawing))
        return
    whole = fold(drawing)
    folded = bound(whole)
    if missing := count_missing(whole):
        shown.note(
            f"{missing:,} edges are not drawn: a picture has at most {MOST_DRAWN:,}; --format json has all of them"
        )
    if form == "dot":
        shown.result(dot(folded))
    elif form == "svg":
        shown.result(svg(folded, standalone=True))
    else:
        text = mermaid(folded)
        shown.result(text)
        if len(folded.edges) > MOST_EDGES or len(text) > MOST_LETTERS:
            limits = f"at most {MOST_EDGES} edges and {MOST_LETTERS:,} characters"
            shown.note(f"Mermaid draws {limits} unless a page allows more; --format svg has other limits")
