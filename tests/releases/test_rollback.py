"""Rollbacks: what they restore, to what they pin, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest, StateError, UsageError
from provisioner.engine.restoring import previous_release
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Scope
from provisioner.planning.plan import Action
from tests.plan.test_properties import delete_object, expire, replace_fields
from tests.releases.bench import TUTOR, Bench, to, tutor

FILES = """\
assistants:
  tutor:
    instructions: {}
    tools: [{{type: code_interpreter, container: {{files: [note.md]}}}}]
{}
"""
STORE = """\
vector_stores:
  books: {{files: [note.md]{store}}}
assistants:
  tutor:
    instructions: {text}
    tools: [{{type: file_search, vector_stores: [books]}}]
"""
NOTE = Address("file", "manifests/note.md")


def _applied(bench: Bench, *texts: str) -> Bench:
    for text in texts:
        bench.write(tutor(text))
        bench.settle()
    return bench


def _text(bench: Bench) -> str:
    return str(bench.record().inputs["instructions"])


def _previous(bench: Bench) -> int:
    return previous_release(TUTOR, bench.state(), bench.releases()).number


@pytest.mark.first_case_is_quick
def test_a_rollback_restores_a_release_and_makes_a_new_one(bench: Bench) -> None:
    _applied(bench, "one", "two", "three").settle(to(1))
    assert _text(bench) == "one"
    assert bench.texts() == ["one", "two", "three", "one"]
    assert bench.releases_of()[-1].restores == 1
    assert bench.releases_of()[-1].digest == bench.releases_of()[0].digest


@pytest.mark.first_case_is_quick
def test_each_rollback_without_a_number_goes_one_release_further_back(bench: Bench) -> None:
    _applied(bench, "one", "two", "three", "two", "three")
    assert _previous(bench) == 4
    bench.settle(to(4))
    assert _previous(bench) == 3
    bench.settle(to(3))
    assert _previous(bench) == 2
    bench.settle(to(2))
    assert _previous(bench) == 1
    bench.settle(to(1))
    with pytest.raises(UsageError, match="has no release before the present one"):
        _previous(bench)


@pytest.mark.first_case_is_quick
def test_a_rolled_back_assistant_stays_pinned_and_every_plan_says_so(bench: Bench) -> None:
    _applied(bench, "one", "two").settle(to(1))
    bench.settle()
    plan = bench.plan().plan
    (told,) = [each for each in plan.diagnostics if each.address == str(TUTOR)]
    assert told.severity == "warning"
    assert "is pinned to release 1" in told.message
    assert "provision rollback --release-pin assistant.tutor" in told.message
    assert _text(bench) == "one"


@pytest.mark.first_case_is_quick
def test_a_pin_ends_when_the_manifest_changes(bench: Bench) -> None:
    _applied(bench, "one", "two").settle(to(1))
    _applied(bench, "three")
    assert _text(bench) == "three"
    assert bench.record().pinned is None
    _applied(bench, "two")
    assert _text(bench) == "two"


@pytest.mark.first_case_is_quick
def test_a_pin_ends_when_the_manifest_becomes_what_is_pinned(bench: Bench) -> None:
    _applied(bench, "one", "two").settle(to(1))
    bench.write(tutor("one"))
    (change,) = bench.plan().plan.changes
    assert change.fields == ()
    assert list(map(str, change.reasons)) == ["is no longer pinned to release 1"]
    bench.settle()
    _applied(bench, "two")
    assert _text(bench) == "two"


@pytest.mark.first_case_is_quick
def test_a_pin_does_not_end_when_only_the_lifecycle_changes(bench: Bench) -> None:
    _applied(bench, "one", "two").settle(to(1))
    bench.write(tutor("two", "    lifecycle: {protect: true}\n"))
    bench.settle()
    assert (_text(bench), bench.record().protect) == ("one", True)
    assert bench.record().pinned is not None


@pytest.mark.first_case_is_quick
def test_a_pin_is_released_on_request(bench: Bench) -> None:
    _applied(bench, "one", "two").settle(to(1))
    bench.settle(to(None))
    assert _text(bench) == "two"
    assert bench.record().pinned is None
    with pytest.raises(UsageError, match="is not pinned"):
        bench.plan(to(None))


@pytest.mark.first_case_is_quick
def test_a_pin_moves_with_a_rename(bench: Bench) -> None:
    bench.write(tutor("one", "    name: T\n"))
    bench.settle()
    bench.write(tutor("two", "    name: T\n"))
    bench.settle()
    bench.settle(to(1))
    moved = "moved: [{from: assistant.tutor, to: assistant.coach}]\n"
    bench.write(tutor("two", "    name: T\n").replace("tutor:", "coach:") + moved)
    bench.settle()
    coach = bench.record(Address("assistant", "coach"))
    assert coach.inputs["instructions"] == "one"
    assert coach.pinned is not None


@pytest.mark.first_case_is_quick
def test_a_rollback_changes_nothing_else(bench: Bench) -> None:
    _applied(bench, "one", "two")
    bench.write(tutor("three", "  other: {instructions: new}\n"))
    changes = bench.plan(to(1)).plan.changes
    assert [each.address for each in changes] == [TUTOR]


@pytest.mark.first_case_is_quick
def test_a_rollback_to_the_present_content_only_pins(bench: Bench) -> None:
    _applied(bench, "one", "two")
    bench.settle(to(2))
    assert bench.texts() == ["one", "two"]
    assert bench.record().pinned is not None
    assert bench.plan().plan.changes == ()


@pytest.mark.parametrize(
    ("number", "address", "message"),
    [
        (9, TUTOR, r"release 9 of assistant\.tutor is not kept; there are 1 to 2"),
        (1, Address("assistant", "nobody"), r"no manifest declares assistant\.nobody"),
    ],
)
def test_what_does_not_exist_is_refused(definitions: Bench, number: int, address: Address, message: str) -> None:
    _applied(definitions, "one", "two")
    with pytest.raises(UsageError, match=message):
        definitions.plan(to(number, address))


def test_a_release_that_was_pruned_is_refused(definitions: Bench) -> None:
    definitions.keep = 2
    _applied(definitions, "one", "two", "three")
    with pytest.raises(UsageError, match="there are 2 to 3"):
        definitions.plan(to(1))


@pytest.mark.first_case_is_quick
def test_a_pinned_release_is_not_pruned(bench: Bench) -> None:
    bench.keep = 1
    _applied(bench, "one")
    bench.keep = 2
    _applied(bench, "two")
    bench.settle(to(1))
    bench.keep = 1
    bench.write(tutor("two", "  other: {instructions: new}\n"))
    bench.settle()
    assert _text(bench) == "one"
    assert 1 in [each.number for each in bench.releases_of()]


def test_a_content_that_is_missing_is_an_error(definitions: Bench) -> None:
    _applied(definitions, "one", "two")
    index = definitions.releases().index
    first = index.of(TUTOR)[0]
    (definitions.root / f"state/default.releases/{index.text_name(first.digest)}.json").unlink()
    with pytest.raises(StateError, match=r"the content of assistant\.tutor@1 is missing"):
        definitions.plan(to(1))


def test_the_template_of_an_agent_is_restored_with_values_that_the_api_never_returns(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "agents")
    for text in ("one", "two"):
        bench.write(tutor(text, f"    environment: {{setup_commands: [echo {text}]}}\n"))
        bench.settle()
    template = Address("environment", "tutor")
    before = bench.record(template).inputs["setup_commands"]
    bench.settle(to(1))
    assert bench.record(template).inputs["setup_commands"] != before
    assert bench.texts() == ["one", "two", "one"]


def test_a_template_that_the_release_does_not_have_is_removed_and_comes_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "agents")
    _applied(bench, "one")
    bench.write(tutor("two", "    environment: {setup_commands: [echo 2]}\n"))
    bench.settle()
    bench.settle(to(1))
    assert Address("environment", "tutor") not in bench.state().records
    bench.settle(to(2))
    assert Address("environment", "tutor") in bench.state().records


def test_a_file_that_still_exists_is_used_by_its_id(definitions: Bench) -> None:
    definitions.write(FILES.format("one", "    lifecycle: {retire_after: 86400}"), note="first")
    definitions.settle()
    first = definitions.record(NOTE).id
    definitions.write(FILES.format("two", "    lifecycle: {retire_after: 86400}"), note="second")
    outcome = definitions.run()
    assert outcome is not None
    assert (outcome.failed, outcome.skipped) == ({}, {})
    assert first in definitions.account.objects
    assert definitions.plan().plan.changes == ()
    definitions.run(to(1))
    assert definitions.record().inputs["tools"][0]["container"]["file_ids"] == [first]
    assert definitions.plan().plan.changes == ()
    assert definitions.account.breaches == []


def test_a_file_is_kept_only_as_long_as_retire_after_says(definitions: Bench) -> None:
    definitions.write(FILES.format("one", "    lifecycle: {retire_after: 1}"), note="first")
    definitions.settle()
    first = definitions.record(NOTE).id
    definitions.write(FILES.format("two", "    lifecycle: {retire_after: 1}"), note="second")
    definitions.run()
    assert definitions.releases().index.of(TUTOR)[0].uses == (first,)
    held = definitions.releases_of()[0].held_until
    assert definitions.releases().index.held(held - 0.5).keys() == {first}
    assert definitions.releases().index.held(held + 0.5) == {}


def test_a_file_that_is_gone_is_uploaded_again_from_the_manifests(definitions: Bench) -> None:
    for text in ("one", "two"):
        definitions.write(FILES.format(text, ""), note=text)
        definitions.settle()
    with pytest.raises(InvalidManifest) as raised:
        definitions.plan(to(1))
    (problem,) = raised.value.diagnostics
    assert "assistant.tutor@1 names the file file-1 (note.md, 3 bytes" in problem.message
    assert "no declared file has this content" in problem.message
    assert problem.place is not None
    assert problem.place.line == 2
    definitions.write(FILES.format("two", ""), note="one")
    planned = definitions.plan(to(1))
    assert [(each.address, each.action) for each in planned.plan.changes] == [
        (NOTE, Action.REPLACE),
        (TUTOR, Action.UPDATE),
    ]
    assert any("is uploaded again" in each.message for each in planned.plan.diagnostics)
    definitions.settle(to(1))
    assert _text(definitions) == "one"
    assert len(definitions.account.of("file")) == 1
    # The file changes again: what the pinned assistant uses stays.
    definitions.write(FILES.format("two", ""), note="three")
    outcome = definitions.run()
    assert outcome is not None
    assert outcome.failed == {}
    assert definitions.plan().plan.changes == ()
    assert definitions.account.breaches == []
    definitions.settle(to(None))
    assert len(definitions.account.of("file")) == 1


def test_a_file_with_the_same_content_at_another_path_is_used(definitions: Bench) -> None:
    for text in ("one", "two"):
        definitions.write(FILES.format(text, ""), note=text)
        definitions.settle()
    more = "  other:\n    instructions: x\n    tools: [{type: code_interpreter, container: {files: [copy.md]}}]"
    definitions.write(FILES.format("two", more), note="two", copy="one")
    definitions.run(to(1))
    copy = definitions.record(Address("file", "manifests/copy.md"))
    assert definitions.record().inputs["tools"][0]["container"]["file_ids"] == [copy.id]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("how", [delete_object, expire])
def test_a_store_that_no_longer_exists_is_refused_with_its_place(definitions: Bench, how: object) -> None:
    for text in ("one", "two"):
        definitions.write(STORE.format(text=text, store=""), note="n")
        definitions.settle()
    store = definitions.record(Address("vector_store", "books")).id
    how(definitions.account, store)  # type: ignore[operator]
    with pytest.raises(InvalidManifest) as raised:
        definitions.plan(to(1))
    (problem,) = raised.value.diagnostics
    assert f"names the vector store {store} (vector_store.books), which no longer exists or has expired" in (
        problem.message
    )
    assert problem.place is not None


def test_a_pinned_assistant_follows_a_store_that_is_replaced(definitions: Bench) -> None:
    for text in ("one", "two"):
        definitions.write(STORE.format(text=text, store=""), note="n")
        definitions.settle()
    definitions.settle(to(1))
    definitions.write(STORE.format(text="two", store=", description: new"), note="n")
    definitions.settle()
    store = definitions.record(Address("vector_store", "books")).id
    assert definitions.record().inputs["tools"][0]["vector_store_ids"] == [store]
    assert _text(definitions) == "one"
    assert definitions.record().pinned is not None


def test_a_store_that_the_manifests_no_longer_declare_stays_for_a_pinned_assistant(definitions: Bench) -> None:
    definitions.write(STORE.format(text="one", store=""), note="n")
    definitions.settle()
    definitions.write(STORE.format(text="two", store=""), note="n")
    definitions.settle()
    definitions.settle(to(1))
    definitions.write("assistants:\n  tutor: {instructions: two}\n")
    plan = definitions.plan().plan
    # The manifest of the assistant has changed, so the pin has ended and the store goes.
    assert {each.action for each in plan.changes} == {Action.UPDATE, Action.DELETE}
    definitions.settle()
    assert definitions.account.objects == {}


def test_a_rollback_shows_drift_like_every_plan(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "agents")
    _applied(bench, "one", "two")
    replace_fields(bench.account, bench.record().id, instructions="theirs")
    assert [each.field for each in bench.plan(to(1)).plan.drift] == ["instructions"]
    assert isinstance(bench.account.objects[bench.record().id][1], Live)


TWO_STORES = """\
vector_stores:
  books: {{files: [note.md]}}
{more}
assistants:
  tutor:
    instructions: {text}
    tools: [{{type: file_search, vector_stores: [{store}]}}]
