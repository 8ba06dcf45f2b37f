"""`provision lint` as it is typed: exit codes, formats, and what it calls."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_imports import loaded_by, packages
from tests.conftest import SETTINGS, Emulators, Provision, WriteProject

CLEAN = "assistants: {helper: {instructions: You help.}}\n"
WARNED = "instructions: {lonely: {text: Well.}}\n" + CLEAN
ENDING = "assistants: {helper: {instructions: You help., model: gpt-4o}}\n"
SECRET = "assistants: {helper: {instructions: [{file: p.md}]}}\n"
WRONG = "assistants: {helper: {instruction: You help.}}\n"


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [(CLEAN, [], 0), (WARNED, [], 0), (WARNED, ["--strict"], 1), (CLEAN, ["--strict"], 0), (SECRET, [], 1)],
)
def test_exit_codes(text: str, arguments: list[str], code: int, project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": text, "p.md": "AKIA0123456789ABCDEF\n"})
    assert provision("lint", "--offline", *arguments, online=False).code == code


def test_the_text_names_places_rules_and_the_list_of_models(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": WARNED})
    code, out, err = provision("lint", "--offline", online=False)
    first, note, summary = out.splitlines()
    assert first.startswith("manifests/a.yaml:1:16: warning[unused-resource]: no assistant's instructions use this")
    assert note.startswith("info: models' shutdown dates are from provision's own list, 2026-11-20, ")
    assert (summary, code, err) == ("1 warning in 1 resource.", 0, "")


def test_the_api_is_asked_once_and_then_believed_for_a_day(
    project: WriteProject, provision: Provision, emulator: Emulators
) -> None:
    emulator()
    project({"a.yaml": ENDING})
    first = provision("lint")
    assert [(each.method, each.path) for each in first.requests] == [("GET", "/v1/models")]
    assert "[model-shut" in first.stdout
    assert "dates are from the API, " in first.stdout
    again = provision("lint")
    assert (again.requests, again.code) == ((), first.code)
    assert "dates are from the API (cached), " in again.stdout


@pytest.mark.parametrize("arguments", [["--offline"], ["--emulator"]])
def test_nothing_is_asked_offline_or_for_the_emulator(
    arguments: list[str], project: WriteProject, provision: Provision
) -> None:
    project({"a.yaml": ENDING})
    ended = provision("lint", *arguments)
    assert ended.requests == ()
    assert "provision's own list" in ended.stdout


def test_without_a_key_nothing_is_asked(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": CLEAN})
    code, out, _ = provision("lint", env={"OPENAI_API_KEY": None}, online=False)
    assert (code, "; no API key is set" in out) == (0, True)


def test_a_server_that_is_not_there_is_no_error(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": CLEAN})
    code, out, err = provision("lint", online=False)
    assert (code, err) == (0, "")
    assert "; the API cannot be reached: " in out


def test_manifests_that_are_wrong_are_told_as_validate_tells_them(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": WRONG})
    wanted = provision("validate", online=False)
    assert wanted.code == 1
    code, out, err = provision("lint", online=False)
    assert (code, out, err) == tuple(wanted)
    code, out, _ = provision("lint", "--format", "sarif", online=False)
    [result] = json.loads(out)["runs"][0]["results"]
    assert (code, result["ruleId"], result["level"]) == (1, "manifest", "error")
    code, out, _ = provision("lint", "--json", online=False)
    assert [each["rule"] for each in json.loads(out)["findings"]] == ["manifest"]
    code, out, _ = provision("lint", "--format", "gitlab", online=False)
    assert [each["location"]["path"] for each in json.loads(out)] == ["manifests/a.yaml"]


def test_a_folder_without_a_project_is_a_report_too(provision: Provision) -> None:
    code, out, err = provision("lint", "--json", online=False)
    assert (code, json.loads(out)["summary"]) == (1, {"error": 1, "warning": 0, "info": 0})
    assert "there is no provision.yaml" in err
    for form in ("sarif", "gitlab"):
        code, out, _ = provision("lint", "--format", form, online=False)
        assert (code, bool(json.loads(out))) == (1, True)


def test_two_formats_are_one_too_many(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": CLEAN})
    code, _, err = provision("lint", "--json", "--format", "sarif", online=False)
    assert (code, "--json and --format sarif are two formats" in err) == (1, True)
    assert provision("lint", "--json", "--format", "json", "--offline", online=False).code == 0


def test_validate_refuses_a_rule_that_is_none(project: WriteProject, provision: Provision) -> None:
    project({"provision.yaml": SETTINGS + "lint: {ignore: [secretz]}\n", "a.yaml": CLEAN})
    ended = provision("validate", online=False)
    assert ended.code == 1
    assert "there is no rule `secretz`; did you mean `secret`?" in ended.stderr


@pytest.mark.thorough
@pytest.mark.parametrize("arguments", [["lint"], ["lint", "--offline", "--format", "sarif"]])
def test_what_calls_nothing_loads_neither_the_sdk_nor_the_engine(arguments: list[str]) -> None:
    modules = loaded_by(*arguments)
    assert packages(modules).isdisjoint({"openai", "httpx2", "deepdiff", "starlette", "uvicorn"})
    assert not {name for name in modules if name.startswith("provisioner.engine")}
