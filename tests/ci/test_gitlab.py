"""GitLab's template: its scripts, run as its runner does, with the reports that they leave."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.ci.conftest import NOTES, SETTINGS
from tests.conftest import CHECKOUT, KEY, Emulators, write_file

TEMPLATE: dict[str, Any] = yaml.safe_load((CHECKOUT / "ci/gitlab/provision.gitlab-ci.yml").read_text(encoding="utf-8"))
#: GitLab publishes no schema of either. This is what its documentation asks for ("Terraform integration in merge
#: requests", "Code Quality report format"); lib/gitlab/ci/parsers/terraform/tfplan.rb takes these three keys.
TERRAFORM = {
    "type": "object",
    "properties": {name: {"type": "integer", "minimum": 0} for name in ("create", "update", "delete")},
    "required": ["create", "update", "delete"],
    "additionalProperties": False,
}
QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./]"},
                    "lines": {
                        "type": "object",
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                        "required": ["begin"],
                    },
                },
                "required": ["path", "lines"],
            },
        },
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
    },
}


class Machine:
    """A GitLab runner with a clone of the project, whose default branch is `main` and where `topic` is checked out."""

    def __init__(self, root: Path, base_url: str, command: Path) -> None:
        self._command = command
        self.origin, self.clone, self._home = root / "origin", root / "clone", root / "home"
        self._base_url = base_url
        self._home.mkdir()
        for name, text in {"provision.yaml": SETTINGS, "notes.yaml": NOTES, "notes/a.txt": "alpha"}.items():
            write_file(self.origin / "manifests" / name, text)
        self.git("init", "--quiet", "--initial-branch", "main", cwd=self.origin)
        self._commit(self.origin)
        self.git("clone", "--quiet", str(self.origin), str(self.clone), cwd=root)
        self.git("checkout", "--quiet", "-b", "topic", cwd=self.clone)

    def git(self, *words: str, cwd: Path) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
        subprocess.run(["git", *identity, *words], cwd=cwd, check=True)

    def _commit(self, folder: Path) -> None:
        self.git("add", "--all", cwd=folder)
        self.git("commit", "--quiet", "--message", "change", cwd=folder)

    def edit(self, name: str, text: str) -> None:
        write_file(self.clone / "manifests" / name, text)
        self._commit(self.clone)

    def run(self, job: str, branch: str = "", **variables: str) -> tuple[int, str]:
        """Runs a job's script, with more variables of the project; `branch` where it runs for one, and not for a merge
        request. Installed it is already.
        """
        script = "\n".join(["set -eo pipefail", *TEMPLATE[job]["script"]])
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=self.clone,
            env=self._environment(branch) | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def _environment(self, branch: str) -> dict[str, str]:
        folder, python = self._home / "bin", shlex.quote(sys.executable)
        folder.mkdir(exist_ok=True)
        for name, command in {"provision": shlex.quote(str(self._command)), "python3": python}.items():
            (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
            (folder / name).chmod(0o755)
        return {
            **{name: str(text) for name, text in TEMPLATE["variables"].items()},
            "PATH": f"{folder}:/usr/bin:/bin",
            "HOME": str(self._home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_BRANCH": branch,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self._base_url,
        }

    def report(self, name: str) -> Any:
        return json.loads((self.clone / name).read_text(encoding="utf-8"))


@pytest.fixture
def machine(tmp_path: Path, emulator: Emulators, warm_command: Path) -> Machine:
    return Machine(tmp_path, emulator().base_url, warm_command)


def terraform(machine: Machine) -> Any:
    report = machine.report("provision-report.json")
    Draft202012Validator(TERRAFORM).validate(report)
    return report


@pytest.mark.thorough
def test_a_merge_request_is_planned_and_its_report_counts(machine: Machine) -> None:
    code, said = machine.run("provision:plan")
    assert code == 0, said
    assert terraform(machine) == {"create": 3, "update": 0, "delete": 0}


@pytest.mark.thorough
def test_the_default_branch_applies_its_own_plan(machine: Machine) -> None:
    assert machine.run("provision:plan", "main")[0] == 0
    code, said = machine.run("provision:apply", "main")
    assert (code, "Done: 3 applied" in said) == (0, True), said
    machine.edit("notes/a.txt", "beta")
    assert machine.run("provision:plan", "main")[0] == 0
    counts = machine.report("plan.json")["summary"]
    assert counts["replace"] >= 1
    assert terraform(machine)["create"] == counts["create"] + counts["replace"]
    assert terraform(machine)["delete"] == counts["delete"] + counts["replace"]
    machine.edit("notes.yaml", NOTES.replace("Teach.", "Sleep."))
    code, said = machine.run("provision:apply", "main")
    assert (code, "not reviewed" in said) == (3, True), said


def test_a_merge_request_does_not_choose_where_secrets_go(machine: Machine) -> None:
    machine.edit("provision.yaml", SETTINGS.replace("../../state", "s3://theirs/state"))
    code, said = machine.run("provision:plan")
    assert code == 3
    assert "`state` is not as in the base branch" in said
    assert not (machine.clone / "provision.plan").exists()


def test_a_merge_request_does_not_change_the_state(machine: Machine) -> None:
    """The default branch keeps its state in a folder of the repository; the branch is up to date, and then edits it."""
    write_file(machine.origin / "manifests" / "provision.yaml", SETTINGS.replace("../../state", "../state"))
    write_file(machine.origin / "state" / "default.json", "{}")
    machine.git("add", "--all", cwd=machine.origin)
    machine.git("commit", "--quiet", "--message", "state", cwd=machine.origin)
    machine.git("pull", "--quiet", "--ff-only", "origin", "main", cwd=machine.clone)
    machine.edit("../state/default.json", '{"format": 1}')
    code, said = machine.run("provision:plan")
    assert (code, "the state is not as in the base branch: `state/default.json`" in said) == (3, True), said
    assert not (machine.clone / "provision.plan").exists()


def test_no_job_is_left_out_by_what_a_change_touches() -> None:
    for job in TEMPLATE.values():
        for rule in job.get("rules", []) if isinstance(job, dict) else []:
            assert "changes" not in rule


def test_what_is_found_is_a_code_quality_report(machine: Machine, emulator: Emulators) -> None:
    secret = "sk-proj-" + sha256(b"nobody's").hexdigest()
    machine.edit("notes.yaml", f"assistants: {{tutor: {{instructions: 'The key is {secret}.'}}}}\n")
    code, _ = machine.run("provision:check")
    assert code == 1
    report = machine.report("gl-code-quality-report.json")
    Draft202012Validator(QUALITY).validate(report)
    assert "manifests/notes.yaml" in {each["location"]["path"] for each in report}
    assert emulator.latest.requests() == []


def test_clean_manifests_leave_an_empty_report_or_notes(machine: Machine) -> None:
    code, said = machine.run("provision:check")
    assert code == 0, said
    Draft202012Validator(QUALITY).validate(machine.report("gl-code-quality-report.json"))


def test_what_is_installed_has_to_be_named() -> None:
    first = TEMPLATE[".provision"]["before_script"][0]
    ended = subprocess.run(["bash", "-c", first], env={"PROVISION_PACKAGE": ""}, capture_output=True, check=False)
    assert (ended.returncode, b"set PROVISION_PACKAGE" in ended.stderr) == (1, True)


def test_forks_are_not_planned_and_only_the_default_branch_is_applied() -> None:
    plan, apply = (TEMPLATE[f"provision:{name}"] for name in ("plan", "apply"))
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in plan["rules"][0]["if"]
    [rule] = apply["rules"]
    assert (rule["if"], rule["when"]) == (plan["rules"][1]["if"], "manual")
    assert apply["needs"] == ["provision:plan"]
    assert "OPENAI_API_KEY" not in TEMPLATE["variables"]
