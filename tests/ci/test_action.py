"""The action from end to end: planned in a pull request, commented, kept, fetched after the merge, and applied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ci.conftest import NOTES, SETTINGS, edit
from tests.ci.hub import BOT, REPOSITORY, TOKEN, Hub, pull_request, refuse, times
from tests.ci.runner import HEAD, MERGED, Ran, Runner, made_by
from tests.conftest import KEY, write_file

pytestmark = pytest.mark.thorough

PLAN = f"provision-plan-default-{HEAD}"
FIRST = {"has_changes": "true", "create": "3", "update": "0", "replace": "0", "delete": "0", "unchanged": "0"}


def plan(runner: Runner, **inputs: str) -> Ran:
    return runner.use("plan", directory="head", base="base", **inputs)


def merge(runner: Runner) -> None:
    """The pull request is merged, and the push that it makes is what happens next."""
    runner.hub.pulls.append(pull_request(HEAD, MERGED))
    runner.push()


def apply(runner: Runner, **inputs: str) -> Ran:
    return runner.use("apply", directory="head", **inputs)


def test_a_pull_request_gets_a_plan(runner: Runner) -> None:
    ran = plan(runner)
    assert ran.code == 0, ran.log
    assert FIRST.items() <= ran.outputs.items()
    assert "Plan: 3 to create, 0 unchanged." in ran.log
    assert "3 to create" in ran.summary
    [comment] = runner.hub.comments
    assert comment["body"].startswith("<!-- provision: provision-plan/default -->\n### 📝 provision plan")
    assert "assistant.tutor" in comment["body"]
    assert (
        f"For {HEAD}. [Log, summary and plan file](https://github.example/{REPOSITORY}/actions/runs/42)"
        in comment["body"]
    )
    assert [each["name"] for each in runner.hub.artifacts] == [PLAN]
    assert (runner.temp / "provision.plan").stat().st_mode & 0o077 == 0
    assert KEY not in ran.log + ran.summary + comment["body"]
    assert TOKEN not in ran.log + ran.summary + comment["body"]


def test_what_was_reviewed_is_applied_on_merge(runner: Runner) -> None:
    assert plan(runner).code == 0
    merge(runner)
    applied = apply(runner)
    assert applied.code == 0, applied.log
    assert f"The plan is from pull request 7 at {HEAD}." in applied.log
    assert {"applied": "3", "failed": "0", "skipped": "0", "has_changes": "true"}.items() <= applied.outputs.items()
    assert "Done: 3 applied" in applied.summary
    assert {each.token for each in runner.hub.asked} == {f"Bearer {TOKEN}"}
    assert [each.token for each in runner.hub.elsewhere] == [None]
    runner.pull_request()
    settled = plan(runner)
    assert {"has_changes": "false", "unchanged": "3"}.items() <= settled.outputs.items()
    [comment] = runner.hub.comments
    assert "Nothing to do: 3 resources as declared." in comment["body"]
    assert "to create" not in comment["body"]


def test_what_was_not_reviewed_is_not_applied(runner: Runner) -> None:
    assert plan(runner).code == 0
    edit(runner, "notes.yaml", NOTES.replace("Teach.", "Sleep."))
    merge(runner)
    refused = apply(runner)
    assert refused.code == 3
    assert "not reviewed: assistant.tutor (create)" in refused.log
    assert "::error::The reviewed plan was not applied" in refused.log
    assert "run this workflow by hand" in refused.log
    assert refused.outputs["applied"] == ""


def test_what_was_not_merged_as_reviewed_is_not_applied(runner: Runner) -> None:
    """What is left to do was reviewed, and yet these are not the manifests that the plan displays the whole of."""
    assert plan(runner).code == 0
    edit(runner, "notes.yaml", NOTES.partition("assistants:")[0])
    merge(runner)
    refused = apply(runner)
    assert refused.code == 3
    assert "made from other manifests than these" in refused.log
    assert "run this workflow by hand" in refused.log


def test_where_the_manifests_are_checked_out_does_not_matter(runner: Runner) -> None:
    edit(runner, "notes.yaml", NOTES.replace("notes/*.txt", "notes/**/*.txt"))
    edit(runner, "notes/deep/a.txt", "a second file of this name, which the plan warns of")
    assert plan(runner).code == 0
    shutil.copytree(runner.workspace / "head", runner.workspace / "merged")
    merge(runner)
    applied = runner.use("apply", directory="merged")
    assert applied.code == 0, applied.log


def test_by_hand_it_plans_anew_and_applies_that(runner: Runner) -> None:
    runner.happen("workflow_dispatch", "refs/heads/main", {})
    planned = runner.use("plan", directory="head")
    assert planned.code == 0, planned.log
    assert planned.outcomes["comment"] == "skipped"
    applied = apply(runner)
    assert applied.code == 0, applied.log
    assert "The plan is from this run." in applied.log
    assert applied.outputs["applied"] == "3"


def test_each_environment_has_a_comment_and_a_plan_of_its_own(runner: Runner) -> None:
    for checkout in ("head", "base"):
        edit(runner, "provision.yaml", f"{SETTINGS}environments: {{dev: {{}}, prod: {{protected: true}}}}\n", checkout)
    for environment in ("dev", "prod"):
        assert plan(runner, environment=environment).code == 0
    assert [each["body"].partition("\n")[0] for each in runner.hub.comments] == [
        "<!-- provision: provision-plan/dev -->",
        "<!-- provision: provision-plan/prod -->",
    ]
    merge(runner)
    refused = apply(runner, environment="prod")
    assert (refused.code, "environment prod is protected" in refused.log) == (3, True)
    applied = apply(runner, environment="prod", confirm="prod")
    assert applied.code == 0, applied.log


def test_where_no_plan_can_be_made_the_comment_says_so(runner: Runner) -> None:
    assert plan(runner).code == 0
    edit(runner, "notes.yaml", "assistants: {tutor: {instruction: Teach.}}\n")
    failed = plan(runner)
    assert failed.code == 1
    assert "write `instructions: …`" in failed.log
    [comment] = runner.hub.comments
    assert "There is no plan: making it failed." in comment["body"]
    assert "to create" not in comment["body"]
    assert len(runner.hub.artifacts) == 1


def test_without_a_key_there_is_no_plan_and_none_is_kept(runner: Runner) -> None:
    runner.secrets.clear()
    failed = plan(runner)
    assert failed.code == 1
    assert "no API key" in failed.log
    assert runner.hub.artifacts == []
    assert failed.outcomes["Keep the plan"] == "skipped"


def test_a_comment_that_cannot_be_written_is_a_warning(runner: Runner) -> None:
    runner.hub.faults.append(times(99, refuse(403, "Resource not accessible by integration")))
    ran = plan(runner)
    assert ran.code == 0
    assert "::warning::the comment could not be written" in ran.log
    assert "403 Resource not accessible by integration" in ran.log
    assert len(runner.hub.artifacts) == 1


def test_no_comment_where_none_is_wanted(runner: Runner) -> None:
    assert plan(runner, comment="false").outcomes["comment"] == "skipped"
    assert runner.hub.asked == []


def move_the_state(runner: Runner) -> str:
    edit(runner, "provision.yaml", SETTINGS.replace("../../state", "s3://theirs/state"))
    return "`state` is not as in the base branch"


def move_the_server(runner: Runner) -> str:
    edit(runner, "provision.yaml", f"{SETTINGS}base_url: https://evil.example/v1\n")
    return "`base_url` is not as in the base branch"


def add_an_environment(runner: Runner) -> str:
    edit(runner, "provision.yaml", f"{SETTINGS}environments: {{mine: {{openai_project: proj_mine}}}}\n")
    return "no environment is chosen"


def change_the_state(runner: Runner) -> str:
    for checkout in ("base", "head"):
        edit(runner, "provision.yaml", SETTINGS.replace("../../state", "../state"), checkout)
    write_file(runner.workspace / "head" / "state" / "default.json", "{}")
    return "the state is not as in the base branch: `state/default.json`"


def leave_out_the_base(runner: Runner) -> str:
    (runner.workspace / "base" / "manifests" / "provision.yaml").unlink()
    return "there is no provision.yaml in"


@pytest.mark.parametrize(
    "interfere", [move_the_state, move_the_server, add_an_environment, change_the_state, leave_out_the_base]
)
def test_a_branch_does_not_choose_where_secrets_go(runner: Runner, interfere: Callable[[Runner], str]) -> None:
    said = interfere(runner)
    runner.variables.pop("OPENAI_BASE_URL", None)
    ran = plan(runner)
    assert ran.code in (1, 3)
    assert said in ran.log
    assert (ran.outcomes["guard"], ran.outcomes["plan"]) == ("failure", "skipped")
    assert "There is no plan" in runner.hub.comments[0]["body"]


def test_the_list_of_the_runner_wins_over_the_base_branch(runner: Runner) -> None:
    for checkout in ("head", "base"):
        edit(runner, "provision.yaml", SETTINGS.replace("../../state", "s3://theirs/state"), checkout)
    ran = plan(runner, trusted_hosts="s3://ours")
    assert (ran.outcomes["guard"], ran.outcomes["plan"]) == ("success", "failure")
    assert "the state would be sent to s3://theirs, which PROVISION_TRUSTED_HOSTS does not name" in ran.log


def test_without_a_base_no_pull_request_is_planned(runner: Runner) -> None:
    ran = runner.use("plan", directory="head")
    assert (ran.code, ran.outcomes["plan"]) == (1, "skipped")
    assert "`base` is not set" in ran.log


def test_a_fork_is_not_planned(runner: Runner) -> None:
    runner.pull_request(fork=True)
    ran = plan(runner)
    assert (ran.code, ran.outcomes["plan"]) == (1, "skipped")
    assert "comes from a fork" in ran.log


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "issue_comment", "repository_dispatch"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_events_that_bring_secrets_to_strangers_are_refused(runner: Runner, event: str, command: str) -> None:
    runner.happen(event, "refs/heads/main", {})
    ran = runner.use(command, directory="head", base="base")
    assert (ran.code, ran.outcomes[command]) == (1, "skipped")
    assert f"no plan is made on {event}" in ran.log
    assert runner.hub.asked == []


@pytest.mark.parametrize("branch", ["topic", "pull request"])
def test_only_the_default_branch_is_applied(runner: Runner, branch: str) -> None:
    if branch == "topic":
        runner.push(branch)
    ran = apply(runner, base="base")
    assert (ran.code, ran.outcomes["reviewed"]) == (1, "skipped")
    assert "what is applied is on the default branch" in ran.log


def test_a_command_that_does_not_exist_is_refused(runner: Runner) -> None:
    ran = runner.use("destroy")
    assert ran.code == 1
    assert "`command` is plan, apply, drift, test or check" in ran.log


def test_what_a_branch_prints_is_no_command_to_the_runner(runner: Runner) -> None:
    notes = 'assistants: {{tutor: {{instructions: "{line}\\n::set-output name=create::9"}}}}\n'
    edit(runner, "notes.yaml", notes.format(line="Teach."))
    assert plan(runner).code == 0
    merge(runner)
    assert apply(runner).code == 0
    edit(runner, "notes.yaml", notes.format(line="Teach well."))
    runner.pull_request()
    planned = plan(runner)
    runner.push()
    for ran in (planned, apply(runner)):
        assert (ran.code, ran.outputs["has_changes"]) == (0, "true")
        assert "set-output name=create::9" in ran.log
        assert heard(ran.log) == set()


def heard(log: str) -> set[str]:
    """The commands that a runner would carry out: those outside of `::stop-commands::MARK` … `::MARK::`."""
    mark, found = None, set()
    for line in map(str.strip, log.splitlines()):
        if mark is None and line.startswith("::stop-commands::"):
            mark = line.removeprefix("::stop-commands::")
            assert len(mark) == 32
        elif mark is not None:
            mark = None if line == f"::{mark}::" else mark
        elif line.startswith("::"):
            found.add(line)
    assert mark is None
    return found


def test_python_in_the_checkout_is_not_imported(runner: Runner) -> None:
    trap = f"open({str(runner.temp / 'sprung')!r}, 'w')\n"
    for name in ("json.py", "api.py", "yaml.py", "provisioner.py", "sitecustomize.py"):
        for folder in (runner.workspace, runner.workspace / "head"):
            (folder / name).write_text(trap, encoding="utf-8")
    assert plan(runner).code == 0
    assert not (runner.temp / "sprung").exists()


def test_what_another_use_left_is_not_believed(runner: Runner) -> None:
    (runner.temp / "provision.md").write_text("### Everything is fine\n", encoding="utf-8")
    (runner.temp / "provision.plan").write_text("{}", encoding="utf-8")
    move_the_state(runner)
    assert plan(runner).code == 3
    assert "fine" not in runner.hub.comments[0]["body"]


def test_a_push_that_nobody_reviewed_is_not_applied(runner: Runner) -> None:
    runner.push()
    ran = apply(runner)
    assert (ran.code, ran.outcomes["apply"]) == (1, "skipped")
    assert f"::error::{MERGED} came through no pull request" in ran.log
    assert "run this workflow by hand" in ran.log


def forge(hub: Hub, folder: Path, **run: object) -> None:
    """Puts a plan there that somebody made otherwise."""
    made = made_by(HEAD, "pull_request", **run)
    hub.keep(PLAN, {"provision.plan": (folder / "provision.plan").read_bytes()}, made)


def test_a_plan_that_another_workflow_made_is_not_applied(runner: Runner) -> None:
    assert plan(runner).code == 0
    runner.hub.artifacts.clear()
    runner.hub.runs.clear()
    forge(runner.hub, runner.temp, path=".github/workflows/mine.yml")
    merge(runner)
    ran = apply(runner)
    assert (ran.code, ran.outcomes["apply"]) == (1, "skipped")
    assert f"there is no plan for the default environment from pull request 7 at {HEAD}, or it has expired" in ran.log


def test_the_author_can_be_another(runner: Runner) -> None:
    theirs = runner.hub.comment("<!-- provision: provision-plan/default -->\nours?", BOT)
    ours = runner.hub.comment("<!-- provision: provision-plan/default -->\nours", "helper[bot]")
    assert plan(runner, comment_author="helper[bot]").code == 0
    assert theirs["body"].endswith("ours?")
    assert "3 to create" in ours["body"]
