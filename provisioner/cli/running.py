"""Opens the project for a command, and prints the errors of a command for programs.

This module is imported before a plan is begun. So it imports only what is needed to begin one. The rest is imported
while the account is being read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.startoptions import with_options, with_options_at
from provisioner.cli.terminal import screen
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ProvisionError, diagnose
from provisioner.core.refreshmode import RefreshMode
from provisioner.core.text.safetext import line as safe_line
from provisioner.project.wiring import Project, open_project

if TYPE_CHECKING:
    from provisioner.manifest import Settings
    from provisioner.planning.event import Event


@contextmanager
def running(context: click.Context, new: Settings | None = None, early: RefreshMode | None = None) -> Iterator[Project]:
    """Opens the project, yields it, and closes it afterwards. Prints the names of the project and the account on
    stderr. `new` contains the settings of a new project that has no settings file yet; None means that the settings
    file is read. If `early` is given, a plan with this refresh mode is begun while the manifests are read.
    """
    choice = chosen_by(context)
    shown = screen()
    progress = shown.progress()

    def emit(event: Event) -> None:
        progress(with_options_at(event))

    try:
        with open_project(choice, new=new, emit=emit, observe=shown.observe, notify=shown.note, early=early) as project:
            for line in project.summary(emulated=choice.emulator):
                shown.explain(shown.style.paint(safe_line(line), "dim"))
            yield project
    finally:
        progress.close()


@contextmanager
def failing_in_form(*, json: bool = False, markdown: bool = False) -> Iterator[None]:
    """Runs the `with` block. If the block raises a ProvisionError, prints the error on stdout for programs, and raises
    the error again. The error is printed as JSON if `json` is True, or as Markdown if `markdown` is True. If both are
    False, the error is only raised.
    """
    try:
        yield
    except ProvisionError as error:
        if json:
            from provisioner.review.render.json_text import dumps, failure_json

            screen().result(dumps(failure_json(_diagnostics_of(error))))
        elif markdown:
            from provisioner.planning.plan import Plan
            from provisioner.review.render.plan_markdown import plan_markdown

            screen().result(plan_markdown(Plan(diagnostics=tuple(_diagnostics_of(error)))).rstrip("\n"))
        raise


def _diagnostics_of(error: ProvisionError) -> list[Diagnostic]:
    """Returns the diagnostics of an error. The options of this run are added to the `provision` commands in their
    hints, so that a user can copy the commands.
    """
    return [replace(each, hint=with_options(each.hint)) if each.hint else each for each in diagnose(error)]
