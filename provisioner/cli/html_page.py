"""Writes a plan or a comparison of environments as an HTML page, for the option `--html FILE` of several commands."""

from __future__ import annotations

import time
from pathlib import Path

from provisioner.cli.privatefile import write_private
from provisioner.cli.terminal import screen
from provisioner.core.text.redaction import redact_data
from provisioner.planning.plan import Plan
from provisioner.planning.planfile import Reviewed
from provisioner.project.command_options import Choice
from provisioner.project.settings import read_settings
from provisioner.project.wiring import Project
from provisioner.review.render.html.environments import comparison_html
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.view.environments import ComparisonView


def write_page(path: Path, project: Project, plan: Plan) -> None:
    """Writes the HTML page of a new plan to `path`. Raises UsageError if `path` is a file that provision did not write,
    and StateError if the page cannot be written.
    """
    identity = project.engine.identity
    _write(path, plan, Heading(identity.project, identity.environment, identity.account, time.time()))


def write_reviewed_page(path: Path, reviewed: Reviewed) -> None:
    """Writes the HTML page of a plan from a plan file to `path`. Raises UsageError if `path` is a file that provision
    did not write, and StateError if the page cannot be written.
    """
    _write(path, reviewed.shown(), Heading(reviewed.project, reviewed.environment, reviewed.account, reviewed.created))


def write_comparison(path: Path, choice: Choice, view: ComparisonView) -> None:
    """Writes the HTML page of the comparison `view` to `path`. The comparison is between two environments of the
    project or between two releases of an assistant. `choice` contains the values of the global options. Raises
    UsageError if `path` is a file that provision did not write, and StateError if the page cannot be written.
    """
    environment = view.first.environment if view.first.release is None else None
    project = read_settings(choice, environment).project
    write_private(path, redact_data(comparison_html(view, project, time.time())))
    screen().note(f"The page is in {path}; it holds prompts in plain text.")


def _write(path: Path, plan: Plan, heading: Heading) -> None:
    """Writes the HTML page of `plan` to `path`. `heading` contains the facts at the top of the page, such as the name
    of the project. Only the owner of the file can read it, because the page contains prompts.
    """
    write_private(path, redact_data(plan_html(plan, heading)))
    screen().note(f"The page is in {path}; it holds prompts in plain text.")
