"""Defines the command `provision unmanaged`."""

from __future__ import annotations

import click

from provisioner.cli.options import parallel, shared
from provisioner.cli.selecting import selecting, selection_of


@click.command()
@selecting()
@click.option("--all", "everything", is_flag=True, help="Every row, however many there are.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; always with every object.")
@parallel
@shared
@click.pass_context
def unmanaged(
    context: click.Context,
    /,
    kind: tuple[str, ...],
    match: tuple[str, ...],
    older_than: float | None,
    everything: bool,
    as_json: bool,
) -> None:
    """List the live objects that the state does not record.

    Shows the age and the size of each object, the objects that use it, and the costs of its storage. Also shows which
    objects carry the ownership mark of another project or environment. Changes nothing.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.running import failing_in_form, running
    from provisioner.cli.terminal import screen
    from provisioner.project.unmanaged import price_storage, survey_project
    from provisioner.review.render.json_text import dumps
    from provisioner.review.render.unmanaged_json import unmanaged_json
    from provisioner.review.render.unmanaged_text import unmanaged_text

    with failing_in_form(json=as_json), running(context) as project:
        found, _ = survey_project(project, chosen_by(context))
        storage = price_storage(found, project)
        found = found.only(selection_of(kind, match, older_than))
        text = unmanaged_text(found, storage, everything=everything)
        screen().result(dumps(unmanaged_json(found, storage)) if as_json else text)
