"""`--html FILE`: the plan as a page, beside the plan as text."""

from __future__ import annotations

import stat

from tests.conftest import Provision, WriteProject

ASSISTANT = {
    "a.yaml": """
    assistants:
      tutor:
        instructions: [{text: "Be <b>kind</b>."}]
    """
}


def test_a_plan_is_written_as_a_page_that_only_its_owner_reads(project: WriteProject, provision: Provision) -> None:
    root = project(ASSISTANT)
    page, plan = root / "plan.html", root / "plan.json"
    planned = provision("plan", "--html", page, "--out", plan)
    assert planned.code == 0, planned.stderr
    assert "+ assistant.tutor" in planned.stdout
    assert f"The page is in {page}" in planned.stderr
    text = page.read_text(encoding="utf-8")
    assert "Plan for test, environment default" in text
    assert "Be &lt;b&gt;kind&lt;/b&gt;." in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_a_plan_that_was_kept_is_shown_as_the_same_page(project: WriteProject, provision: Provision) -> None:
    root = project(ASSISTANT)
    plan, pages = root / "plan.json", [root / "one.html", root / "two.html"]
    provision("plan", "--html", pages[0], "--out", plan)
    shown = provision("show", plan, "--html", pages[1], online=False)
    assert shown.code == 0, shown.stderr
    assert "+ assistant.tutor" in shown.stdout
    bodies = [page.read_text(encoding="utf-8").partition("<main")[2] for page in pages]
    assert bodies[0] == bodies[1]


def test_json_stays_json_beside_a_page(project: WriteProject, provision: Provision) -> None:
    root = project(ASSISTANT)
    planned = provision("plan", "--json", "--html", root / "plan.html")
    assert planned.stdout.startswith("{")
    assert (root / "plan.html").exists()


def test_a_page_is_not_written_over_its_plan(project: WriteProject, provision: Provision) -> None:
    root = project(ASSISTANT)
    plan = root / "plan.json"
    assert provision("plan", "--out", plan, "--html", plan).code == 1
    assert not plan.exists()
    provision("plan", "--out", plan)
    kept = plan.read_bytes()
    refused = provision("show", plan, "--html", root / "manifests" / ".." / "plan.json", online=False)
    assert (refused.code, plan.read_bytes()) == (1, kept)
    assert "is the plan itself; name another file" in refused.stderr


def test_only_a_plan_has_a_page(project: WriteProject, provision: Provision) -> None:
    root = project(ASSISTANT)
    for arguments in (["show"], ["show", "assistant.tutor"]):
        refused = provision(*arguments, "--html", root / "page.html", online=False)
        assert refused.code == 1
        assert "--html is for a plan FILE" in refused.stderr


def test_a_page_that_cannot_be_written_is_an_error(project: WriteProject, provision: Provision) -> None:
    root = project(ASSISTANT)
    failed = provision("plan", "--html", root / "nowhere" / "page.html")
    assert failed.code == 1
    assert "page.html cannot be written: No such file or directory" in failed.stderr
