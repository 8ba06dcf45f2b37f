"""Values that are known only after the apply: ids and releases, alone and inside texts."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import StateError
from provisioner.core.resource import Ref, Resource, Template
from provisioner.engine.id_resolution import fill
from provisioner.planning import planfile
from provisioner.planning.diff import Actual, make_plan
from provisioner.planning.diff.references import Users
from provisioner.planning.diff.values import resolve
from provisioner.planning.plan import Action, Plan, Unknown, UnknownText
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.render.json_text import plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.records import Record, State, digest

SHELF, NEW = Address("vector_store", "shelf"), Address("vector_store", "new")
TUTOR, BOSS = Address("assistant", 'tutor["math"]'), Address("assistant", "boss")
ID, RELEASE = Ref(NEW), Ref(TUTOR, "release")
TEXT = Template(("see ", ID, " and ", RELEASE))
SHOWN = '(id of vector_store.new, known after apply) and (release of assistant.tutor["math"], known after apply)'


def planned(model: str = "gpt-4.1-mini") -> Plan:
    """A plan in which a definition changes, so that it gets a release, and a store is new; both are named elsewhere."""
    resources = [
        Resource(TUTOR, "definition", {"model": model}),
        Resource(NEW, "vector_store", {"name": "new", "files": {}}),
        Resource(SHELF, "vector_store", {"name": "shelf", "metadata": {"boss": TEXT, "id": ID}, "files": {}}),
        Resource(BOSS, "definition", {"model": "gpt-4.1", "metadata": {"tutor": RELEASE, "whole": Ref(TUTOR)}}),
    ]
    records = [
        Record(TUTOR, "definition", 'tutor["math"]@3', {"model": "gpt-4.1"}, release=3),
        Record(SHELF, "vector_store", "vs_1", {"name": "shelf", "metadata": {"boss": "nobody"}, "files": {}}),
        Record(BOSS, "definition", "boss@1",
               {"model": "gpt-4.1", "metadata": {"tutor": "3", "whole": 'tutor["math"]@3'}}, release=1),
    ]  # fmt: skip
    return make_plan(
        resources, State("lineage", records={each.address: each for each in records}), Actual(refreshed=False)
    )


def after(plan: Plan, address: Address) -> Any:
    return next(change.after for change in plan.changes if change.address == address)


def test_a_changed_definition_has_an_unknown_release_and_an_unchanged_one_a_known() -> None:
    plan = planned()
    assert {str(change.address): change.action for change in plan.changes} == {
        str(TUTOR): Action.UPDATE, str(NEW): Action.CREATE, str(SHELF): Action.UPDATE, str(BOSS): Action.UPDATE,
    }  # fmt: skip
    assert after(plan, SHELF)["metadata"] == {
        "boss": UnknownText(("see ", Unknown(NEW), " and ", Unknown(TUTOR, "release"))), "id": Unknown(NEW)
    }  # fmt: skip
    assert after(plan, BOSS)["metadata"] == {"tutor": Unknown(TUTOR, "release"), "whole": Unknown(TUTOR)}
    assert BOSS not in [change.address for change in planned("gpt-4.1").changes]


def test_what_is_referred_to_comes_first() -> None:
    plan = planned()
    order = [change.address for change in plan.changes]
    assert order.index(SHELF) > max(order.index(NEW), order.index(TUTOR))
    assert plan.needs[SHELF] == (TUTOR, NEW)


def test_every_format_shows_that_a_value_is_known_later() -> None:
    plan = planned()
    page = unescape(re.sub(r"<[^>]*>", "", plan_html(plan, Heading("p", "e", "a", 0))))
    for text in (plan_text(plan, Style()), plan_markdown(plan), page):
        assert SHOWN in text
    body = json.dumps(plan_json(plan), default=str)
    assert json.dumps({"known_after_apply": 'assistant.tutor["math"].release'}) in body
    assert '["see ", {"known_after_apply": "vector_store.new.id"}' in body


def test_a_plan_file_keeps_it() -> None:
    plan = planned()
    text = planfile.dump(planfile.Reviewed(1.0, "p", "e", "a", None, (), plan))
    assert planfile.parse(text, "plan").plan == plan


@pytest.mark.parametrize(
    "forged",
    ["assistant.nobody.release", "vector_store.new.name", ["a", {"known_after_apply": "vector_store.nobody.id"}],
     ["a", ["b"]], ["a", {"known_after_apply": ["b"]}], 5],
)  # fmt: skip
def test_a_plan_file_with_another_placeholder_is_refused(forged: Any) -> None:
    body = json.loads(planfile.dump(planfile.Reviewed(1.0, "p", "e", "a", None, (), planned())))
    change = next(each for each in body["changes"] if each["address"] == str(SHELF))
    change["after"]["metadata"]["id"] = {"known_after_apply": forged}
    rest = {name: value for name, value in body.items() if name != "digest"}
    with pytest.raises(StateError):
        planfile.parse(json.dumps({**rest, "digest": digest(rest)}), "plan")


def test_ids_fill_in_what_was_unknown() -> None:
    ids = {NEW: "vs_2", TUTOR: 'tutor["math"]@4'}
    values = {"text": TEXT, "list": [ID, RELEASE]}
    known = {"text": "see vs_2 and 4", "list": ["vs_2", "4"]}
    assert resolve(values, ids) == known
    assert fill(resolve(values, {}), ids) == known
    assert fill(resolve(TEXT, {}), {NEW: "vs_2"}) == UnknownText(("see ", "vs_2", " and ", Unknown(TUTOR, "release")))


def test_the_digest_of_an_unknown_value_is_unknown() -> None:
    address = Address("environment", "tutor")
    resources = [
        Resource(NEW, "vector_store", {"name": "new", "files": {}}),
        Resource(address, "environment_template", {"env": {"STORE": ID}}),
    ]
    plan = make_plan(resources, State("lineage"), Actual(refreshed=False))
    assert after(plan, address)["env"] == {"sha256": Unknown(NEW)}


def test_an_object_whose_id_is_inside_a_text_is_in_use() -> None:
    record = Record(SHELF, "vector_store", "vs_1", {"metadata": {"boss": "see vs_2 and file-3."}})
    users = Users([record])
    assert [users.of(id) for id in ("vs_2", "file-3", "vs_1")] == [[SHELF], [SHELF], []]
    assert Users([Record(BOSS, "definition", "boss@1", {"instructions": "Ask vs_2."})]).of("vs_2") == []


def test_each_record_that_contains_an_id_is_listed() -> None:
    first = Record(SHELF, "vector_store", "vs_1", {"metadata": {"boss": "vs_2"}})
    second = Record(BOSS, "definition", "boss@1", {"model": "vs_2"})
    users = Users([first, second])
    assert users.of("vs_2") == sorted([SHELF, BOSS])
    users.put(Record(SHELF, "vector_store", "vs_1", {"metadata": {"boss": "vs_3"}}))
    assert [users.of(id) for id in ("vs_2", "vs_3")] == [[BOSS], [SHELF]]
    users.remove(BOSS)
    users.remove(SHELF)
    assert [users.of(id) for id in ("vs_2", "vs_3")] == [[], []]
    users.put(first)
    assert users.of("vs_2") == [SHELF]
