"""Which tests are run: by name and pattern, by what changed, and by what has passed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address, instance_name
from provisioner.core.declaredtest import InputMessage
from provisioner.core.diagnostic import Place
from provisioner.core.errors import UsageError
from provisioner.core.resource import Ref, Resource
from provisioner.project.chosen_tests import choose, digest_of, of_assistants, users_of
from provisioner.project.passed_tests import FILE, PassedTests
from provisioner.project.searching import combine, read_condition
from provisioner.state.records import Record, State
from tests.testing.samples import ACTOR, JUDGE, declared, expectation

TESTS = [declared(name=name) for name in ("greets", "greets-twice", instance_name("teaches", "math"))]
STORE, FILE_ADDRESS = Address("vector_store", "plays"), Address("file", "play.md")


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ((), 3),
        (("greets",), 1),
        (("test.greets",), 1),
        (("greets*",), 2),
        (("greets*", "greets"), 2),
        (('teaches["math"]',), 1),
        (("teaches*",), 1),
        (("*",), 3),
    ],
)
def test_names_and_patterns_choose(names: tuple[str, ...], chosen: int) -> None:
    assert len(choose(TESTS, names)) == chosen


@pytest.mark.parametrize(("name", "hint"), [("greet", "did you mean `greets`?"), ("x*", "tests:"), ("", "tests:")])
def test_a_name_that_chooses_nothing_is_an_error(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no test called") as caught:
        choose(TESTS, (name,))
    assert hint in str(caught.value.hint)


def test_tests_of_an_assistant_are_those_that_it_judges_too() -> None:
    judged = declared(expectation("judged_by", {"assistant": JUDGE, "rubric": "good"}), name="judged")
    assert of_assistants([*TESTS, judged], {JUDGE}) == (judged,)
    assert len(of_assistants([*TESTS, judged], {ACTOR})) == 4


def resource(address: Address, *needs: Address, **inputs: Any) -> Resource:
    return Resource(address, "definition", {**inputs, "uses": [Ref(each) for each in needs]})


RESOURCES = {
    each.address: each
    for each in (
        resource(ACTOR, STORE, instructions="Play."),
        resource(JUDGE, instructions="Judge."),
        resource(STORE, FILE_ADDRESS),
        resource(FILE_ADDRESS, sha256="1"),
    )
}


def test_a_changed_file_changes_the_assistants_that_use_it() -> None:
    assert users_of({FILE_ADDRESS}, list(RESOURCES.values())) == {FILE_ADDRESS, STORE, ACTOR}
    assert users_of({JUDGE}, list(RESOURCES.values())) == {JUDGE}


def digest(
    resources: Mapping[Address, Resource] = RESOURCES, content: bytes = b"a", account: str = "real", **changes: Any
) -> str:
    test = replace(declared(), messages=(InputMessage("Hello.", (Path("a.csv"), "file-1")),), **changes)
    return digest_of(test, resources, None, lambda path: content, account, unapplied=True)


def test_everything_that_decides_a_result_is_in_its_digest() -> None:
    first = digest()
    assert digest(place=Place("other.yaml", 9, 9), description="x") == first
    assert digest({**RESOURCES, JUDGE: resource(JUDGE, instructions="Other.")}) == first
    different = [
        digest(content=b"b"),
        digest(account="emulator"),
        digest(samples=2),
        digest(expectations=(expectation("contains", "x"),)),
        digest({**RESOURCES, ACTOR: resource(ACTOR, STORE, instructions="Other.")}),
        digest({**RESOURCES, FILE_ADDRESS: resource(FILE_ADDRESS, sha256="2")}),
    ]
    assert len({first, *different}) == 7


def test_the_applied_content_decides_for_applied_assistants() -> None:
    def of(instructions: str, sha256: str) -> str:
        records = {
            ACTOR: Record(ACTOR, "definition", "actor@1", {"instructions": instructions}, needs=(str(STORE),)),
            STORE: Record(STORE, "vector_store", "vs_1", {"files": {"file-1": {"sha256": sha256}}}),
        }
        state = replace(State.new(account="a", project="p", environment="default"), records=records)
        return digest_of(declared(), RESOURCES, state, lambda path: b"", "real", unapplied=False)

    assert of("a", "1") == of("a", "1")
    assert len({of("a", "1"), of("b", "1"), of("a", "2")}) == 3


def test_what_passed_is_remembered_until_it_fails(tmp_path: Path) -> None:
    passed = PassedTests(tmp_path)
    assert passed.read("dev") == {}
    assert passed.add("dev", {"a": "1" * 64, "b": "2" * 64}, []) is None
    assert passed.add("prod", {"a": "3" * 64}, []) is None
    assert passed.add("dev", {}, ["b", "c"]) is None
    assert (passed.read("dev"), passed.read("prod")) == ({"a": "1" * 64}, {"a": "3" * 64})


@pytest.mark.parametrize("text", ["", "[", "[]", '{"dev": []}', '{"dev": {"a": "short"}}', '{"dev": {"a": 1}}', "\x00"])
def test_a_spoilt_record_means_that_nothing_has_passed(tmp_path: Path, text: str) -> None:
    passed = PassedTests(tmp_path)
    passed.add("dev", {"a": "1" * 64}, [])
    (tmp_path / ".provision" / FILE).write_text(text, encoding="utf-8")
    assert passed.read("dev") == {}
    assert passed.add("dev", {"a": "1" * 64}, []) is None
    assert passed.read("dev") == {"a": "1" * 64}


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("author=Shakespeare", {"type": "eq", "key": "author", "value": "Shakespeare"}),
        ("act >= 3", {"type": "gte", "key": "act", "value": 3.0}),
        ("act<3", {"type": "lt", "key": "act", "value": 3.0}),
        ('act="3"', {"type": "eq", "key": "act", "value": "3"}),
        ("draft!=true", {"type": "ne", "key": "draft", "value": True}),
        ("title=a=b", {"type": "eq", "key": "title", "value": "a=b"}),
        ("title=", {"type": "eq", "key": "title", "value": ""}),
        ("title=null", {"type": "eq", "key": "title", "value": "null"}),
        ("n=1e999", {"type": "eq", "key": "n", "value": "1e999"}),
        ('{"type": "in", "key": "a", "value": [1]}', {"type": "in", "key": "a", "value": [1]}),
    ],
)
def test_a_condition_of_a_search(text: str, condition: dict[str, Any]) -> None:
    assert read_condition(text) == condition


@pytest.mark.parametrize("text", ["", "act", "=3", "{", '{"a": 1, "a": 2}', "draft>true", "[" * 100_000])
def test_no_condition_of_a_search(text: str) -> None:
    with pytest.raises(UsageError):
        read_condition(text)


def test_several_conditions_must_all_be_met() -> None:
    one = read_condition("a=1")
    assert combine([]) is None
    assert combine([one]) == one
    assert combine([one, one]) == {"type": "and", "filters": [one, one]}


class CountedNeeds:
    """A resource that counts how often its needs are read."""

    reads = 0

    def __init__(self, name: str, needs: set[Address]) -> None:
        self.address = Address("file", name)
        self._needs = needs

    @property
    def needs(self) -> set[Address]:
        CountedNeeds.reads += 1
        return self._needs


@pytest.mark.parametrize("length", [100, 200, 400, 800])
def test_the_needs_of_each_resource_are_read_once_however_long_the_chain_is(length: int) -> None:
    chain = [CountedNeeds(str(n), {Address("file", str(n + 1))}) for n in range(length)]
    CountedNeeds.reads = 0
    found = users_of({Address("file", str(length))}, chain)  # type: ignore[arg-type]
    assert len(found) == length + 1
    assert CountedNeeds.reads == length
