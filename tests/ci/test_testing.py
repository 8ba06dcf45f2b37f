"""The action's `test`, its tests after an apply, and GitLab's job."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.ci.conftest import NOTES, edit
from tests.ci.runner import Runner
from tests.ci.test_gitlab import Machine, machine

__all__ = ["machine"]

TESTS = """
tests:
  says-what-it-is: {assistant: tutor, input: "Hello, *?", expect: {contains: emulator}}
  never: {assistant: tutor, input: Hello., expect: {contains: Ophelia}}
"""


def applied(runner: Runner) -> None:
    code, log, _, _ = runner.run("provision -C head apply --yes", {})
    assert code == 0, log


@pytest.mark.thorough
def test_the_tests_of_a_pull_request_are_run_with_its_manifests(runner: Runner) -> None:
    applied(runner)
    edit(runner, "notes.yaml", NOTES + TESTS)
    ran = runner.use("test", directory="head", base="base", unapplied="true")
    assert ran.code == 4, ran.log
    assert "::error::An expectation of a test is not met" in ran.log
    assert "### Tests of `helpers`" in ran.summary
    assert "Ophelia" in ran.summary
    root = ElementTree.parse(ran.outputs["junit-file"]).getroot()
    assert [root.get(name) for name in ("tests", "failures")] == ["2", "1"]
    good = runner.use("test", directory="head", base="base", tests="says-* says-what-it-is", unapplied="true")
    assert (good.code, "never" in good.summary) == (0, False), good.log


@pytest.mark.thorough
def test_a_fork_and_other_settings_get_no_tests(runner: Runner) -> None:
    edit(runner, "notes.yaml", NOTES + TESTS)
    assert runner.use("test", directory="head").code == 1
    runner.pull_request(fork=True)
    refused = runner.use("test", directory="head", base="base")
    assert (refused.code, "comes from a fork" in refused.log) == (1, True)
    assert refused.outcomes["test"] == "skipped"


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("tests", ["--handlers", "-C /", "no-such-*", "$(touch never) ; exit 0"])
def test_names_of_tests_are_no_options_and_no_commands(runner: Runner, tests: str) -> None:
    edit(runner, "notes.yaml", NOTES + TESTS)
    ran = runner.use("test", directory="head", base="base", tests=tests)
    assert ran.code == 1
    assert "there is no test called" in ran.log
    assert not list(runner.workspace.rglob("never"))


@pytest.mark.thorough
def test_gitlab_tests_a_merge_request_if_a_variable_names_tests(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.edit("notes.yaml", "assistants: {tutor: {instructions: Teach.}}\n" + TESTS)
    code, said = machine.run("provision:test", PROVISION_TESTS="says-*")
    assert code == 0, said
    code, said = machine.run("provision:test", PROVISION_TESTS="*")
    assert code == 4, said
    root = ElementTree.parse(machine.clone / "provision-junit.xml").getroot()
    assert [root.get(name) for name in ("tests", "failures")] == ["2", "1"]
