"""Environments are compared, and one becomes what another has."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.conftest import WriteProject
from tests.docs.pages import blocks
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

SETTINGS = """
project: test
state: ../state
defaults: {model: gpt-6-luna}
environments: {staging: {}, prod: {}, agents: {target: agents}}
"""
NOTES = """
instructions: {tone: {text: Be brief.}}
vector_stores: {notes: {files: [a.txt, b.txt]}}
assistants:
  poet:
    instructions: [tone, {text: Rhyme.}]
    tools: [{type: file_search, vector_stores: [notes]}]
    metadata: {stage: one, store: "${vector_store.notes.id}"}
  critic: {instructions: [tone]}
"""
FILES = {"provision.yaml": SETTINGS, "notes.yaml": NOTES, "a.txt": "alpha", "b.txt": "beta"}


@pytest.fixture
def folder(project: WriteProject) -> Path:
    return project(FILES)


def apply_in(provision: WarmProvision, environment: str) -> None:
    done = provision("apply", "--yes", "--env", environment)
    assert done.code == 0, done.stdout + done.stderr


@pytest.mark.thorough
def test_the_commands_of_the_document(provision: WarmProvision, folder: Path) -> None:
    apply_in(provision, "staging")
    apply_in(provision, "prod")
    [block] = [each for each in blocks("docs/ci.md") if each.language == "sh" and "--like" in each.text]
    for line in block.text.splitlines():
        name, *arguments = shlex.split(line, comments=True)
        assert name == "provision"
        done = provision(*arguments)
        assert done.code == 0, line + done.stdout + done.stderr
    assert (folder / "reviewed.json").exists()


def test_what_cannot_be_compared(provision: WarmProvision, folder: Path) -> None:
    for arguments, said in (
        ("diff staging stagin", "there is no environment `stagin`"),
        ("diff staging staging", "staging cannot differ from itself"),
        ("diff staging prod", "nothing was applied in staging or prod yet"),
        ("diff staging prod --env prod", "leave --env out"),
        ("plan --env prod --except name", "add --like ENV"),
        ("plan --env prod --like staging --only assistant.poet", "leave --only out"),
        ("plan --env prod --like prod", "--like names prod, which is planned itself"),
    ):
        refused = provision(*arguments.split())
        assert (refused.code, said in refused.stderr) == (1, True), arguments + refused.stderr
    blocked = provision("plan", "--env", "prod", "--like", "staging")
    assert blocked.code == 3
    assert "nothing was applied in staging yet, so prod cannot become like it" in blocked.stderr


@pytest.mark.thorough
def test_the_way_from_staging_to_prod(provision: WarmProvision, folder: Path, project: WriteProject) -> None:
    apply_in(provision, "staging")
    one_sided = provision("diff", "staging", "prod", "--detailed-exitcode")
    assert one_sided.code == 2
    assert "warning: nothing was applied in prod yet" in one_sided.stdout
    apply_in(provision, "prod")
    alike = provision("diff", "staging", "prod", "--detailed-exitcode")
    assert (alike.code, alike.stdout, alike.requests) == (0, "staging and prod are alike: 5 resources.\n", ())
    assert provision("plan", "--env", "prod", "--like", "staging").code == 0

    changed = NOTES.replace("Be brief.", "Be kind.").replace("stage: one", "stage: two")
    project({"notes.yaml": changed, "a.txt": "gamma"})
    refused = provision("plan", "--env", "prod", "--like", "staging", "--out", "plan.json")
    assert refused.code == 3
    for named in (
        "assistant.poet would not be in prod what it is in staging:",
        "assistant.critic would not be in prod what it is in staging:",
        'instructions: "Be brief." → "Be kind."',
        'metadata.stage: "one" → "two"',
        'file["manifests/a.txt"] would not be in prod what it is in staging:',
        "vector_store.notes would not be in prod what it is in staging:",
    ):
        assert named in refused.stdout, refused.stdout
    assert not (folder / "plan.json").exists()

    apply_in(provision, "staging")
    differ = provision("diff", "staging", "prod")
    assert differ.code == 0
    assert "staging and prod differ: 4 different, 1 equal." in differ.stdout
    assert "instruction" in differ.stdout
    assert "vs_" not in differ.stdout
    assert "file-" not in differ.stdout
    assert provision("plan", "--env", "prod", "--like", "staging").code == 0
    apply_in(provision, "prod")
    assert provision("diff", "staging", "prod", "--detailed-exitcode").code == 0
