"""Costs from end to end: what the emulator says that stores take up flows into the plan, without a call more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SETTINGS, WriteProject
from tests.end_to_end.steps import apply, edit, plan
from tests.warm.commands import WarmProvision

STORES = """
vector_stores:
  x: {files: [a/*.txt]}
  y: {files: [b/*.txt]}
assistants:
  reader: {instructions: Read., tools: [{type: file_search, vector_stores: [x]}, code_interpreter]}
"""
A, B = "alpha " * 100, "beta " * 50


@pytest.fixture
def books(project: WriteProject) -> Path:
    return project({"stores.yaml": STORES, "a/1.txt": A, "a/2.txt": A, "b/1.txt": B}) / "manifests"


def sizes(body: dict[str, Any], when: str) -> dict[str, int]:
    """What each store takes up, those of nothing left out; a retired one is called `x, retired`."""
    lines = body["cost"]["stores"] if body["cost"] else ()
    return {f"{s['address']}{', retired' * s['retired']}": s[f"bytes_{when}"] for s in lines if s[f"bytes_{when}"]}


@pytest.mark.thorough
def test_after_one_plan_is_before_the_next(provision: WarmProvision, books: Path) -> None:
    """Through everything that can become of a store."""
    text = books / "stores.yaml"
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: (books / "a" / "3.txt").write_text("gamma", encoding="utf-8"),
        lambda: (books / "a" / "1.txt").unlink(),
        lambda: (books / "b" / "1.txt").write_text(A + B, encoding="utf-8"),
        lambda: edit(text, "y: {files", "y: {description: Another., lifecycle: {retire_after: 9999}, files"),
        lambda: edit(text, "  y: {", "  z: {metadata: {edition: second}, "),
        lambda: edit(text, "vector_stores: [x]", "vector_stores: [z]"),
    ]
    expected: dict[str, int] = {}
    for step in steps:
        step()
        planned = plan(provision)
        assert sizes(planned, "before") == expected
        expected = sizes(planned, "after")
        apply(provision)
        again = plan(provision)
        assert sizes(again, "before") == sizes(again, "after") == expected
    assert list(expected) == ["vector_store.x", "vector_store.z", "vector_store.y, retired"]
    text.unlink()
    assert sizes(plan(provision), "after") == {"vector_store.y, retired": 850}
    apply(provision)
    # Nothing is listed any more, so nobody says what is still there: it is told, and not guessed.
    [left] = plan(provision)["cost"]["stores"]
    assert (left["bytes_before"], left["unsized"], left["retired"]) == (0, 1, True)


def test_what_text_takes_up_is_measured(provision: WarmProvision, books: Path) -> None:
    apply(provision)
    body = plan(provision)["cost"]
    assert [(s["bytes_before"], s["measured"]) for s in body["stores"]] == [(2 * len(A), True), (len(B), True)]
    assert body["storage"]["bytes_after"] == 2 * len(A) + len(B)
    guessed = plan(provision, "--no-refresh")["cost"]
    assert [(s["bytes_before"], s["measured"]) for s in guessed["stores"]] == [(2 * len(A), False), (len(B), False)]


@pytest.mark.thorough
def test_new_files_are_scaled_by_what_was_measured(
    provision: WarmProvision, project: WriteProject, example: Path
) -> None:
    """A book of many pages takes up less than its file: a second one is taken for alike."""
    apply(provision)
    [store] = plan(provision)["cost"]["stores"]
    book = (example / "manifests/books/hamlet.pdf").read_bytes()
    assert store["bytes_before"] < len(book) / 2
    (example / "manifests/books/again.pdf").write_bytes(book + b"\n")
    [grown] = plan(provision)["cost"]["stores"]
    assert grown["bytes_after"] == pytest.approx(2 * store["bytes_before"], rel=0.001)


@pytest.mark.thorough
def test_costs_are_shown_in_a_plan_and_in_its_file(provision: WarmProvision, books: Path) -> None:
    settings = books / "provision.yaml"
    settings.write_text(SETTINGS + "prices: {storage: 1000, free_storage: 0, web_search: 10}\n", encoding="utf-8")
    planned = provision("plan", "--out", "reviewed.plan")
    shown = [line for line in planned.stdout.splitlines() if "cost" in line or line.startswith("  ")]
    assert shown == [
        "Estimated costs (prices of 2026-11; prices of provision.yaml for free_storage, storage):",
        "  vector storage: 0 B → 1.4 kB, 0.00 → 0.04 USD a month (1000.00 USD for a GB and day above 0 GB)",
        "    vector_store.x: 0 B → 1.2 kB",
        "    vector_store.y: 0 B → 250 B",
        "  container for code none → 1g, 0.03 USD for 20 minutes: assistant.reader",
        "  file_search, 2.50 USD for 1,000 calls: added to assistant.reader",
    ]
    assert "Estimated costs" in provision("show", "reviewed.plan").stdout
    assert provision("apply", "reviewed.plan").code == 0
    assert "Estimated costs, unchanged: 0.04 USD a month for 1.4 kB" in provision("plan").stdout


def test_a_project_without_stores_and_tools_shows_nothing(provision: WarmProvision, project: WriteProject) -> None:
    project({"a.yaml": "assistants: {poet: {instructions: Rhyme.}}\n"})
    assert "cost" not in provision("plan").stdout
    assert plan(provision)["cost"] is None


def test_a_plan_that_is_impossible_has_no_costs(provision: WarmProvision, project: WriteProject) -> None:
    project({"a.yaml": "assistants: {poet: {instruction: Rhyme.}}\n"})
    refused = provision("plan", "--json")
    assert '"cost": null' in refused.stdout
