"""Models that do not exist: a warning offline, an error where the API is asked, nothing on other servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.manifest import load
from provisioner.project import modelnames
from provisioner.project.modelnames import is_openai
from tests.conftest import Provision, WriteProject

ALONE = {"OPENAI_BASE_URL": None}


def assistant(model: str) -> dict[str, str]:
    return {"a.yaml": f"assistants:\n  a: {{instructions: You help., model: '{model}'}}\n"}


def asked(root: Path) -> bool:
    return (root / ".provision" / "models.json").exists()


@pytest.mark.thorough
def test_a_misspelt_model_is_a_warning_offline_and_an_error_where_a_list_is_had(
    project: WriteProject, provision: Provision
) -> None:
    root = project(assistant("gpt-4.1-mni"))

    validated = provision("validate", env=ALONE, online=False)
    assert validated.code == 0
    assert "warning: `gpt-4.1-mni` is not among the models known on 2026-11-20; did you mean `gpt-4.1-mini`?" in (
        validated.stderr
    )
    for arguments in (("plan",), ("apply", "--yes")):
        refused = provision("--emulator", *arguments, env=ALONE, online=False)
        assert refused.code == 1
        assert "error: the API lists no model `gpt-4.1-mni`; did you mean `gpt-4.1-mini`?" in refused.stdout
    assert provision("--emulator", "destroy", "--yes", env=ALONE, online=False).code == 0
    assert not asked(root)


@pytest.mark.thorough
def test_a_model_of_another_server_is_passed_through(project: WriteProject, provision: Provision) -> None:
    project(assistant("ollama/llama3.3"))

    planned = provision("plan")
    assert (planned.code, planned.count("GET", "/v1/models")) == (0, 0)
    assert "llama3.3` is not" not in planned.stdout + planned.stderr

    elsewhere = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    project({"b.yaml": "assistants:\n  b: {target: assistants, instructions: x, model: own-model}\n"})
    assert provision("--emulator", "apply", "--yes", env=elsewhere, online=False).code == 0


@pytest.mark.thorough
def test_a_known_or_tuned_model_needs_no_list(project: WriteProject, provision: Provision) -> None:
    project(assistant("ft:gpt-4o-mini-2024-07-18:acme::abc"))
    planned = provision("--emulator", "plan", env=ALONE, online=False)
    assert (planned.code, "known on" in planned.stdout) == (0, False)


@pytest.mark.parametrize(
    ("settings", "process", "expected"),
    [
        ("", {}, True),
        ("base_url: https://api.openai.com/v1\n", {}, True),
        ("base_url: https://example.org/v1\n", {}, False),
        ("base_url: https://example.org/v1\n", {"OPENAI_BASE_URL": "https://api.openai.com/v1"}, True),
        ("", {"OPENAI_BASE_URL": "http://localhost:11434/v1"}, False),
        ("", {"OPENAI_BASE_URL": " "}, True),
        ("", {"OPENAI_BASE_URL": "https://api.openai.com.example.org/v1"}, False),
    ],
)
def test_whose_server_it_is(tmp_path: Path, settings: str, process: dict[str, str], expected: bool) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "provision.yaml").write_text(f"project: x\n{settings}", encoding="utf-8")
    assert is_openai(load(folder).settings, process) is expected


def test_each_place_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "provision.yaml").write_text("project: x\ndefaults: {model: gpt-77}\n", encoding="utf-8")
    (folder / "a.yaml").write_text("assistants: {a: {}, b: {}, c: {model: gpt-4.1}}\n", encoding="utf-8")
    told = modelnames.warn_of_unknown(load(folder)).diagnostics
    assert [(each.severity, each.rule, each.place and each.place.line) for each in told] == [
        ("warning", "unknown-model", 2)
    ]
