"""Each kind of expectation, against turns that meet it and turns that do not, with the message that says why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.core.declaredtest import ExpectationKind
from provisioner.engine.testing.answer_checker import AnswerChecker, Undecided
from provisioner.engine.testing.expectations import COMPARISONS, check, check_order
from provisioner.engine.testing.refusals import is_refusal
from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    FunctionCalled,
    Hit,
    McpCalled,
    OtherItem,
    Refusal,
    Searched,
    TurnEvent,
    Usage,
    WebSearched,
)
from tests.testing.samples import expectation, turn_of


@pytest.fixture(scope="module")
def checker() -> Iterator[AnswerChecker]:
    checker = AnswerChecker()
    yield checker
    checker.close()


CALL = FunctionCalled("call_1", "look_up", '{"id": 7, "options": {"deep": true, "tags": ["a"]}}')
SEARCH = Searched(("ghost",), (Hit("file-1", "hamlet.pdf", 0.9),))
EVENTS: tuple[TurnEvent, ...] = (
    SEARCH,
    CALL,
    Code("print(1)", "ci_1"),
    Code("print(2)", "ci_1"),
    WebSearched("weather"),
    McpCalled("wiki", "read_page", "{}"),
    OtherItem("image_generation_call", "ig_1"),
    Citation("file-1", "hamlet.pdf"),
    Usage(700, 300),
)

MET: list[tuple[str, Any, str]] = [
    ("contains", "Prince", "I am the Prince."),
    ("contains", "각", "\u1100\u1161\u11a8"),  # composed and decomposed characters are the same
    ("not_contains", "prince", "I am the Prince."),
    ("matches", r"\bprince\b", "a prince"),
    ("matches", "(?i)^PRINCE", "prince"),
    ("equals_json", {"a": [1, None]}, '{"a": [1.0, null]}'),
    ("equals_json", [1], "```json\n[1]\n```"),
    ("valid_against", {"type": "object", "required": ["a"]}, '{"a": 1}'),
    ("tool_called", {"name": "look_up"}, ""),
    ("tool_called", {"name": "look_up", "arguments": {"id": 7}, "times": 1}, ""),
    ("tool_called", {"name": "look_up", "arguments": {"options": {"tags": ["a"]}}}, ""),
    ("tool_called", {"name": "file_search"}, ""),
    ("tool_called", {"name": "code_interpreter", "times": 1}, ""),
    ("tool_called", {"name": "web_search_preview"}, ""),
    ("tool_called", {"name": "read_page"}, ""),
    ("tool_called", {"name": "image_generation"}, ""),
    ("no_tool_called", "shell", ""),
    ("cites", "hamlet.pdf", ""),
    ("cites", "manifests/books/hamlet.pdf", ""),
    ("refuses", False, "I am sorry to hear that your father died."),
    ("refuses", True, "I'm sorry, but I can't help with that."),
    ("max_tokens", 1000, ""),
    ("max_seconds", 1.5, ""),
    ("max_cost", 0.01, ""),
]
UNMET: list[tuple[str, Any, str, str]] = [
    ("contains", "Prince", "a king", 'contains: "Prince" is not in the answer; the answer is "a king"'),
    ("contains", "Prince", "", 'contains: "Prince" is not in the answer; the answer is empty'),
    ("not_contains", "king", "a king", 'not_contains: "king" is in the answer; the answer is "a king"'),
    ("matches", "^b", "ab", 'matches: `^b` matches nothing in the answer; the answer is "ab"'),
    ("equals_json", {"a": 1}, '{"a": true}', 'equals_json: {"a": 1} is expected; the answer is {"a": true}'),
    ("equals_json", 1, "one", "equals_json: the answer is not JSON"),
    ("valid_against", {"type": "array"}, "{}", "the answer does not follow the schema: at $: {} is not of type"),
    ("valid_against", {"required": ["a"]}, "[", "valid_against: the answer is not JSON"),
    ("tool_called", {"name": "pay"}, "", "tool_called: `pay` was not called; called: `file_search`, `look_up`"),
    (
        "tool_called",
        {"name": "look_up", "arguments": {"id": 8}},
        "",
        'tool_called: `look_up` with {"id": 8} was not called; its calls had {"id": 7',
    ),
    ("tool_called", {"name": "look_up", "times": 2}, "", "`look_up` was called once instead of 2 times"),
    ("no_tool_called", True, "", "no_tool_called: no such call is expected; called: `file_search`"),
    ("no_tool_called", "look_up", "", "no_tool_called: no such call is expected; called: `look_up`"),
    ("cites", "macbeth.pdf", "", "cites: `macbeth.pdf` is not cited; the answer cites `hamlet.pdf`"),
    ("refuses", True, "Gladly.", 'refuses: a refusal is expected; the answer is "Gladly."'),
    ("refuses", False, "I cannot help with this.", "refuses: the assistant refuses"),
    ("max_tokens", 999, "", "max_tokens: 1,000 tokens, more than 999"),
    ("max_seconds", 1, "", "max_seconds: 1.5 s, more than 1 s"),
    ("max_cost", 0.005, "", "max_cost: 0.010000 USD, more than 0.005 USD"),
]


@pytest.mark.parametrize(("kind", "value", "text"), MET)
def test_an_expectation_is_met(kind: str, value: Any, text: str, checker: AnswerChecker) -> None:
    found = check(expectation(kind, value), [turn_of(*EVENTS, text=text)], checker)
    assert found.passed, found.message


@pytest.mark.parametrize(("kind", "value", "text", "message"), UNMET)
def test_an_expectation_is_not_met(kind: str, value: Any, text: str, message: str, checker: AnswerChecker) -> None:
    found = check(expectation(kind, value), [turn_of(*EVENTS, text=text)], checker)
    assert not found.passed
    assert message in found.message


def test_every_kind_is_compared_except_the_judged_one() -> None:
    assert set(ExpectationKind) - set(COMPARISONS) == {ExpectationKind.JUDGED_BY}
    assert {kind for kind, *_ in MET} == {kind for kind, *_ in UNMET} == set(map(str, COMPARISONS))


def test_an_expectation_of_one_turn_looks_at_that_turn(checker: AnswerChecker) -> None:
    turns = [turn_of(CALL, text="one"), turn_of(SEARCH, text="two")]
    assert check(expectation("contains", "one", 0), turns, checker).passed
    assert not check(expectation("contains", "one"), turns, checker).passed
    found = check(expectation("tool_called", {"name": "look_up"}, 1), turns, checker)
    assert "not called" in found.message
    assert "(turn 2)" in found.message
    assert check(expectation("tool_called", {"name": "look_up"}), turns, checker).passed


def test_the_model_s_own_refusal_counts(checker: AnswerChecker) -> None:
    assert check(expectation("refuses", True), [turn_of(Refusal("No."))], checker).passed


def test_an_unknown_cost_decides_nothing(checker: AnswerChecker) -> None:
    turn = turn_of(text="a")
    turn.cost = None
    with pytest.raises(Undecided, match="the cost is not known"):
        check(expectation("max_cost", 1), [turn], checker)


@pytest.mark.parametrize(
    ("orders", "failed"),
    [
        ([("file_search", 1), ("look_up", 2)], 0),
        ([("look_up", 1), ("file_search", 2)], 1),
        ([("file_search", 1), ("missing", 2), ("look_up", 3)], 0),
    ],
)
def test_the_order_of_calls(orders: list[tuple[str, int]], failed: int) -> None:
    expected = [expectation("tool_called", {"name": name, "order": order}) for name, order in orders]
    found = check_order(expected, [turn_of(*EVENTS)])
    assert len(found) == failed
    if failed:
        assert "`file_search` was called before `look_up`" in found[0].message


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I can’t assist with that request.", True),
        ("Sorry? No, I'm not able to share that.", True),
        ("죄송하지만 그 요청은 도와드릴 수 없습니다.", True),
        ("Es tut mir leid, dabei kann ich nicht helfen.", True),
        ("You cannot divide by zero, but I can explain why.", False),
        ("I cannot stress this enough: save your work.", False),
        (f"{'The play is long. ' * 40}I cannot help with that.", False),
    ],
)
def test_a_refusal_is_recognised_by_its_beginning(text: str, refused: bool) -> None:
    assert is_refusal(text) is refused
