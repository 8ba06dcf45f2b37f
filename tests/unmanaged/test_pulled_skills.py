"""Skills that nobody manages: pulled with their files, so that the next plan adopts them and uploads nothing."""

from __future__ import annotations

import io
import zipfile

import pytest

from provisioner.planning.plan import Action
from provisioner.project.pulled_skills import _find_problem
from tests.unmanaged.steps import Desk

ABOUT = b"---\nname: code-review\ndescription: Reviews.\n---\n\nReview ${this}.\n"


def upload(desk: Desk, files: dict[str, bytes], folder: str = "code-review") -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in files.items():
            archive.writestr(f"{folder}/{path}", content)
    return desk.client.skills.create(files=("it.zip", packed.getvalue(), "application/zip")).id


@pytest.mark.thorough
def test_a_skill_is_pulled_with_its_files_and_adopted_unchanged(desk: Desk) -> None:
    files = {"SKILL.md": ABOUT, "scripts/run.py": b"print(1)\r\n", "data/image.bin": bytes(range(256))}
    id = upload(desk, files)
    template = desk.client.beta.agents.environments.templates.create(
        name="tools", skills=[{"type": "skill_reference", "skill_id": id}]
    ).id
    desk.client.beta.agents.create(model="gpt-6-luna", name="coder", metadata={"provision_template": template})
    pulled = desk.pull()
    assert not pulled.left
    for path, content in files.items():
        assert (desk.folder / "manifests/pulled/skills/code-review" / path).read_bytes() == content
    assert id not in "".join(
        text for name, text in pulled.files.items() if name == "assistants.yaml" for text in [str(text)]
    )
    plan = desk.plan()
    assert not plan.errors(), plan.diagnostics
    assert {(change.action, change.fields) for change in plan.changes} == {(Action.ADOPT, ())}, plan.changes
    desk.apply()
    assert not desk.plan().changes
    assert not desk.pull("again", write=False).files
    assert [each.version for each in desk.client.skills.versions.list(id)] == ["1"]


def test_a_skill_that_no_manifest_can_express_is_left_out(desk: Desk) -> None:
    upload(desk, {"SKILL.md": ABOUT, ".git/config": b"[core]\n"})
    pulled = desk.pull()
    assert not pulled.files
    [(_, reason)] = pulled.left
    assert "adopting it would change content" in reason


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (["SKILL.md", "../up"], "is no path within a folder"),
        (["SKILL.md", "/etc/x"], "is no path within a folder"),
        (["SKILL.md", "a\\b"], "is no path within a folder"),
        (["SKILL.md", "a\nb"], "is no path within a folder"),
        (["SKILL.md", "a", "A"], "would have one name on some systems"),
        (["SKILL.md", "a", "A/b"], "would have one name on some systems"),
    ],
)
def test_paths_that_lead_elsewhere_or_collide_are_refused(paths: list[str], problem: str) -> None:
    assert problem in str(_find_problem(paths))
    assert _find_problem(["SKILL.md", "a/b.txt", "a/c.txt"]) is None
