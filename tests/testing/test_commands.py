"""The commands `test`, `search` and `apply --test` as processes against the emulator, with the example's assistants."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.conftest import CHECKOUT, WriteProject
from tests.warm.commands import WarmProvision

SETTINGS = "project: test\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
GOOD, BAD = "당신은 CSV 파일을 읽는 비서입니다.", "Answer briefly."
MANIFEST = """\
vector_stores:
  plays: {files: [{path: play.md, attributes: {act: 3, author: Shakespeare}}]}
tools:
  examine: {type: function, name: examine_server, parameters: {type: object, properties: {}}}
assistants:
  secretary:
    instructions: GOOD
    tools: [{type: code_interpreter, container: {files: [students.csv]}}]
  guard: {instructions: Report., tools: [examine]}
tests:
  reads-the-file:
    assistant: secretary
    input: 학생들의 나이를 알려 주세요.
    expect: {contains: Alice 14, tool_called: code_interpreter}
  reports:
    assistant: guard
    input: 서버가 정상인지 확인해 주세요.
    mocks: [{function: examine_server, result: "-1, 디스크 용량 부족"}]
    expect: {contains: 디스크 용량 부족, tool_called: {name: examine_server, times: 1}}
"""


def write(project: WriteProject, manifest: str = MANIFEST, instructions: str = GOOD) -> Path:
    return project(
        {
            "provision.yaml": SETTINGS,
            "all.yaml": manifest.replace("GOOD", instructions),
            "students.csv": "name,age\nAlice,14\n",
            "play.md": "To be, or not to be, that is the question.\n",
        }
    )


def results_of(stdout: str) -> dict[str, Any]:
    return {each["name"]: each for each in json.loads(stdout)["tests"]}


@pytest.mark.thorough
def test_the_example_s_tests_pass_and_fail_with_a_broken_prompt(provision: WarmProvision, tmp_path: Path) -> None:
    """What docs/testing.md shows: exit 4, and JUnit names the test."""
    folder = provision.folder / "manifests"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(CHECKOUT / "manifests", folder)
    applied = provision("apply", "--yes", "--test")
    assert applied.code == 0, applied.stderr + applied.stdout
    declared = yaml.safe_load((folder / "tests.yaml").read_text(encoding="utf-8"))["tests"]
    assert f"{len(declared)} tests: {len(declared)} passed" in applied.stdout
    (folder / "prompts" / "roleplay.md").write_text("You are a clerk.\n", encoding="utf-8")
    report = tmp_path / "results.xml"
    unapplied = provision("test", "--unapplied", "--junit", report)
    assert unapplied.code == 4, unapplied.stderr
    root = ElementTree.parse(report).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == (str(len(declared)), "1", "0")
    [failed] = [case for case in root.iter("testcase") if case.find("failure") is not None]
    assert (failed.get("classname"), failed.get("name")) == ("assistant.hamlet", "plays-hamlet")
    assert "cites: `books/hamlet.pdf` is not cited" in (failed[0].text or "")
    assert provision("test", "--unapplied", "--junit", report).code == 4, "its own report is replaced"
    assert provision("test").code == 0, "what is applied is still good"


@pytest.mark.thorough
def test_changed_tests_alone_are_run_again(provision: WarmProvision, project: WriteProject) -> None:
    write(project)
    assert provision("apply", "--yes").code == 0
    assert provision("test").code == 0
    again = provision("test", "--changed")
    assert (again.code, again.stdout) == (0, "")
    assert "Every chosen test has passed as it is" in again.stderr
    assert again.count("POST", "/v1/responses") == 0
    write(project, MANIFEST.replace("Report.", "Report what is wrong."))
    assert provision("apply", "--yes").code == 0
    changed = provision("test", "--changed", "--json")
    assert list(results_of(changed.stdout)) == ["reports"]


@pytest.mark.thorough
def test_what_a_test_creates_is_gone_at_its_end(provision: WarmProvision, project: WriteProject) -> None:
    text = MANIFEST + "    samples: 2\n"
    attached = text.replace(
        "input: 학생들의 나이를 알려 주세요.", "input: {text: 학생들의 나이를 알려 주세요., files: [play.md]}"
    )
    write(project, attached)
    assert provision("apply", "--yes").code == 0
    before = sum(1 for _ in provision.emulators.latest.client().files.list())
    ended = provision("test", "--json")
    assert ended.code == 0, ended.stdout + ended.stderr
    assert ended.count("POST", "/v1/files") == 1, "a file is uploaded once for all tests"
    assert ended.count("POST", "/v1/conversations") == 0
    assert sum(1 for _ in provision.emulators.latest.client().files.list()) == before


def test_bad_names_and_missing_things_say_what_to_do(provision: WarmProvision, project: WriteProject) -> None:
    write(project)
    missing = provision("test", "--json")
    assert missing.code == 1
    assert results_of(missing.stdout)["reports"]["verdict"] == "broken"
    assert "assistant.guard is declared, but not applied" in missing.stderr
    assert missing.count("POST", "/v1/responses") == 0
    wrong = provision("test", "report")
    assert wrong.code == 1
    assert "there is no test called report" in wrong.stderr
    assert "did you mean `reports`?" in wrong.stderr
    both = provision("test", "--json", "--markdown", online=False)
    assert both.code == 1
    alone = provision("apply", "--yes", "--rollback-on-failure", online=False)
    assert "add --test" in alone.stderr
    write(project, MANIFEST.partition("tests:")[0])
    none = provision("test")
    assert (none.code, "the manifests declare no tests" in none.stderr) == (1, True)


@pytest.mark.thorough
def test_a_failed_test_takes_its_release_back(provision: WarmProvision, project: WriteProject) -> None:
    write(project)
    words = ("apply", "--yes", "--test", "--rollback-on-failure")
    assert provision(*words).code == 0
    write(project, instructions=BAD)
    failed = provision(*words, "--json")
    assert failed.code == 4, failed.stderr
    body = json.loads(failed.stdout)
    assert [each["verdict"] for each in body["tests"]["tests"]] == ["failed"]
    assert body["rollback"]["releases"] == {"assistant.secretary": 1}
    assert "rolling back to assistant.secretary@1" in failed.stderr
    assert provision("test", "reads-*").code == 0
    again = provision(*words)
    assert again.code == 0
    assert "No test is about what was applied." in again.stderr


@pytest.mark.thorough
def test_a_new_assistant_that_fails_stays(provision: WarmProvision, project: WriteProject) -> None:
    write(project, instructions=BAD)
    ended = provision("apply", "--yes", "--test", "--rollback-on-failure")
    assert ended.code == 4
    assert "assistant.secretary is new, so there is no release" in ended.stderr
    assert provision("plan", "--detailed-exitcode").code == 0


@pytest.mark.thorough
def test_a_search_shows_passages_with_scores(provision: WarmProvision, project: WriteProject) -> None:
    write(project)
    before = provision("search", "plays", "question")
    assert (before.code, "is declared, but not applied" in before.stderr) == (1, True)
    assert provision("apply", "--yes").code == 0
    found = provision(
        "search", "plays", "the question", "--json", "--filter", "act>=2", "--filter", "author=Shakespeare"
    )
    assert found.code == 0, found.stderr
    [hit] = json.loads(found.stdout)["hits"]
    assert (hit["filename"], hit["attributes"]["act"]) == ("play.md", 3)
    assert "that is the question" in hit["text"]
    text = provision("search", "vector_store.plays", "the question")
    assert "play.md" in text.stdout
    assert "1 passage found." in text.stdout
    assert "0 passages found." in provision("search", "plays", "question", "--filter", "act=2").stdout
    wrong = provision("search", "play", "question")
    assert "did you mean `plays`?" in wrong.stderr