"""


def test_a_store_that_only_a_pinned_release_uses_stays_with_its_files(definitions: Bench) -> None:
    papers = "  papers: {files: [other.md]}"
    definitions.write(TWO_STORES.format(text="one", store="papers", more=papers), note="n", other="o")
    definitions.settle()
    definitions.write(TWO_STORES.format(text="two", store="books", more=papers), note="n", other="o")
    definitions.settle()
    definitions.settle(to(1))
    definitions.write(TWO_STORES.format(text="two", store="books", more=""), note="n", other="o")
    planned = definitions.plan().plan
    assert planned.changes == ()
    kept = [each.message for each in planned.diagnostics if "stays as long as" in each.message]
    assert [text.split(" is no longer")[0] for text in kept] == ["vector_store.papers", 'file["manifests/other.md"]']
    definitions.settle()
    definitions.run(to(None))
    assert len(definitions.account.of("vector_store")) == 2
    definitions.settle()
    assert len(definitions.account.of("vector_store")) == 1


def test_a_release_of_another_target_is_restored_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "agents")
    bench.write(tutor("one", "    environment: {setup_commands: [echo 1]}\n"))
    bench.settle()
    bench.target = "responses"
    _applied(bench, "two")
    assert [each.number for each in bench.releases_of()] == [1, 2]
    bench.settle(to(1))
    assert bench.record().type == "agent"
    bench.settle(to(None))
    assert bench.record().type == "definition"
    assert [each.type for each in bench.releases_of()] == ["agent", "definition", "agent", "definition"]
    assert bench.account.objects == {}


def test_a_file_of_a_template_is_kept_for_retire_after_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "agents")
    for text in ("first", "second"):
        more = "    environment: {files: [note.md]}\n    lifecycle: {retire_after: 86400}\n"
        bench.write(tutor("one", more), note=text)
        outcome = bench.run()
        assert outcome is not None
        assert outcome.failed == {}
    assert len(bench.account.of("file")) == 2
    bench.run(to(1))
    assert bench.plan().plan.changes == ()
    assert bench.account.breaches == []


def test_destroying_everything_waits_for_no_release(definitions: Bench) -> None:
    for text in ("one", "two"):
        definitions.write(FILES.format(text, "    lifecycle: {retire_after: 86400}"), note=text)
        definitions.run()
    assert len(definitions.account.of("file")) == 2
    engine = definitions.engine()
    with engine.locked("destroy"):
        planned = engine.plan([], Scope(early=True), under_lock=True, accept_account=True)
        engine.apply(planned, "destroy")
    assert definitions.account.objects == {}
    assert definitions.state().records == {}
