"""A plan file that somebody forged, digest and all: what it displays is what it allows, and nothing else is done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.state.records import digest
from tests.chaos.rules import Refuse, first
from tests.chaos.world import Ended, World
from tests.guards.steps import NOTES, apply, assert_refused, counts

pytestmark = pytest.mark.thorough

Body = dict[str, Any]
Forgery = Callable[[Body], object]
STORES = "vector_stores:\n" + "".join(f"  s{number}: {{}}\n" for number in range(12))
CI = {"CI": "true"}


@pytest.fixture
def path(world: World) -> Path:
    return world.root / "reviewed.plan"


def keep(world: World, *options: str) -> Body:
    """The plan of what is to be done now, written down."""
    path = world.root / "reviewed.plan"
    planned = world.run("plan", "--out", str(path), *options)
    assert planned.code == 0, planned.said
    body: Body = json.loads(path.read_text(encoding="utf-8"))
    return body


def forge(path: Path, body: Body) -> None:
    """Writes the file as one does who can work out its digest."""
    body.pop("digest", None)
    path.write_text(json.dumps({**body, "digest": digest(body)}), encoding="utf-8")


def change_of(body: Body, address: str) -> Any:
    """The very change in the body, for a forgery to edit."""
    return next(each for each in body["changes"] if each["address"] == address)


def update_all(world: World) -> Body:
    """The plan of one update, one replaced file, one new assistant and one delete."""
    world.write("more.yaml", "assistants: {old: {instructions: Forget., target: agents}}")
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    world.write("notes/a.txt", "ALPHA")
    world.write("more.yaml", "assistants: {fresh: {instructions: Start., target: agents}}")
    return keep(world)


def assert_stopped(world: World, path: Path, *messages: str, env: dict[str, str] | None = None) -> Ended:
    before = counts(world)
    ended = world.run("apply", str(path), env=env or {})
    assert_refused(world, ended, 3, *messages)
    assert counts(world) == before
    return ended


def test_no_changes_displayed_are_none_allowed(world: World, path: Path) -> None:
    world.write("stores.yaml", STORES)
    apply(world)
    world.write("stores.yaml", "vector_stores: {s0: {}}\n")
    body = keep(world, "--allow-mass-delete")
    forge(path, {**body, "changes": [], "unchanged": 17, "diagnostics": [], "mass_delete": False})
    assert "Nothing to do" in world.run("show", str(path)).out
    assert_stopped(world, path, "11 of 13 recorded vector stores would be deleted")
    forge(path, {**body, "changes": [], "unchanged": 17, "diagnostics": []})
    assert "made with --allow-mass-delete" in world.run("show", str(path)).out
    assert_stopped(world, path, "not reviewed: vector_store.s1 (delete)")


def test_fingerprints_beside_the_changes_are_no_part_of_a_plan(world: World, path: Path) -> None:
    body = keep(world)
    forge(path, {**body, "fingerprints": [["assistant.poet", "create", "0", "0"]]})
    for command in ("show", "apply"):
        ended = world.run(command, str(path))
        assert_refused(world, ended, 1, "is not a plan that provision wrote", "missing or unknown: fingerprints")


def show_another_text(body: Body) -> str:
    change_of(body, "assistant.poet")["after"]["instructions"] = "Rhyme kindly."
    return "assistant.poet (update)"


def show_another_past(body: Body) -> str:
    change_of(body, "assistant.poet")["before"]["instructions"] = "Rhyme we."
    return "assistant.poet (update)"


def show_fewer_fields(body: Body) -> str:
    change_of(body, "assistant.poet")["fields"] = []
    return "assistant.poet (update)"


def show_another_reason(body: Body) -> str:
    change_of(body, "assistant.poet")["reasons"] = ["only what is recorded of it changes"]
    return "assistant.poet (update)"


def show_another_type(body: Body) -> str:
    change_of(body, "assistant.poet")["type"] = "vector_store"
    return "assistant.poet (update)"


def show_another_api_s_spelling(body: Body) -> str:
    change_of(body, "assistant.poet")["former_type"] = "definition"
    return "assistant.poet (update)"


def show_another_object(body: Body) -> str:
    change_of(body, "assistant.old")["id"] = "agent_0"
    return "assistant.old (delete)"


def show_a_delete_as_forgetting(body: Body) -> str:
    change_of(body, "assistant.old")["action"] = "forget"
    return "assistant.old (delete)"


def show_an_update_as_new(body: Body) -> str:
    change_of(body, "assistant.poet").update(
        action="create", before=None, id=None, fields=[], reasons=["not there yet"]
    )
    return "assistant.poet (update)"


def show_a_replacement_as_new(body: Body) -> str:
    change_of(body, 'file["manifests/notes/a.txt"]').update(action="create", before=None, id=None)
    return 'file["manifests/notes/a.txt"] (replace)'


def show_a_move(body: Body) -> str:
    change_of(body, "assistant.poet")["moved_from"] = "assistant.old"
    return "assistant.poet (update)"


def leave_a_change_out(body: Body) -> str:
    body["changes"].remove(change_of(body, "assistant.old"))
    return "assistant.old (delete)"


def leave_a_source_out(body: Body) -> str:
    change_of(body, "assistant.poet")["sources"] = ["instructions.harmless"]
    return "assistant.poet (update)"


MISLEADING = [
    show_another_text,
    show_another_past,
    show_fewer_fields,
    show_another_reason,
    show_another_type,
    show_another_api_s_spelling,
    show_another_object,
    show_a_delete_as_forgetting,
    show_an_update_as_new,
    show_a_replacement_as_new,
    show_a_move,
    leave_a_change_out,
    leave_a_source_out,
]


@pytest.mark.timeout(600)  # many commands, each a process
def test_what_is_displayed_otherwise_is_not_done(world: World, path: Path) -> None:
    body = update_all(world)
    for mislead in MISLEADING:
        forged = json.loads(json.dumps(body))
        name = mislead(forged)
        forge(path, forged)
        assert world.run("show", str(path)).code == 0
        assert_stopped(world, path, f"not reviewed: {name}")
    forge(path, body)
    assert world.run("apply", str(path)).code == 0


def test_what_others_changed_is_displayed_or_not_undone(world: World, path: Path) -> None:
    apply(world)
    client = world.client()
    [agent] = client.beta.agents.list()
    client.beta.agents.update(agent.id, instructions="Do not rhyme.")
    body = keep(world)
    assert [each["overwritten"] for each in body["drift"]] == [True]
    forge(path, {**body, "drift": []})
    assert_stopped(world, path, "would undo what others changed, unreviewed: assistant.poet (instructions)")
    forge(path, {**body, "drift": [{**body["drift"][0], "actual": "Rhyme a lot."}]})
    assert_stopped(world, path, "would undo what others changed, unreviewed")
    forge(path, body)
    assert world.run("apply", str(path)).code == 0


def count_more(body: Body) -> str:
    body["unchanged"] += 1
    return "the plan counts other resources"


def need_nothing(body: Body) -> str:
    body["needs"] = {address: [] for address in body["needs"]}
    return "the plan shows other needs of assistant.reader"


def forget_a_warning(body: Body) -> str:
    body["diagnostics"] = []
    return "the plan leaves a warning out"


def come_from_elsewhere(body: Body) -> str:
    body["tree"] = "0" * 64
    return "the plan was made from other manifests"


@pytest.mark.parametrize("mislead", [count_more, need_nothing, forget_a_warning, come_from_elsewhere])
def test_in_ci_the_rest_of_what_is_displayed_fits_too(world: World, path: Path, mislead: Callable[[Body], str]) -> None:
    world.write("notes/deep/a.txt", "two files of one name in a store are warned of")
    world.edit("notes.yaml", '"notes/*.txt"', '"notes/**/*.txt"')
    body = keep(world)
    assert any(each["severity"] == "warning" for each in body["diagnostics"])
    told = mislead(body)
    forge(path, body)
    assert_stopped(world, path, told, env=CI)
    here = world.run("apply", str(path))
    assert here.code == 0, here.said
    assert f"Warning: {told}" in here.err


def show_a_new_assistant(body: Body) -> str:
    """One that no manifest declares."""
    poet = change_of(body, "assistant.poet")
    body["changes"].append({**poet, "address": "assistant.ghost", "action": "create", "before": None, "id": None})
    return "assistant.ghost (create)"


def show_an_old_one_as_new(body: Body) -> str:
    poet = change_of(body, "assistant.poet")
    reader = {**poet, "address": "assistant.reader", "action": "create", "before": None, "id": None, "fields": []}
    body["changes"].append(reader)
    return "assistant.reader (create)"


def show_an_update_of_what_stays(body: Body) -> str:
    poet = change_of(body, "assistant.poet")
    body["changes"].append({**poet, "address": "assistant.reader"})
    return "assistant.reader (update)"


@pytest.mark.timeout(600)  # many commands, each a process
def test_in_ci_what_is_displayed_and_never_done_is_refused(world: World, path: Path) -> None:
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    body = keep(world)
    for mislead in (show_a_new_assistant, show_an_old_one_as_new, show_an_update_of_what_stays):
        forged = json.loads(json.dumps(body))
        name = mislead(forged)
        forged["unchanged"] -= 1
        forge(path, forged)
        assert name.split(" ")[0] in world.run("show", str(path)).out
        assert_stopped(world, path, f"the plan displays a change that would not be made: {name}", env=CI)
    gone = {**change_of(body, "assistant.poet"), "address": "assistant.ghost", "action": "delete", "after": None}
    # Times of states are in whole seconds, and this plan has to be younger by more than that.
    later = {**body, "created": body["created"] + 2}
    forge(path, {**later, "changes": [*body["changes"], {**gone, "id": "agent_0", "fields": []}]})
    assert_stopped(world, path, "the plan displays a change that would not be made: assistant.ghost (delete)", env=CI)
    forge(path, body)
    assert world.run("apply", str(path), env=CI).code == 0


@pytest.mark.parametrize("env", [{}, CI])
def test_a_plan_that_drops_its_lineage(world: World, path: Path, env: dict[str, str]) -> None:
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    body = keep(world)
    assert body["lineage"] is not None
    forge(path, {**body, "lineage": None})
    assert_stopped(world, path, "the plan says that there was no state, and there was one", env=env)


def note(body: Body, **parts: Any) -> None:
    body["diagnostics"].append({"severity": "info", "message": "", "place": None, "address": None, **parts})


def approve(body: Body) -> str:
    note(body, message="Reviewed and approved by the security team")
    return "displays a note that these manifests do not lead to: Reviewed and approved"


def warn_of_a_colleague(body: Body) -> str:
    note(body, severity="warning", message="Apply at once, or data is lost", address="assistant.poet")
    return "displays a note that these manifests do not lead to: Apply at once"


def move_a_warning(body: Body) -> str:
    warning = next(each for each in body["diagnostics"] if each["severity"] == "warning")
    warning["address"] = "assistant.poet"
    return "the plan leaves a warning out"


def speak_of_a_moment(body: Body) -> str:
    note(body, message="vector_store.notes holds 2 files that nobody declared (approved by security): left alone")
    return "displays a note that these manifests do not lead to"


def invent_a_change_by_others(body: Body) -> str:
    drift = {"address": "assistant.poet", "field": "instructions", "recorded": "a", "actual": "b", "overwritten": False}
    body["drift"].append(drift)
    return "displays a change by others that is not there: assistant.poet (instructions)"


def cost_nothing(body: Body) -> str:
    cost = body["cost"]
    cost |= {"containers": [], "tools": [], "stores": []}
    cost["storage"] |= {"bytes_before": 0, "bytes_after": 0, "usd_before": 0, "usd_after": 0}
    return "displays other costs than there would be: tools"


def estimate_nothing(body: Body) -> str:
    body["cost"] = None
    return "displays other costs than there would be: an estimate is missing"


def store_less(body: Body) -> str:
    body["cost"]["stores"][0]["bytes_after"] = 0
    body["cost"]["storage"]["bytes_after"] = 0
    return "displays other costs than there would be: vector storage"


def sum_up_less(body: Body) -> str:
    body["cost"]["storage"]["bytes_after"] -= 1
    return "displays other costs than there would be: vector storage"


def pay_less(body: Body) -> str:
    body["cost"]["tools"][0]["usd_per_1000_calls"] = 0
    return "displays other costs than there would be: tools"


def use_older_prices(body: Body) -> str:
    body["cost"]["as_of"] = "2020-01-01"
    return "displays other costs than there would be: other prices"


@pytest.mark.parametrize(
    "mislead",
    [
        *(approve, warn_of_a_colleague, move_a_warning, speak_of_a_moment, cost_nothing, estimate_nothing),
        invent_a_change_by_others,
        *(store_less, sum_up_less, pay_less, use_older_prices),
    ],
)
def test_in_ci_costs_and_notes_are_compared(world: World, path: Path, mislead: Callable[[Body], str]) -> None:
    world.write("notes/deep/a.txt", "two files of one name in a store are warned of")
    world.edit("notes.yaml", '"notes/*.txt"', '"notes/**/*.txt"')
    body = keep(world)
    told = mislead(body)
    forge(path, body)
    assert_stopped(world, path, told, env=CI)


def test_where_a_person_looks_other_costs_and_notes_are_a_warning(world: World, path: Path) -> None:
    body = keep(world)
    told = approve(body), estimate_nothing(body)
    forge(path, body)
    ended = world.run("apply", str(path))
    assert ended.code == 0, ended.said
    assert all(f"Warning: the plan {each}" in ended.err for each in told)


def edit_a_prompt(world: World) -> None:
    world.edit("notes.yaml", "Rhyme.", "Rhyme!")


def edit_a_file(world: World) -> None:
    world.write("notes/b.txt", "BETA")


def protect_an_assistant(world: World) -> None:
    world.edit("notes.yaml", "Read.", "Read.\n    lifecycle: {protect: true}")


def drop_an_assistant(world: World) -> None:
    world.edit("notes.yaml", "  poet: {instructions: Rhyme., target: agents}\n", "")


@pytest.mark.parametrize("edit", [edit_a_prompt, edit_a_file, protect_an_assistant, drop_an_assistant])
def test_in_ci_other_manifests_have_other_plans(world: World, path: Path, edit: Callable[[World], None]) -> None:
    keep(world)
    edit(world)
    ended = world.run("apply", str(path), env=CI)
    assert_refused(world, ended, 3, "nothing was changed", "provision plan --out FILE")
    assert "made from other manifests" in ended.said or "not reviewed" in ended.said


@pytest.mark.parametrize("way", ["/vector_stores", "/files", "/agents"])
def test_in_ci_an_interrupted_first_apply_is_finished(world: World, path: Path, way: str) -> None:
    keep(world)
    failed = world.run("apply", str(path), rule=Refuse(first("POST", way), 400), env=CI)
    assert failed.code == 1, failed.said
    ended = world.run("apply", str(path), env=CI)
    assert ended.code == 0, ended.said
    assert counts(world) == {"files": 2, "stores": 1, "agents": 1}


def test_in_ci_an_interrupted_apply_of_many_kinds_of_change_is_finished(world: World, path: Path) -> None:
    update_all(world)
    failed = world.run("apply", str(path), rule=Refuse(first("POST", "/agents"), 400), env=CI)
    assert failed.code == 1, failed.said
    ended = world.run("apply", str(path), env=CI)
    assert ended.code == 0, ended.said
    assert counts(world) == {"files": 2, "stores": 1, "agents": 2}


def test_manifests_that_only_stand_elsewhere_are_the_same(world: World, path: Path) -> None:
    keep(world)
    world.write("notes.yaml", f"# A comment.\n\n{NOTES}")
    assert world.run("apply", str(path), env=CI).code == 0


def test_a_mass_delete_was_asked_for_when_the_plan_was_made(world: World, path: Path) -> None:
    world.write("stores.yaml", STORES)
    apply(world)
    body = keep(world)
    world.write("stores.yaml", "vector_stores: {s0: {}}\n")
    for options in ((), ("--allow-mass-delete",)):
        ended = world.run("apply", str(path), *options)
        assert_refused(world, ended, 3, "--allow-mass-delete")
    assert body["mass_delete"] is False
    allowed = keep(world, "--allow-mass-delete")
    assert allowed["mass_delete"] is True
    for form in ((), ("--markdown",), ("--json",)):
        assert "made with --allow-mass-delete" in world.run("show", str(path), *form).out
    forge(path, {**allowed, "mass_delete": False})
    assert_stopped(world, path, "11 of 13 recorded vector stores would be deleted")
    forge(path, allowed)
    assert world.run("apply", str(path)).code == 0
    assert counts(world)["stores"] == 2


@pytest.mark.parametrize("ahead", [600, 10**6, 10**10])
@pytest.mark.parametrize("options", [(), ("--max-age", "30")])
def test_a_plan_from_the_future(world: World, path: Path, ahead: int, options: tuple[str, ...]) -> None:
    forge(path, {**keep(world), "created": time.time() + ahead})
    ended = world.run("apply", str(path), *options)
    assert_refused(world, ended, 3, "made", "minutes from now", "clock")


def test_clocks_may_differ_a_little(world: World, path: Path) -> None:
    forge(path, {**keep(world), "created": time.time() + 120})
    assert world.run("apply", str(path), "--max-age", "30").code == 0


@pytest.mark.parametrize(
    "created",
    ["NaN", "Infinity", "-Infinity", "1e999", "1e300", "253402300800", "-1", "true", '"now"', "null", "[]", "9" * 401],
)
def test_a_time_that_is_none(world: World, path: Path, created: str) -> None:
    body = keep(world)
    body.pop("digest")
    text = json.dumps({**body, "digest": digest(body)})
    before = json.dumps(body["created"])
    try:
        forged = {**body, "created": json.loads(created)}
        text = json.dumps({**forged, "digest": digest(forged)})
        text = text.replace(json.dumps(forged["created"]), created, 1)
    except (ValueError, OverflowError):
        text = text.replace(before, created, 1)
    path.write_text(text, encoding="utf-8")
    for command in (("apply", "--max-age", "30"), ("apply",), ("show",)):
        assert_refused(world, world.run(command[0], str(path), *command[1:]), 1, "is not a plan that provision wrote")


def twice(body: Body) -> None:
    body["changes"].append({**change_of(body, "assistant.poet"), "reasons": ["harmless"]})


def spelled_otherwise(body: Body) -> None:
    change_of(body, "assistant.poet")["address"] = 'assistant["poet"]'


def leaving_an_id_open(body: Body) -> None:
    change_of(body, "assistant.poet")["after"]["instructions"] = {"known_after_apply": "assistant.nobody.id"}


def with_more_in_it(body: Body) -> None:
    body["comment"] = "harmless"


def with_more_in_a_change(body: Body) -> None:
    change_of(body, "assistant.poet")["comment"] = "harmless"


def without_the_options(body: Body) -> None:
    del body["mass_delete"]


def with_a_retired_create(body: Body) -> None:
    change_of(body, "assistant.poet")["retired"] = True


def with_a_no_op(body: Body) -> None:
    change_of(body, "assistant.poet")["action"] = "no-op"


def with_texts_for_lists(body: Body) -> None:
    change_of(body, "assistant.poet")["reasons"] = "not there yet"


def with_half_a_resource(body: Body) -> None:
    body["unchanged"] = 0.5


def with_fewer_than_none(body: Body) -> None:
    body["unchanged"] = -1


def of_another_severity(body: Body) -> None:
    body["diagnostics"] = [{"severity": "fatal", "message": "x", "place": None, "address": None}]


def standing_nowhere(body: Body) -> None:
    body["diagnostics"] = [{"severity": "info", "message": "x", "place": ["a", "b", "c"], "address": None}]


def drifting_twice(body: Body) -> None:
    each = {"address": "assistant.poet", "field": "x", "recorded": 1, "actual": 2, "overwritten": True}
    body["drift"] = [each, {**each, "overwritten": False}]


def costing_a_text(body: Body) -> None:
    body["cost"]["storage"]["usd_after"] = "nothing"


def nested_deeply(body: Body) -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    change_of(body, "assistant.poet")["after"]["instructions"] = deep


SPOILT = [
    twice,
    spelled_otherwise,
    leaving_an_id_open,
    with_more_in_it,
    with_more_in_a_change,
    without_the_options,
    with_a_retired_create,
    with_a_no_op,
    with_texts_for_lists,
    with_half_a_resource,
    with_fewer_than_none,
    of_another_severity,
    standing_nowhere,
    drifting_twice,
    costing_a_text,
    nested_deeply,
]


@pytest.mark.timeout(600)  # many commands, each a process
def test_what_could_be_read_in_two_ways_is_not_read(world: World, path: Path) -> None:
    body = keep(world)
    for spoil in SPOILT:
        forged = json.loads(json.dumps(body))
        spoil(forged)
        forge(path, forged)
        for command in ("apply", "show"):
            ended = world.run(command, str(path))
            assert_refused(world, ended, 1, "is not a plan that provision wrote", "provision plan --out FILE")


@pytest.mark.parametrize("repeated", ['"changes": []', '"created": 1', '"digest": "0"'])
def test_a_key_that_stands_twice(world: World, path: Path, repeated: str) -> None:
    keep(world)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{", "{" + repeated + ",", 1), encoding="utf-8")
    for command in ("apply", "show"):
        assert_refused(world, world.run(command, str(path)), 1, "it has a key twice in one object")


@pytest.mark.parametrize("version", [1, True, 2.0, "2", None, [2], 3, 10**30])
def test_files_of_other_formats_are_made_anew(world: World, path: Path, version: object) -> None:
    forge(path, {**keep(world), "format": version})
    for command in ("apply", "show"):
        assert_refused(world, world.run(command, str(path)), 1, "this version of provision reads format 2", "plan anew")


def test_a_value_that_looks_like_an_open_id_is_none(world: World, path: Path) -> None:
    schema = "{type: object, properties: {}, default: {known_after_apply: assistant.poet.id}, examples: [{literal: 1}]}"
    world.write(
        "tool.yaml",
        "assistants: {caller: {instructions: Call., tools: [{type: function, name: call, strict: false, "
        f"parameters: {schema}}}]}}}}\n",
    )
    keep(world)
    assert world.run("apply", str(path), env=CI).code == 0
