"""The command `provision export`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provisioner.core.errors import StateError, UsageError
from provisioner.core.text.redaction import register
from provisioner.project.exporting import check_folder, write_exported
from provisioner.review.export import FORMATS
from provisioner.state.records import dump
from tests.conftest import Provision
from tests.export.conftest import RECORDS
from tests.loading.conftest import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    state = found.state(*RECORDS)
    found.path().write_text(dump(state), encoding="utf-8")
    return found


def test_json_is_the_default(project: Project, provision: Provision) -> None:
    code, stdout, stderr = provision("export", online=False)
    assert (code, stderr) == (0, "")
    body = json.loads(stdout)
    assert (body["project"], body["environment"]) == ("library", "default")
    assert body["assistants"]["bot"]["release"] == 3


def test_a_folder_gets_a_file(project: Project, provision: Provision) -> None:
    for form, name in (("python", "definitions.py"), ("openai-agents", "provisioned_agents.py")):
        for _ in range(2):
            code, stdout, _ = provision("export", "--format", form, "--out", "out/here", online=False)
            assert (code, stdout) == (0, f"written: out/here/{name}\n")
    written = (project.root / "out/here/definitions.py").read_text(encoding="utf-8")
    assert written == provision("export", "--format", "python", online=False).stdout


def test_a_file_of_somebody_else_is_not_overwritten(project: Project, provision: Provision) -> None:
    (project.root / "definitions.json").write_text("{}\n", encoding="utf-8")
    code, _, stderr = provision("export", "--out", ".", online=False)
    assert code == 1
    assert "definitions.json is there already, and `provision export` did not write it" in stderr
    assert (project.root / "definitions.json").read_text(encoding="utf-8") == "{}\n"


def test_what_is_no_folder_and_a_link_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="is no folder"):
        check_folder(tmp_path / "file", FORMATS["json"])
    (tmp_path / "definitions.json").symlink_to(tmp_path / "file")
    with pytest.raises(StateError, match="symbolic link"):
        check_folder(tmp_path, FORMATS["json"])


def test_a_secret_of_this_process_is_not_written(tmp_path: Path) -> None:
    register("a-secret-of-this-test-0123456789")
    with pytest.raises(UsageError, match="contains a secret"):
        write_exported(tmp_path / "out", FORMATS["json"], "x a-secret-of-this-test-0123456789 y")
    assert not (tmp_path / "out").exists()


def test_tests_of_the_manifests_are_in_the_configuration_of_promptfoo(project: Project, provision: Provision) -> None:
    (project.root / "manifests/all.yaml").write_text(
        "assistants: {bot: {model: gpt-6-luna}}\n"
        "tests: {greets: {assistant: bot, input: Hi, expect: {contains: Hello}}}\n",
        encoding="utf-8",
    )
    code, stdout, _ = provision("export", "--format", "promptfoo", online=False)
    assert code == 0
    assert "description: greets" in stdout


def test_without_a_state_everything_is_empty(tmp_path: Path, provision: Provision) -> None:
    Project(tmp_path)
    code, stdout, stderr = provision("export", online=False)
    assert (code, json.loads(stdout)["assistants"]) == (0, {})
    assert "the state of the environment default records nothing" in stderr


def test_an_unknown_format_lists_those_that_exist(project: Project, provision: Provision) -> None:
    code, _, stderr = provision("export", "--format", "yaml", online=False)
    assert code == 1
    assert "openai-agents" in stderr
