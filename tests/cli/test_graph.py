"""`provision graph`: the manifests, a plan that is made now, and a plan file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import Provision, WriteProject

FILES = {
    "a.yaml": """
        instructions: {tone: {text: Be kind.}}
        vector_stores: {books: {files: ["books/*.md"]}}
        assistants:
          tutor: {instructions: [tone], tools: [{type: file_search, vector_stores: [books]}]}
    """,
    "books/햄릿 1.md": "To be.",
}
NEEDS = {
    ("assistant.tutor", "instructions.tone"),
    ("assistant.tutor", "vector_store.books"),
    ("vector_store.books", 'file["manifests/books/햄릿 1.md"]'),
}


def edges(text: str) -> set[tuple[str, str]]:
    return {(edge["user"], edge["needed"]) for edge in json.loads(text)["edges"]}


def actions(text: str) -> dict[str, str | None]:
    return {node["address"]: node["action"] for node in json.loads(text)["nodes"]}


def test_the_manifests_are_drawn_without_a_call(project: WriteProject, provision: Provision) -> None:
    project(FILES)
    code, stdout, stderr = provision("graph", "--format", "json", env={"OPENAI_API_KEY": None}, online=False)
    assert (code, stderr) == (0, "")
    assert edges(stdout) == NEEDS
    assert set(actions(stdout).values()) == {None}


def test_each_format_is_one(project: WriteProject, provision: Provision) -> None:
    project(FILES)
    drawn = {form: provision("graph", "--format", form, online=False).stdout for form in ("mermaid", "dot", "svg")}
    assert drawn["mermaid"].startswith("flowchart LR\n")
    assert drawn["mermaid"] == provision("graph", online=False).stdout
    assert drawn["dot"].startswith("digraph ")
    assert ElementTree.fromstring(drawn["svg"]).get("role") == "img"


def test_a_plan_is_made_and_drawn_and_a_kept_one_is_drawn_alike(project: WriteProject, provision: Provision) -> None:
    root = project(FILES)
    first = provision("graph", "--plan", "--format", "json")
    assert first.code == 0
    assert edges(first.stdout) == NEEDS
    assert actions(first.stdout) == {
        "assistant.tutor": "create",
        'file["manifests/books/햄릿 1.md"]': "create",
        "instructions.tone": None,
        "vector_store.books": "create",
    }
    assert provision("plan", "--out", root / "kept.json").code == 0
    kept = provision("graph", "kept.json", "--format", "json", online=False)
    assert (kept.code, kept.stdout) == (0, first.stdout)


def test_a_file_that_leaves_its_store_is_drawn_at_it(project: WriteProject, provision: Provision) -> None:
    project({**FILES, "books/two.md": "Or not."})
    assert provision("apply", "--yes").code == 0
    project({"books/two.md": None})
    _, stdout, _ = provision("graph", "--plan", "--format", "json")
    assert ("vector_store.books", 'file["manifests/books/two.md"]') in edges(stdout)
    assert actions(stdout)['file["manifests/books/two.md"]'] == "delete"
    assert actions(stdout)["assistant.tutor"] == "no-op"


def test_a_plan_that_is_blocked_is_drawn_and_says_why(project: WriteProject, provision: Provision) -> None:
    project({**FILES, "b.yaml": "vector_stores: {kept: {lifecycle: {protect: true}}}\n"})
    assert provision("apply", "--yes").code == 0
    project({"b.yaml": None})
    code, stdout, stderr = provision("graph", "--plan")
    assert code == 3
    assert "vector_store.kept is protected" in stderr
    assert "kept<br/>vector store · delete" in stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--plan", "a.yaml"], "leave one of them out"),
        (["--format", "png"], "'png' is not one of"),
        (["no-such.json"], "no-such.json"),
        (["manifests/a.yaml"], "is not a plan that provision wrote"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    project: WriteProject, provision: Provision, arguments: list[str], said: str
) -> None:
    (project(FILES) / "a.yaml").touch()
    code, stdout, stderr = provision("graph", *arguments, online=False)
    assert (code, stdout) == (1, "")
    assert said in stderr
    assert "Traceback" not in stderr


def test_more_than_mermaid_draws_is_told(project: WriteProject, provision: Provision) -> None:
    fragments = "\n".join(f"  f{number}: {{text: Be kind {number}.}}" for number in range(30))
    names = ", ".join(f"f{number}" for number in range(30))
    helpers = "\n".join(f"  a{number}: {{instructions: [{names}]}}" for number in range(20))
    project({"a.yaml": f"instructions:\n{fragments}\nassistants:\n{helpers}\n"})
    code, _, stderr = provision("graph", online=False)
    assert code == 0
    assert "at most 500 edges" in stderr


@pytest.mark.thorough
def test_a_closed_pipe_is_no_traceback(project: WriteProject, provision: Provision, tmp_path: Path) -> None:
    project(FILES)
    command, variables = provision.command("graph", "--format", "svg"), provision.environment("", {})
    with subprocess.Popen(
        command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
