"""Files that a release names, on every target: kept, used, uploaded again, or named as missing; and what is stored."""

from __future__ import annotations

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest
from provisioner.planning.plan import Action
from tests.releases.bench import TUTOR, Bench, numbers, to, tutor

NOTE = Address("file", "manifests/note.md")
USES = {
    "responses": "    tools: [{type: code_interpreter, container: {files: [note.md]}}]\n",
    "agents": "    environment: {files: [note.md]}\n",
    "assistants": "    tools: [{type: code_interpreter, container: {files: [note.md]}}]\n",
}
KEPT = "    lifecycle: {retire_after: 86400}\n"


def _write(bench: Bench, text: str, note: str, more: str = "") -> None:
    bench.write(tutor(text, USES[bench.target] + more), note=note)


def _apply(bench: Bench, text: str, note: str, more: str = "") -> str:
    """Applies, and returns the id of the file."""
    _write(bench, text, note, more)
    outcome = bench.run()
    assert outcome is not None
    assert (outcome.failed, outcome.skipped) == ({}, {})
    return bench.record(NOTE).id


def _named(bench: Bench) -> str:
    """What the assistant and its environment template say, as text."""
    records = bench.state().records
    found = [records.get(Address(kind, TUTOR.name)) for kind in ("assistant", "environment")]
    return str([each.inputs for each in found if each is not None])


def test_a_file_that_a_kept_release_names_stays_and_is_used_again(bench: Bench) -> None:
    first = _apply(bench, "one", "first", KEPT)
    second = _apply(bench, "two", "second", KEPT)
    assert {first, second} == set(bench.account.of("file"))
    bench.run(to(1))
    assert first in _named(bench)
    assert second not in _named(bench)
    assert bench.plan().plan.changes == ()
    assert bench.account.breaches == []


@pytest.mark.parametrize("kept", [False, True], ids=["no longer kept", "kept"])
def test_a_file_goes_as_soon_as_no_kept_release_names_it(bench: Bench, kept: bool) -> None:
    bench.keep = 100 if kept else 1
    first = _apply(bench, "one", "first", KEPT)
    _apply(bench, "two", "second", KEPT)
    _apply(bench, "three", "second", KEPT)
    bench.run()
    assert (first in bench.account.objects) is kept
    assert bench.account.breaches == []


def test_without_retire_after_a_replaced_file_goes_at_once(bench: Bench) -> None:
    first = _apply(bench, "one", "first")
    _apply(bench, "two", "second")
    assert first not in bench.account.objects


def test_a_file_that_is_gone_is_named_or_uploaded_again(bench: Bench) -> None:
    first = _apply(bench, "one", "first")
    _apply(bench, "two", "second")
    before = dict(bench.account.objects)
    with pytest.raises(InvalidManifest) as raised:
        bench.run(to(1))
    (problem,) = raised.value.diagnostics
    assert f"assistant.tutor@1 names the file {first} (note.md, 5 bytes, sha256 a7937b64" in problem.message
    assert 'put the file with this content back at file["manifests/note.md"]' in problem.message
    assert problem.place is not None
    assert bench.account.objects == before
    _write(bench, "two", "first")
    planned = bench.plan(to(1)).plan
    assert Action.REPLACE in {each.action for each in planned.changes if each.address == NOTE}
    assert any(
        f"names {first} (note.md, 5 bytes), which no longer exists" in each.message and "uploaded again" in each.message
        for each in planned.diagnostics
    )
    bench.settle(to(1))
    assert bench.texts() == ["one", "two", "one"]
    assert bench.record(NOTE).id in _named(bench)
    assert len(bench.account.of("file")) == 1


@pytest.mark.parametrize(("keep", "kept"), [(1, [5]), (2, [4, 5]), (100, [1, 2, 3, 4, 5])])
def test_as_many_releases_are_kept_as_the_settings_say(bench: Bench, keep: int, kept: list[int]) -> None:
    bench.keep = keep
    for number in range(1, 6):
        bench.write(tutor(f"text {number}"))
        bench.settle()
    assert numbers(bench.releases_of()) == kept
    assert len(bench.stored()) == len(kept)


@pytest.mark.parametrize("keep", [0, -1, 10_001, "1.5", "many"])
def test_a_number_of_releases_beyond_the_limits_is_refused(definitions: Bench, keep: object) -> None:
    definitions.write(tutor("one"))
    settings = definitions.root / "manifests/provision.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"keep_releases: {keep}\n", encoding="utf-8")
    with pytest.raises(InvalidManifest) as raised:
        definitions.manifest()
    (problem,) = raised.value.diagnostics
    assert problem.place is not None
    assert (problem.place.file, problem.place.line) == (str(settings), 5)


def test_equal_contents_are_stored_once(bench: Bench) -> None:
    for text in ("one", "two", "one", "two", "one"):
        bench.write(tutor(text))
        bench.settle()
    assert bench.texts() == ["one", "two", "one", "two", "one"]
    assert len(bench.stored()) == 2


def test_equal_assistants_share_a_content(definitions: Bench) -> None:
    definitions.write(tutor("same", "    name: T\n") + "  coach: {instructions: same, name: T}\n")
    definitions.settle()
    coach = Address("assistant", "coach")
    assert definitions.texts() == definitions.texts(coach) == ["same"]
    assert len(definitions.stored()) == 1


def test_the_releases_of_a_destroyed_assistant_are_listed_and_continued(bench: Bench) -> None:
    for text in ("one", "two"):
        bench.write(tutor(text))
        bench.settle()
    bench.write("assistants: {other: {instructions: x}}\n")
    bench.settle()
    assert TUTOR not in bench.state().records
    assert bench.texts() == ["one", "two"]
    bench.write(tutor("three"))
    bench.settle()
    assert bench.texts() == ["one", "two", "three"]
    assert numbers(bench.releases_of()) == [1, 2, 3]
    bench.settle(to(1))
    assert bench.texts()[-1] == "one"
