"""A declaration is gone while its file is still there: the plan that deletes says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import WriteProject
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
TUTOR = "---\nmodel: gpt-4.1\n---\nYou teach.\n"
SETTINGS = "project: test\n"


@pytest.fixture
def folder(project: WriteProject) -> Path:
    return project({"provision.yaml": SETTINGS, "assistants/tutor.md": TUTOR, "a.yaml": "x-note: none\n"})


def test_a_deletion_names_the_file_that_is_still_there(provision: WarmProvision, folder: Path) -> None:
    assert provision("apply", "--yes").code == 0
    path = folder / "manifests" / "assistants" / "tutor.md"
    path.write_text("You teach.\n", encoding="utf-8")
    planned = provision("plan")
    assert "manifests/assistants/tutor.md is still there, but has no front matter that is read" in planned.stdout
    path.write_text(TUTOR, encoding="utf-8")
    settings = f"{SETTINGS}ignore: [assistants]\n"
    (folder / "manifests" / "provision.yaml").write_text(settings, encoding="utf-8")
    assert "manifests/assistants/tutor.md is still there, and `ignore:` names it" in provision("plan").stdout
    path.unlink()
    assert "is still there" not in provision("plan").stdout
