"""Regular expressions and schemas of manifests are hostile: none of them may hang, or exhaust the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.engine.testing.answer_checker import MOST_CHARACTERS, AnswerChecker, Undecided


@pytest.fixture
def checker() -> Iterator[AnswerChecker]:
    checker = AnswerChecker(seconds=0.3)
    yield checker
    checker.close()


@pytest.mark.first_case_is_quick
@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", r"^(\w+\s?)*$"])
def test_a_pattern_that_takes_exponential_time_is_stopped(pattern: str, checker: AnswerChecker) -> None:
    with pytest.raises(Undecided, match=r"takes more than 0\.3 s of CPU time"):
        checker.matches(pattern, "a" * 5000 + "!")
    assert checker.matches("^a", "ab"), "the next comparison has a process of its own"


@pytest.mark.timeout(60)
def test_a_pattern_in_a_schema_is_stopped_too(checker: AnswerChecker) -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    with pytest.raises(Undecided, match="this schema takes more than"):
        checker.find_difference(schema, f'"{"a" * 5000}!"')


@pytest.mark.timeout(60)
def test_a_schema_that_refers_to_itself_ends(checker: AnswerChecker) -> None:
    with pytest.raises(Undecided):
        checker.find_difference({"$ref": "#"}, "{}")
    assert checker.find_difference({"type": "object"}, "{}") is None


def test_a_schema_is_never_loaded_from_the_network(checker: AnswerChecker) -> None:
    with pytest.raises(Undecided, match=r"a `\$ref` in the schema leads to nothing"):
        checker.find_difference({"$ref": "http://127.0.0.1:9/schema.json"}, "{}")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("schema", "text", "message"),
    [
        ({"properties": {"a": {"type": "integer"}}}, '{"a": "x"}', "at $.a: 'x' is not of type 'integer'"),
        ({"enum": ["a"]}, '"b"', "at $: 'b' is not one of ['a']"),
    ],
)
def test_a_difference_has_its_place(schema: Any, text: str, message: str, checker: AnswerChecker) -> None:
    assert checker.find_difference(schema, text) == message


def test_an_answer_that_is_too_long_is_not_compared(checker: AnswerChecker) -> None:
    with pytest.raises(Undecided, match="at most 1,000,000 are compared"):
        checker.matches("a", "a" * (MOST_CHARACTERS + 1))


def test_odd_characters_arrive_as_they_are(checker: AnswerChecker) -> None:
    assert checker.matches("^\ud800\n\x00\U0001f600$", "\ud800\n\x00\U0001f600")
