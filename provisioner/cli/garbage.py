"""Carries out `provision gc`: lists the unmanaged objects (objects at OpenAI that the state does not record), asks for
confirmation, reads the objects again, deletes them, and prints the result for each object.
"""

from __future__ import annotations

from provisioner.cli.confirmation import confirm_deletion
from provisioner.cli.signals import stopping
from provisioner.cli.terminal import screen
from provisioner.core.exitcode import ExitCode
from provisioner.engine.collecting import Candidates, check_survey, choose, delete_chosen
from provisioner.planning.unmanaged import Selection, Survey
from provisioner.project.command_options import Choice
from provisioner.project.unmanaged import survey_project
from provisioner.project.wiring import Project
from provisioner.review.render.collected_text import (
    candidates_json,
    candidates_text,
    collected_json,
    collected_text,
)
from provisioner.review.render.json_text import dumps

MOVED_ON = "it is no longer among what can be deleted; look at it again"


def collect(
    project: Project,
    choice: Choice,
    selection: Selection,
    *,
    yes: bool,
    confirm: str | None,
    as_json: bool,
    everything: bool,
) -> ExitCode:
    """Deletes the unmanaged objects (objects at OpenAI that the state does not record) that `selection` selects, except
    objects that may not be deleted, for example because an object that is not deleted uses them. Before the deletion,
    shows the objects and asks for confirmation; `yes` and `confirm` are the values of the options that confirm it. If
    `everything` is True, the shown list is not shortened. If `as_json` is True, the result is printed as JSON.

    The caller must hold the lock of the state. Returns ERROR if one of the objects was not deleted, otherwise DONE.
    """
    shown = screen()
    found, candidates = _look(project, choice, selection)
    text = candidates_text(candidates.chosen, candidates.kept, found, everything=everything)
    (shown.explain if as_json else shown.result)(text)
    body = candidates_json(candidates.chosen, candidates.kept)
    if not candidates.chosen:
        if as_json:
            shown.result(dumps(body))
        return ExitCode.DONE
    confirm_deletion(project.settings, len(candidates.chosen), yes=yes, confirm=confirm)
    # Time has passed while somebody read the list, so uses are looked up again.
    again = candidates if yes else _look(project, choice, selection)[1]
    there = {each.id for each in again.chosen}
    chosen = [each for each in candidates.chosen if each.id in there]
    with stopping(project.engine.stop):
        outcome = delete_chosen(
            project.engine.collections, chosen, parallelism=project.engine.parallelism, stop=project.engine.stop
        )
    outcome.skipped |= {each.id: MOVED_ON for each in candidates.chosen if each.id not in there}
    result = (outcome.deleted, outcome.failed, outcome.skipped)
    if as_json:
        shown.result(dumps({**body, "outcome": collected_json(*result)}))
    (shown.explain if as_json else shown.result)(collected_text(*result))
    return ExitCode.ERROR if outcome.failed or outcome.skipped else ExitCode.DONE


def _look(project: Project, choice: Choice, selection: Selection) -> tuple[Survey, Candidates]:
    found, snapshot = survey_project(project, choice, under_lock=True)
    check_survey(found, snapshot, project.engine.identity.owner)
    return found, choose(found, selection)
