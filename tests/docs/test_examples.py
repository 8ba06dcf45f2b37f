"""The documents' examples do what the text beside them says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from provisioner.core.kinds import KINDS
from provisioner.core.runtime_values import fill
from provisioner.manifest import load
from tests.conftest import Provision
from tests.docs.pages import CHECKOUT, Block, blocks

#: What the examples in docs/manifests.md refer to.
FILES = {
    "prompts/greeting.md": "You help at {{school}}, room {{room}}.\n",
    "schemas/look-up.json": json.dumps(
        {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        }
    ),
    "data/timetable.csv": "day,lesson\n",
    "data/rooms.csv": "room,floor\n",
    "skills/grading/SKILL.md": "---\nname: grading\ndescription: Grades homework.\n---\n",
    "skills/grading/drafts/rubric.md": "Perhaps.\n",
    "handbook/rules.md": "Be on time.\n",
    "handbook/more/holidays.md": "In summer.\n",
    "handbook/drafts/new.md": "Perhaps.\n",
}


def only(document: str, language: str) -> Block:
    """The document's one block in this language."""
    [found] = [block for block in blocks(document) if block.language == language]
    return found


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    """The project of docs/manifests.md."""
    manifests = tmp_path / "manifests"
    texts = {path_of(block): block.text for block in blocks("docs/manifests.md") if path_of(block)}
    [course] = [each.text for each in blocks("docs/manifests.md") if each.text.startswith("# shared/course")]
    (tmp_path / "shared/course").mkdir(parents=True)
    (tmp_path / "shared/course/course.yaml").write_text(course, encoding="utf-8")
    for name, text in {**FILES, **{name.removeprefix("manifests/"): text for name, text in texts.items()}}.items():
        (manifests / name).parent.mkdir(parents=True, exist_ok=True)
        (manifests / name).write_text(text, encoding="utf-8")
    return manifests


def path_of(block: Block) -> str:
    """The path in a block's first line, or the one that its text is introduced with."""
    found = re.match(r"# (manifests/\S+\.yaml)\n", block.text)
    return found[1] if found else "manifests/assistants/tutor.md" if block.language == "markdown" else ""


def test_the_values_by_environment_apply_to_the_manifests(handbook: Path) -> None:
    [block] = [each for each in blocks("docs/manifests.md") if "provision.yaml (continued)" in each.text]
    settings = yaml.safe_load((handbook / "provision.yaml").read_text(encoding="utf-8"))
    values = yaml.safe_load(block.text)["environments"]
    merged = {name: (settings["environments"].get(name) or {}) | value for name, value in values.items()}
    (handbook / "provision.yaml").write_text(yaml.safe_dump(settings | {"environments": merged}), encoding="utf-8")
    prod, dev = (
        {str(each.address): each.inputs for each in load(handbook, name).resources} for name in ("prod", "dev")
    )
    assert prod["vector_store.handbook"]["name"] == "Handbook (prod)"
    assert prod["vector_store.handbook"]["expires_after"]["days"] == 365
    assert dev["vector_store.handbook"]["name"] == "Handbook"
    assert prod["assistant.secretary"]["model"] == "gpt-6-sol"
    assert "temperature" not in prod['assistant.coach["math"]']
    assert prod['assistant.coach["art"]']["temperature"] == 0.1
    assert "assistant.librarian" in prod
    assert "assistant.librarian" not in dev


def test_the_shared_folder_is_included_twice(handbook: Path) -> None:
    loaded = {str(each.address): each.inputs for each in load(handbook, "dev").resources}
    assert loaded["assistant.latin-teacher"]["instructions"] == "Answer in plain words.\n\nYou teach Latin."
    assert loaded["assistant.greek-teacher"]["model"] == "gpt-4.1"
    assert loaded["vector_store.greek-texts"]["name"] == "Greek texts"


def test_the_manifests_load_without_a_word(handbook: Path) -> None:
    loaded = load(handbook, "dev")
    assert loaded.diagnostics == ()
    sections = {key for path in handbook.glob("*.yaml") for key in yaml.safe_load(path.read_text(encoding="utf-8"))}
    assert {kind.section for kind in KINDS} <= sections
    by_name = {str(resource.address): resource for resource in loaded.resources}
    assert "handbook/drafts" not in str(by_name["vector_store.handbook"].inputs)
    assert by_name["assistant.secretary"].inputs["instructions"].startswith("You help at Campus One, room 12.\n\n")
    assert by_name["assistant.tutor"].inputs["instructions"].startswith("Answer in plain words.\n\nYou teach")
    assert by_name["file.timetable"].lifecycle.retire_after == 3600


def test_runtime_values_are_filled_in(handbook: Path) -> None:
    [tutor] = [each for each in load(handbook, "dev").resources if each.address.name == "tutor"]
    filled = fill(tutor.inputs, {"WIKI_TOKEN": "secret"})
    assert filled["tools"][1]["authorization"] == "secret"
    assert filled["instructions"] == tutor.inputs["instructions"]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The project of this repository, to be applied."""
    shutil.copytree(CHECKOUT / "manifests", tmp_path / "manifests")
    return tmp_path


@pytest.mark.thorough
def test_the_demo_shows_what_the_readme_shows(example: Path, provision: Provision) -> None:
    steps = (("apply", "--yes"), ("output",), ("plan", "--detailed-exitcode"))
    ran = [provision("--emulator", *step, online=False) for step in steps]
    assert [each.code for each in ran] == [0, 0, 0]
    said = [masked(line) for each in ran for line in (each.stdout + each.stderr).splitlines()]
    shown = [masked(line) for line in only("README.md", "console").text.splitlines()[1:]]
    assert [line for line in shown if line not in said] == []
    assert [line for line in said if line not in shown] == []


def masked(line: str) -> str:
    """A line without what differs from run to run: ids and seconds."""
    return re.sub(r"\d+\.\d s", "S", re.sub(r"\b(vs_|file-)\w+", r"\1ID", line))


def run_example(text: str, example: Path, base_url: str) -> str:
    """What a program in a document prints, with the project as its working folder."""
    ended = subprocess.run(
        [sys.executable, "-c", text],
        cwd=example,
        env={"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": base_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_an_application_loads_its_definition(example: Path, provision: Provision) -> None:
    assert provision("apply", "--yes").code == 0
    block = only("README.md", "python").text
    assert len(list(filter(None, block.splitlines()))) == 3
    before = provision.count("POST", "/v1/responses")
    assert run_example(block, example, provision.emulators.latest.base_url).strip()
    assert provision.count("POST", "/v1/responses") == before + 1


def test_the_examples_of_the_page_on_use_run(example: Path, provision: Provision) -> None:
    writer = "assistants: {writer: {target: agents, instructions: Write.}}\n"
    (example / "manifests/writer.yaml").write_text(writer, encoding="utf-8")
    assert provision("apply", "--yes").code == 0
    assert provision("export", "--out", "app").code == 0
    for block in blocks("docs/use.md"):
        if block.language == "python":
            run_example(block.text, example, provision.emulators.latest.base_url)


def test_the_step_in_the_readme_is_one_of_the_action() -> None:
    [shown] = [yaml.safe_load(block.text) for block in blocks("README.md") if block.text.startswith("steps:")]
    inputs = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    [step] = shown["steps"]
    assert step["with"].keys() <= inputs.keys()
    assert step["env"].keys() == {"OPENAI_API_KEY"}
