"""Values by environment: what the branch under review may change, and what editors know."""

from __future__ import annotations

import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from provisioner.manifest import load
from provisioner.manifest.project_settings.protected_settings import find_moved
from provisioner.manifest.project_settings.schema import json_schema
from tests.manifest.conftest import ProjectAt
from tests.manifest.test_variables import inputs

SETTINGS = "project: helpers\nenvironments: {prod: {protected: true}}\n"


@pytest.fixture
def base(project: ProjectAt, tmp_path: Path) -> tuple[Path, Path]:
    """A project of a branch, and a checkout of its base branch."""
    folder = project({"provision.yaml": SETTINGS, "a.yaml": "assistants: {tutor: {model: gpt-4.1}}\n"})
    shutil.copytree(folder.parent, tmp_path / "base")
    return folder, tmp_path / "base"


def test_a_branch_may_change_values_but_not_protected_settings(base: tuple[Path, Path]) -> None:
    folder, other = base
    values = "assistants: {tutor: {model: gpt-4.1-mini}}, ignore: [x/]"
    (folder / "provision.yaml").write_text(SETTINGS.replace("true}", f"true, {values}}}"), encoding="utf-8")
    assert find_moved(folder.parent, other) == ()
    assert inputs(load(folder, "prod"), "assistant.tutor")["model"] == "gpt-4.1-mini"
    (folder / "provision.yaml").write_text(SETTINGS.replace("true}", f"false, {values}}}"), encoding="utf-8")
    assert [each.message.split(" is ")[0] for each in find_moved(folder.parent, other)] == ["`protected`"]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("values", "is_valid"),
    [
        ("assistants: {a: {temperature: 0.1, text: {verbosity: low}, metadata: {x: null}, tools: [x]}}", True),
        ("vector_stores: {kb: {expires_after: {days: 3}, for_each: [a]}}", True),
        ("tools: {wiki: {require_approval: never}}, files: {f: {purpose: user_data}}, ignore: [a]", True),
        ("assistants: {a: {temprature: 0.1}}", False),
        ("assistant: {a: {temperature: 0.1}}", False),
    ],
)
def test_the_schema_allows_any_part_of_a_resource(values: str, is_valid: bool) -> None:
    settings = yaml.safe_load(f"project: helpers\nenvironments: {{prod: {{{values}}}}}")
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(settings) is is_valid


def test_an_include_in_a_manifest_is_in_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid({"include": [{"folder": "x", "with": {"a": 1}, "prefix": "b-"}]})
    assert not validator.is_valid({"include": [{"prefix": "b-"}]})
