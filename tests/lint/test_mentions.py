"""Where instructions name functions: found for any number of names in one pass over a text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.review.lint.functions import is_mention
from provisioner.review.lint.text import Text
from tests.cputime import at_most
from tests.lint.conftest import lint_here
from tests.manifest.conftest import ProjectAt

NAMES = ("look_up", "lookUp", "search", "look-up", "a", "a_b", "up")
PIECES = (*NAMES, "`", "(", ")", ".", "-", "_", "/", " ", "é", ".md", "\n", "x")


def _expression(name: str) -> re.Pattern[str]:
    """The rule as one expression: as code, or, where no other word looks like it, as it is; but no file's name."""
    before, escaped = r"(?<![A-Za-z0-9_/.-])", re.escape(name)
    as_code = rf"(?<=`){escaped}(?=`|\()|{before}{escaped}(?=\()"
    if not re.search(r"[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]", name):
        return re.compile(as_code)
    return re.compile(rf"{as_code}|{before}{escaped}(?![A-Za-z0-9_-]|\.[A-Za-z])")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_name_is_found_where_the_rule_says(text: str) -> None:
    expected = {name: found.start() for name in NAMES if (found := _expression(name).search(text))}
    assert Text(text).first(frozenset(NAMES), is_mention) == expected


def write_names(written: ProjectAt, beginning: str) -> None:
    """Writes 1,500 functions, an assistant whose instructions name them all, and others that have them.

    The others are there so that no rule says that the functions are unused: only so many findings are shown in all.
    """
    names = [f"{beginning}{number}" for number in range(1500)]
    text = " ".join(names)
    text += " word" * ((250_000 - len(text)) // 5)
    tools = "".join(f"  {name}: {{type: function, name: {name}}}\n" for name in names)
    users = [f"  u{at}: {{model: m, tools: [{', '.join(names[at : at + 100])}]}}\n" for at in range(0, 1500, 100)]
    assistants = f"assistants:\n  h: {{model: m, instructions: '{text}'}}\n{''.join(users)}"
    written({"a.yaml": f"tools:\n{tools}{assistants}"})


@pytest.mark.thorough
def test_thousands_of_names_take_one_pass(written: ProjectAt) -> None:
    write_names(written, "q")
    with at_most(8):
        lint_here()


@pytest.mark.thorough
def test_thousands_of_names_as_code_are_placed_soon(written: ProjectAt) -> None:
    write_names(written, "q_")
    with at_most(8):
        assert sum(each.rule == "function-not-attached" for each in lint_here().found) >= 900
