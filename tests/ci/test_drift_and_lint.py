"""The nightly look for drift, and what lint says beside a plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openai import OpenAI

from tests.ci.conftest import NOTES, edit
from tests.ci.runner import Ran, Runner
from tests.conftest import KEY

UNUSED = NOTES + "tools: {idle: {type: function, name: idle, parameters: {type: object, properties: {}}}}\n"


def look(runner: Runner) -> Ran:
    runner.happen("schedule", "refs/heads/main", {"schedule": "17 3 * * *"})
    return runner.use("drift", directory="head")


def applied(runner: Runner) -> None:
    code, log, _, _ = runner.run("provision -C head apply --yes", {})
    assert code == 0, log


@pytest.mark.thorough
def test_where_nothing_differs_the_night_is_quiet(runner: Runner) -> None:
    applied(runner)
    ran = look(runner)
    assert ran.code == 0, ran.log
    assert "Nothing to do: 3 resources as declared." in ran.summary
    assert "::error::" not in ran.log
    assert {name for name, outcome in ran.outcomes.items() if outcome == "success"} == {
        "guard",
        "drift",
        "Install",
        "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065",
    }


@pytest.mark.thorough
def test_what_others_changed_fails_the_job_and_is_in_the_summary(runner: Runner) -> None:
    applied(runner)
    client = OpenAI(api_key=KEY, base_url=runner.base_url)
    [store] = client.vector_stores.list().data
    client.vector_stores.update(store.id, name="theirs")
    ran = look(runner)
    assert ran.code == 3
    assert 'name was "notes", is "theirs"' in ran.log
    assert "theirs" in ran.summary
    assert "::error::An apply would be blocked, for instance because others changed" in ran.log
    assert client.vector_stores.retrieve(store.id).name == "theirs"
    assert runner.hub.comments == []
    assert runner.hub.artifacts == []
    assert not (runner.temp / "provision.plan").exists()


@pytest.mark.thorough
def test_what_was_deleted_or_not_applied_fails_the_job_too(runner: Runner) -> None:
    applied(runner)
    edit(runner, "notes.yaml", NOTES.replace("Teach.", "Sleep."))
    ran = look(runner)
    assert ran.code == 2
    assert "::error::The account is not as the default branch says" in ran.log
    assert "1 to update" in ran.summary


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("event", ["pull_request", "push"])
def test_drift_is_looked_for_on_the_default_branch_alone(runner: Runner, event: str) -> None:
    if event == "push":
        runner.push("topic")
    ran = runner.use("drift", directory="head", base="base")
    assert ran.code == 1
    assert "drift is looked for on the default branch" in ran.log
    assert ran.outcomes["drift"] == "skipped"


@pytest.mark.thorough
def test_a_plan_is_accompanied_by_what_lint_finds(runner: Runner) -> None:
    edit(runner, "notes.yaml", UNUSED)
    sarif = runner.temp / "lint.sarif"
    ran = runner.use("plan", directory="head", base="base", sarif=str(sarif))
    assert ran.code == 0, ran.log
    assert "### provision lint" in ran.summary
    assert "warning[unused-resource]: no assistant has this tool" in ran.summary
    assert "3 to create" in ran.summary
    rules = [each["ruleId"] for each in json.loads(sarif.read_text(encoding="utf-8"))["runs"][0]["results"]]
    assert "unused-resource" in rules


@pytest.mark.thorough
def test_lint_is_left_out_where_it_is_switched_off_and_after_a_refusal(runner: Runner) -> None:
    ran = runner.use("plan", directory="head", base="base", lint="false")
    assert (ran.code, ran.outcomes["lint"]) == (0, "skipped")
    assert "provision lint" not in ran.summary
    refused = runner.use("plan", directory="head")
    assert (refused.code, refused.outcomes["lint"]) == (1, "skipped")


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["head/lint.sarif", "head/reports/lint.sarif"])
def test_an_error_of_lint_stops_no_plan_and_a_link_for_sarif_is_refused(
    runner: Runner, tmp_path: Path, name: str
) -> None:
    link = runner.workspace / "head" / ("reports" if "reports" in name else "lint.sarif")
    link.symlink_to(tmp_path if "reports" in name else tmp_path / "elsewhere")
    edit(runner, "notes.yaml", NOTES.replace("Teach.", "Teach. See docs/none.md"))
    edit(runner, "notes/a.txt", "token ghp_" + "a1B2" * 9)
    ran = runner.use("plan", directory="head", base="base", sarif=name)
    assert ran.outcomes["plan"] == "success"
    assert ran.outcomes["lint"] == "failure"
    assert "`sarif` names a link" in ran.log
    assert "error[secret]" in ran.summary
    assert "a1B2a1B2" not in ran.summary + ran.log
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "lint.sarif").exists()
