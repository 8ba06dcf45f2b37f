"""Transcripts of notebooks and tutorials, as people published them: all that they create is found, and applies."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.manifest.loading import load
from provisioner.manifest.migration.migrating import migrate
from provisioner.manifest.writing.folder import write_folder
from tests.conftest import WriteProject
from tests.end_to_end.steps import apply
from tests.warm.commands import WarmProvision

# The SDK calls the Assistants API deprecated with every call.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
TARGETS = ("responses", "agents", "assistants")
CREATED = {
    "000": ["assistant Math Tutor", "assistant assistant", "file mydata.csv"],
    "001": [
        *("assistant server_assistant", "assistant 롤 플레잉 봇", "assistant 수학 선생님"),
        *("file Hamlet_KOR.pdf", "vector_store 햄릿"),
    ],
    "002": [],  # It explains, and creates nothing.
    "003": ["assistant assistant"],
    "004": ["assistant Math Tutor2"],
}
TOOLS = {
    "math-tutor": ["code_interpreter"],
    "assistant": ["code_interpreter"],
    "수학-선생님": ["code_interpreter"],
    "롤-플레잉-봇": ["file_search"],
    "server_assistant": ["function"],
    "assistant-2": ["code_interpreter"],
    "math-tutor2": ["code_interpreter"],
}


@pytest.mark.parametrize("path", [path for path in TRANSCRIPTS if CREATED[path.stem]], ids=lambda path: path.stem)
def test_everything_that_a_transcript_creates_is_found(path: Path, tmp_path: Path) -> None:
    made = migrate([path], tmp_path / "manifests", "assistants")
    assert sorted(f"{each.type} {each.name}" for each in made.objects) == CREATED[path.stem]


def test_every_assistant_has_its_tools(tmp_path: Path) -> None:
    write_folder(tmp_path / "manifests", migrate(TRANSCRIPTS, tmp_path / "manifests", "assistants").files)
    resources = {each.address.name: each for each in load(tmp_path / "manifests").resources if each.type == "assistant"}
    kinds = {name: [tool["type"] for tool in each.inputs["tools"]] for name, each in resources.items()}
    assert kinds == TOOLS


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("target", TARGETS)
def test_the_manifests_apply(target: str, project: WriteProject, provision: WarmProvision) -> None:
    folder = project({"provision.yaml": None})
    made = provision("migrate", *TRANSCRIPTS, folder / "manifests", "--target", target, online=False)
    assert made.code == 0, made.stderr
    apply(provision)


def test_nothing_is_written_over(project: WriteProject, provision: WarmProvision) -> None:
    folder = project({"provision.yaml": None, "assistants.yaml": "assistants: {}\n"})
    refused = provision("migrate", *TRANSCRIPTS, folder / "manifests", online=False)
    assert refused.code == 1
    assert "assistants.yaml is in" in refused.stderr
    assert sorted(path.name for path in (folder / "manifests").iterdir()) == ["assistants.yaml"]
