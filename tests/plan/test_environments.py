"""The definitions of two environments are compared without ids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.resource import Ref, Resource, Template
from provisioner.core.text.redaction import register
from provisioner.core.text.safetext import block
from provisioner.planning.environments import (
    Comparison,
    Exceptions,
    compare_environments,
    desired_definitions,
    recorded_definitions,
)
from provisioner.planning.plan import Action
from provisioner.review.render.environments_json import comparison_json
from provisioner.review.render.environments_markdown import comparison_markdown
from provisioner.review.render.environments_text import comparison_text
from provisioner.review.render.html.environments import comparison_html
from provisioner.review.render.json_text import dumps
from provisioner.review.render.style import Style
from provisioner.review.view.environments import ComparisonView, Side, view_comparison
from provisioner.state.records import Record, State

FILE, STORE, POET = map(Address.parse, ('file["a.txt"]', "vector_store.notes", "assistant.poet"))


def state(suffix: str, *, sha: str = "aa", release: int = 1, type: str = "definition", **poet: Any) -> State:
    """A file in a store, and an assistant that searches it. Every id ends with `suffix`."""
    member = {"file_id": f"file-{suffix}", "attributes": {"path": "a.txt", "sha256": sha}}
    tools = [{"type": "file_search", "vector_store_ids": [f"vs_{suffix}"]}]
    inputs = {"model": "m", "tools": tools, "metadata": {"where": f"see vs_{suffix}"}, **poet}
    records = [
        Record(FILE, "file", f"file-{suffix}", {"filename": "a.txt", "bytes": 5, "sha256": sha}),
        Record(STORE, "vector_store", f"vs_{suffix}", {"files": {str(FILE): member}}, needs=(str(FILE),)),
        Record(POET, type, f"poet@{release}", inputs, needs=(str(STORE),), release=release),
    ]
    return replace(State.new(account="", project="p", environment=suffix), records={r.address: r for r in records})


def compare(first: State, second: State, *patterns: str) -> Comparison:
    left_out = Exceptions(patterns)
    sides = (left_out.within(recorded_definitions(each)) for each in (first, second))
    return compare_environments(*sides)


def view(first: State, second: State) -> ComparisonView:
    return view_comparison(Side("staging", 1), Side("prod", 2), compare(first, second))


def test_ids_and_releases_are_no_difference() -> None:
    assert compare(state("one"), state("two", release=7)) == Comparison((), 3)


def test_a_file_is_compared_by_its_digest() -> None:
    found = compare(state("one"), state("two", sha="bb"))
    assert [each.address for each in found.changes] == [FILE, STORE]
    assert compare(state("one"), state("two", sha="bb"), "content", "files*") == Comparison((), 3)


def test_marks_and_empty_metadata_are_no_difference() -> None:
    marked = state("two", metadata={"provision_template": "envtpl_two"})
    assert compare(state("one", metadata={}), marked) == Comparison((), 3)


def test_the_default_chunking_is_no_difference() -> None:
    second = state("two")
    store = second.records[STORE]
    member = {**store.inputs["files"][str(FILE)], "chunking_strategy": {"type": "auto"}}
    chunked = replace(store, inputs={"files": {str(FILE): member}})
    assert compare(state("one"), replace(second, records={**second.records, STORE: chunked})).changes == ()


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("model", 0),
        ("mod*", 0),
        ("assistant.poet", 0),
        ("assistant.poet:model", 0),
        ("assistant.*:model", 0),
        ("assistant.other:model", 1),
        ("mode", 1),
        ("metadata", 1),
    ],
)
def test_what_is_left_out(pattern: str, left: int) -> None:
    assert len(compare(state("one"), state("two", model="n"), pattern).changes) == left


def test_one_sided_resources() -> None:
    second = state("two")
    fewer = replace(second, records={FILE: second.records[FILE]})
    actions = [(each.address, each.action) for each in compare(state("one"), fewer).changes]
    assert actions == [(POET, Action.DELETE), (STORE, Action.DELETE)]
    assert {each.action for each in compare(fewer, state("one")).changes} == {Action.CREATE}


def test_other_targets_leave_templates_apart() -> None:
    first, second = state("one"), state("two", type="agent")
    template = Address.parse("environment.poet")
    made = Record(template, "environment_template", "envtpl_1", {"packages": {}})
    found = compare(first, replace(second, records={**second.records, template: made}))
    assert [(each.address, each.action, each.former_type) for each in found.changes] == [
        (POET, Action.REPLACE, "definition")
    ]
    assert found.apart == (template,)


def test_desired_is_resolved_with_what_the_other_environment_has() -> None:
    other = state("one", release=4, metadata={"where": "vs_one, r4"})
    poet = other.records[POET]
    other = replace(other, records={**other.records, POET: replace(poet, needs=(str(STORE), str(POET)))})
    where = Template((Ref(STORE), ", r", Ref(POET, "release")))
    tools = [{"type": "file_search", "vector_store_ids": [Ref(STORE)]}]
    member = {"file_id": Ref(FILE), "attributes": {"path": "a.txt", "sha256": "aa"}}
    resources = [
        Resource(FILE, "file", dict(other.records[FILE].inputs)),
        Resource(STORE, "vector_store", {"files": {str(FILE): member}}),
        Resource(POET, "definition", {"model": "m", "tools": tools, "metadata": {"where": where}}),
    ]
    recorded = recorded_definitions(other)
    assert compare_environments(recorded, desired_definitions(resources, other)) == Comparison((), 3)
    edited = [*resources[:2], replace(resources[2], inputs={**resources[2].inputs, "model": "n"})]
    assert len(compare_environments(recorded, desired_definitions(edited, other)).changes) == 1


def test_every_form_shows_the_difference_and_no_secret() -> None:
    secret = "opensesame-0123456789-abcdef"
    register(secret)
    found = view(state("one", model="m1"), state("two", model="m2", instructions=f"Say {secret}."))
    forms = [
        block(comparison_text(found, Style(False, None))),
        block(comparison_markdown(found)),
        dumps(comparison_json(found)),
    ]
    for form in forms:
        assert "m1" in form
        assert "m2" in form
        assert secret not in form
        assert "vs_one" not in form
    assert "m1" in comparison_html(found, "campus", 0.0)


def test_the_shape_of_the_json() -> None:
    body = json.loads(dumps(comparison_json(view(state("one"), state("two", model="n")))))
    assert body["summary"] == {"only_in_from": 0, "only_in_to": 0, "different": 1, "equal": 2}
    assert (body["from"], body["to"]) == (
        {"environment": "staging", "serial": 1},
        {"environment": "prod", "serial": 2},
    )
    [poet] = body["resources"]
    assert (poet["address"], poet["status"]) == ("assistant.poet", "different")
    assert poet["differences"] == [{"path": "model", "kind": "changed", "before": "m", "after": "n"}]
    assert body["differ"] is True


def test_markdown_is_cut_and_says_so() -> None:
    text = "\n".join(f"line {number} of a long prompt" for number in range(5_000))
    cut = comparison_markdown(view(state("one"), state("two", instructions=text)), most=4_000)
    assert len(cut) <= 5_000
    assert "not shown here" in cut
    assert "`provision diff staging prod`" in cut
