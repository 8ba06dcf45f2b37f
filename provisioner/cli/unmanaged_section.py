"""Renders the section of `provision plan --show-unmanaged`, which lists the live objects (objects at OpenAI) that the
state does not record.
"""

from __future__ import annotations

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.planning.plan import Plan
from provisioner.project.unmanaged import price_storage, survey_project
from provisioner.project.wiring import Project
from provisioner.review.render.json_text import dumps, plan_json
from provisioner.review.render.markdown import fence, folded
from provisioner.review.render.unmanaged_json import unmanaged_json
from provisioner.review.render.unmanaged_text import unmanaged_text


def with_unmanaged(
    text: str, context: click.Context, project: Project, plan: Plan, *, json: bool, markdown: bool
) -> str:
    """Returns the text of a plan with an additional section about unmanaged objects (objects at OpenAI that the state
    does not record). `text` is the plan: as JSON if `json` is True, as Markdown if `markdown` is True, and otherwise as
    text. In JSON, the section is the value of the key `unmanaged`, in the format of `provision unmanaged --json`.
    """
    found, _ = survey_project(project, chosen_by(context))
    storage = price_storage(found, project)
    if json:
        return dumps({**plan_json(plan), "unmanaged": unmanaged_json(found, storage)})
    section = unmanaged_text(found, storage)
    if markdown:
        return f"{text}\n\n{folded('Unmanaged objects', fence(section.splitlines(), 'text'))}"
    return f"{text}\n\nUnmanaged:\n{section}"
