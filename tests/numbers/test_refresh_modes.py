"""What `--refresh full|quick|none` calls, sees, and says that it did not look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.conftest import Finished, Provision, WriteProject
from tests.numbers.test_counts import settings, stores, succeed, writes

LISTING = "/v1/vector_stores/*/files"


def plan_of(finished: Finished) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(finished.stdout)
    return body


def quick(provision: Provision, *more: str) -> dict[str, Any]:
    return plan_of(provision("plan", "--refresh", "quick", "--json", *more))


def notes(plan: dict[str, Any]) -> list[str]:
    return [each["message"] for each in plan["diagnostics"] if each["message"].startswith("quick refresh: ")]


def store_ids(root: Path) -> dict[str, str]:
    records = json.loads((root / "state" / "default.json").read_text(encoding="utf-8"))["records"]
    return {address: record["id"] for address, record in records.items()}


@pytest.fixture
def applied(project: WriteProject, provision: Provision) -> Path:
    """A project of three stores with two files each, applied once."""
    root = project({**settings(), **stores(3, 2)})
    succeed((provision("apply", "--yes"),))
    return root


def test_a_quick_plan_reads_the_lists_only(applied: Path, provision: Provision) -> None:
    full = provision("plan", "--json")
    shown = provision("plan", "--refresh", "quick", "--json")

    assert (full.count("GET", LISTING), shown.count("GET", LISTING)) == (3, 0)
    assert len(full.requests) == len(shown.requests) + 3
    assert (plan_of(full)["summary"], notes(plan_of(full))) == (plan_of(shown)["summary"], [])
    assert "the files of 3 vector stores were not read" in notes(plan_of(shown))[0]


def test_only_the_store_that_lost_a_file_is_read(applied: Path, provision: Provision, client: OpenAI) -> None:
    ids = store_ids(applied)
    store, file = ids["vector_store.s1"], ids['file["manifests/books/1/0.md"]']
    client.vector_stores.files.delete(file, vector_store_id=store)

    shown = provision("plan", "--refresh", "quick", "--json")

    plan = plan_of(shown)
    assert shown.count("GET", LISTING) == 1
    assert [(each["address"], each["actual"]) for each in plan["drift"]] == [("vector_store.s1", None)]
    assert "the files of 2 vector stores were not read" in notes(plan)[0]


def test_a_file_that_others_attached_is_seen(applied: Path, provision: Provision, client: OpenAI) -> None:
    ids = store_ids(applied)
    added = client.files.create(file=("theirs.md", b"theirs"), purpose="assistants")
    client.vector_stores.files.create_and_poll(added.id, vector_store_id=ids["vector_store.s2"])

    assert any(added.id in each["message"] for each in quick(provision)["diagnostics"])


def test_attributes_that_others_changed_are_seen_only_by_a_full_refresh(
    applied: Path, provision: Provision, client: OpenAI
) -> None:
    ids = store_ids(applied)
    store, file = ids["vector_store.s1"], ids['file["manifests/books/1/0.md"]']
    client.vector_stores.files.update(file, vector_store_id=store, attributes={"theirs": "yes"})

    assert quick(provision)["drift"] == []
    assert plan_of(provision("plan", "--json"))["drift"] != []


def test_a_store_is_read_before_it_is_changed(
    applied: Path, project: WriteProject, provision: Provision, client: OpenAI
) -> None:
    ids = store_ids(applied)
    store, file = ids["vector_store.s1"], ids['file["manifests/books/1/0.md"]']
    client.vector_stores.files.update(file, vector_store_id=store, attributes={"theirs": "yes"})
    project({"books/1/2.md": "a new page\n"})

    blocked = provision("apply", "--yes", "--refresh", "quick")
    overwritten = provision("apply", "--yes", "--refresh", "quick", "--overwrite-drift")
    again = provision("plan", "--refresh", "quick", "--json")

    assert (blocked.code, writes(blocked), blocked.count("GET", LISTING)) == (3, 0, 1)
    succeed((overwritten, again))
    assert again.count("GET", LISTING) == 0
    assert plan_of(again)["changes"] == []
    assert plan_of(provision("plan", "--json"))["drift"] == []


def test_a_state_without_summaries_is_read_fully_until_the_next_write(
    applied: Path, project: WriteProject, provision: Provision
) -> None:
    path = applied / "state" / "default.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    for record in state["records"].values():
        record["echo"].pop("member_summary", None)
    del state["digest"], state["written"]
    path.write_text(json.dumps(state, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    older = provision("plan", "--refresh", "quick", "--accept-state", "--json")
    project({"more.yaml": "vector_stores: {empty: {}}\n"})
    succeed((provision("apply", "--yes", "--accept-state"),))
    newer = provision("plan", "--refresh", "quick", "--json")

    assert (older.count("GET", LISTING), notes(plan_of(older))) == (3, [])
    assert newer.count("GET", LISTING) == 0
    assert "the files of 4 vector stores" in notes(plan_of(newer))[0]


def test_a_restored_state_is_read_fully(applied: Path, project: WriteProject, provision: Provision) -> None:
    (applied / "manifests" / "books/1/0.md").write_text("9/9\n", encoding="utf-8")
    succeed((provision("apply", "--yes"), provision("state", "restore", "1")))

    shown = provision("plan", "--refresh", "quick", "--json")

    assert shown.count("GET", LISTING) == 3


def test_an_exclusive_store_is_read_where_it_holds_more_than_is_recorded(
    applied: Path, project: WriteProject, provision: Provision, client: OpenAI
) -> None:
    ids = store_ids(applied)
    added = client.files.create(file=("theirs.md", b"theirs"), purpose="assistants")
    client.vector_stores.files.create_and_poll(added.id, vector_store_id=ids["vector_store.s2"])
    project({"more.yaml": "vector_stores: {empty: {}}\n"})
    succeed((provision("apply", "--yes"),))  # writes the state, and so the present summary of s2
    assert quick(provision)["changes"] == []
    text = (applied / "manifests" / "stores.yaml").read_text(encoding="utf-8")
    project({"stores.yaml": text.replace("books/2/*.md]", "books/2/*.md], exclusive: true")})

    assert [each["address"] for each in quick(provision)["changes"]] == ["vector_store.s2"]


def test_the_note_is_in_every_form_and_a_quick_plan_file_can_be_applied(
    applied: Path, project: WriteProject, provision: Provision, tmp_path: Path
) -> None:
    project({"books/0/2.md": "a new page\n"})
    note = "the files of 2 vector stores were not read"
    html, plan = tmp_path / "plan.html", tmp_path / "plan.bin"

    text = provision("plan", "--refresh", "quick", "--html", str(html), "--out", str(plan))
    markdown = provision("plan", "--refresh", "quick", "--markdown")
    shown = provision("show", str(plan))
    applied_file = provision("apply", str(plan), env={"CI": "true"})

    succeed((text, markdown, shown, applied_file))
    assert all(note in each for each in (text.stdout, markdown.stdout, shown.stdout, html.read_text(encoding="utf-8")))
    assert applied_file.count("GET", LISTING) >= 3  # an apply reads everything, whatever the plan file read


def test_none_is_no_refresh(applied: Path, provision: Provision) -> None:
    none = provision("plan", "--refresh", "none")
    both = provision("plan", "--refresh", "quick", "--no-refresh")

    assert (none.code, none.requests) == (0, ())
    assert both.code == 1 or both.code == 2
    assert "--no-refresh means --refresh none" in both.stderr
