"""Checks whether the turns of a test meet its expectations. The functions of this module make no API calls. They use a
separate process for regular expressions and schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from provisioner.core.declaredtest import Expectation, ExpectationKind
from provisioner.core.equality import same
from provisioner.core.strictjson import loads
from provisioner.core.testresult import Check, add_costs
from provisioner.core.text.composition import to_nfc
from provisioner.engine.testing.answer_checker import AnswerChecker, Undecided
from provisioner.engine.testing.refusals import is_refusal
from provisioner.engine.testing.tool_uses import ToolUse, normal_name, tool_uses
from provisioner.openai_api.turns.turn import Turn

#: The most characters of an answer, and of arguments, that a message shows.
SHOWN_ANSWER = 200
SHOWN_ARGUMENTS = 120
#: The beginning and the end of a block of code in Markdown, in which models like to write JSON.
FENCE = "```"


class _Compared(Struct, frozen=True):
    """The turns with which an expectation is compared, and the checker that compares their answers."""

    turns: Sequence[Turn]
    checker: AnswerChecker

    @property
    def text(self) -> str:
        """The text of the last answer, in the Unicode form NFC."""
        return to_nfc(self.turns[-1].text) if self.turns else ""

    @property
    def shown(self) -> str:
        """The last answer in the form in which messages contain it: shortened, in quotes, after the words `the answer
        is`.
        """
        return f"the answer is {shorten(self.text)}" if self.text else "the answer is empty"


def check(expectation: Expectation, turns: Sequence[Turn], checker: AnswerChecker) -> Check:
    """Returns a `Check`, which says whether `expectation` is met after the turns of a test. `checker` compares answers
    with regular expressions and schemas. Raises Undecided if this cannot be decided, for example because a price is not
    known. The expectation must not be of the kind `judged_by`, which `judging` checks.
    """
    chosen = turns if expectation.turn is None else turns[expectation.turn : expectation.turn + 1]
    compare = COMPARISONS[expectation.kind]
    message = compare(expectation.value, _Compared(chosen, checker))
    where = "" if expectation.turn is None or len(turns) < 2 else f" (turn {expectation.turn + 1})"
    return Check(expectation, f"{expectation.kind}: {message}{where}" if message else "")


def shorten(text: str, most: int = SHOWN_ANSWER) -> str:
    """Returns `text` in quotes, on one line, shortened to at most `most` characters."""
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= most else f'"{line[:most]}…"'


def parse_json(text: str) -> Any:
    """Returns the value of the JSON document in an answer. The JSON may be in a Markdown code block. Raises ValueError
    if the answer is not valid JSON.
    """
    stripped = text.strip()
    if stripped.startswith(FENCE) and stripped.endswith(FENCE) and "\n" in stripped:
        stripped = stripped.partition("\n")[2][: -len(FENCE)]
    return loads(stripped)


def _contains(expected: str, compared: _Compared) -> str:
    missing = to_nfc(expected) not in compared.text
    return f"{shorten(expected)} is not in the answer; {compared.shown}" if missing else ""


def _not_contains(expected: str, compared: _Compared) -> str:
    found = to_nfc(expected) in compared.text
    return f"{shorten(expected)} is in the answer; {compared.shown}" if found else ""


def _matches(expected: str, compared: _Compared) -> str:
    matched = compared.checker.matches(to_nfc(expected), compared.text)
    return "" if matched else f"`{expected}` matches nothing in the answer; {compared.shown}"


def _equals_json(expected: Any, compared: _Compared) -> str:
    try:
        found = parse_json(compared.text)
    except ValueError as error:
        return f"the answer is not JSON ({error}); {compared.shown}"
    return "" if same(found, expected) else f"{_dump(expected)} is expected; the answer is {_dump(found)}"


def _valid_against(expected: Any, compared: _Compared) -> str:
    try:
        found = parse_json(compared.text)
    except ValueError as error:
        return f"the answer is not JSON ({error}); {compared.shown}"
    difference = compared.checker.find_difference(expected, json.dumps(found))
    return "" if difference is None else f"the answer does not follow the schema: {difference}"


def _tool_called(expected: Mapping[str, Any], compared: _Compared) -> str:
    uses = tool_uses(compared.turns)
    name, arguments = str(expected["name"]), expected.get("arguments")
    named = [use for use in uses if normal_name(use.name) == normal_name(name)]
    found = [use for use in named if arguments is None or holds(use.arguments, arguments)]
    times = expected.get("times")
    if len(found) == times or (times is None and found):
        return ""
    wanted = f"`{name}`" + (f" with {_dump(arguments)}" if arguments else "")
    count = "not called" if not found else f"called {_times(len(found))}"
    expected_count = "" if times is None else f" instead of {_times(times)}"
    if not found and named:
        shown = ", ".join(_dump(use.arguments) if use.arguments is not None else use.text for use in named[:5])
        return f"{wanted} was {count}{expected_count}; its calls had {shown}"
    return f"{wanted} was {count}{expected_count}; {_list_calls(uses)}"


def _no_tool_called(expected: bool | str, compared: _Compared) -> str:
    uses = tool_uses(compared.turns)
    if expected is not True:
        uses = [use for use in uses if normal_name(use.name) == normal_name(str(expected))]
    return f"no such call is expected; {_list_calls(uses)}" if uses else ""


def _cites(expected: str, compared: _Compared) -> str:
    cited = {to_nfc(each.filename or each.url) for turn in compared.turns for each in turn.citations}
    names = {PurePosixPath(each).name for each in cited}
    if to_nfc(PurePosixPath(expected).name) in names or to_nfc(expected) in cited:
        return ""
    known = ", ".join(f"`{each}`" for each in sorted(names)) or "nothing"
    return f"`{expected}` is not cited; the answer cites {known}"


def _refuses(expected: bool, compared: _Compared) -> str:
    refused = bool(compared.turns and compared.turns[-1].refusal) or is_refusal(compared.text)
    if refused == expected:
        return ""
    return f"a refusal is expected; {compared.shown}" if expected else f"the assistant refuses; {compared.shown}"


def _max_tokens(expected: int, compared: _Compared) -> str:
    found = sum(turn.usage.total_tokens for turn in compared.turns)
    return f"{found:,} tokens, more than {expected:,}" if found > expected else ""


def _max_seconds(expected: float, compared: _Compared) -> str:
    found = sum(turn.seconds for turn in compared.turns)
    return f"{found:.1f} s, more than {expected:g} s" if found > expected else ""


def _max_cost(expected: float, compared: _Compared) -> str:
    found = add_costs(turn.cost for turn in compared.turns)
    if found is None:
        raise Undecided("the cost is not known, because no price of the model is known; remove `max_cost`")
    return f"{found:.6f} USD, more than {expected:g} USD" if found > expected else ""


COMPARISONS: Mapping[ExpectationKind, Callable[[Any, _Compared], str]] = {
    ExpectationKind.CONTAINS: _contains,
    ExpectationKind.NOT_CONTAINS: _not_contains,
    ExpectationKind.MATCHES: _matches,
    ExpectationKind.EQUALS_JSON: _equals_json,
    ExpectationKind.VALID_AGAINST: _valid_against,
    ExpectationKind.TOOL_CALLED: _tool_called,
    ExpectationKind.NO_TOOL_CALLED: _no_tool_called,
    ExpectationKind.CITES: _cites,
    ExpectationKind.REFUSES: _refuses,
    ExpectationKind.MAX_TOKENS: _max_tokens,
    ExpectationKind.MAX_SECONDS: _max_seconds,
    ExpectationKind.MAX_COST: _max_cost,
}


def holds(arguments: Any, expected: Any) -> bool:
    """Returns whether the arguments of a function call match the expected arguments. At each level, a mapping may
    contain additional keys. All other values must be equal.
    """
    if isinstance(expected, Mapping):
        return isinstance(arguments, Mapping) and all(
            key in arguments and holds(arguments[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(arguments, list)
            and len(arguments) == len(expected)
            and all(holds(*pair) for pair in zip(arguments, expected, strict=True))
        )
    return same(arguments, expected)


def check_order(expectations: Sequence[Expectation], turns: Sequence[Turn]) -> list[Check]:
    """Returns a failed check for each expected call that was made too early, according to `order` in the expectations.
    A call is too early if it was made only before the expected call with the next lower order. Missing calls are not
    reported here.
    """
    ordered = sorted(
        (each for each in expectations if each.kind is ExpectationKind.TOOL_CALLED and each.value.get("order")),
        key=lambda each: int(each.value["order"]),
    )
    failed: list[Check] = []
    position = -1
    before: Expectation | None = None
    for group in ordered:
        uses = tool_uses(turns if group.turn is None else turns[group.turn : group.turn + 1])
        places = [index for index, use in enumerate(uses) if _fits(use, group.value)]
        later = next((index for index in places if index > position), None)
        if places and later is None and before is not None:
            message = f"tool_called: `{group.value['name']}` was called before `{before.value['name']}`"
            failed.append(Check(group, f"{message}; {_list_calls(uses)}"))
        elif later is not None:
            position, before = later, group
    return failed


def _fits(use: ToolUse, expected: Mapping[str, Any]) -> bool:
    arguments = expected.get("arguments")
    is_named = normal_name(use.name) == normal_name(str(expected["name"]))
    return is_named and (arguments is None or holds(use.arguments, arguments))


def _list_calls(uses: Sequence[ToolUse]) -> str:
    if not uses:
        return "no tool was called"
    shown = ", ".join(f"`{use.name}`" for use in uses[:10])
    return f"called: {shown}" + (f" and {len(uses) - 10} more" if len(uses) > 10 else "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= SHOWN_ARGUMENTS else f"{text[:SHOWN_ARGUMENTS]}…"
