"""Messages of several lines: each line is one in text, in Markdown and on the page, and nothing in it is markup."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.text.redaction import register
from provisioner.core.text.safetext import Lines, lines
from provisioner.planning.plan import Plan
from provisioner.review.render.html.sections import _message
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import diagnostic_text
from provisioner.review.render.style import Style

HOSTILE = "  b: `x` @everyone <b>\n- [ ] more\u202e"


def blocked(*parts: str) -> Diagnostic:
    return Diagnostic("blocked", lines(*parts), Place("manifests/a.yaml", 2, 3))


def listed(diagnostic: Diagnostic) -> str:
    """The item of the list that the message becomes in a comment."""
    text = plan_markdown(Plan(diagnostics=(diagnostic,)))
    return text[text.index("- ⛔") :].rstrip("\n")


def test_lines_of_a_message_are_lines_in_markdown() -> None:
    assert listed(blocked("two changed:", "  a: name", "  b: `x`")) == (
        "- ⛔ **blocked** `manifests/a.yaml:2:3` `two changed:`\n  - `a: name`\n  - `` b: `x` ``"
    )


def test_lines_of_a_message_are_lines_in_text() -> None:
    assert diagnostic_text(blocked("two changed:", "  a: name", "  b: x"), Style()) == (
        "manifests/a.yaml:2:3: blocked: two changed:\n  a: name\n  b: x"
    )


def test_lines_of_a_message_are_lines_on_the_page() -> None:
    assert str(_message(blocked("two changed:", "  `a`: <name>"))).strip() == (
        '<li class="blocked"><strong>blocked</strong> <code class="place">manifests/a.yaml:2:3</code> '
        "two changed:<br>  <code>a</code>: &lt;name&gt;</li>"
    )


def test_a_line_break_in_a_name_makes_no_line() -> None:
    assert listed(blocked("one changed:", HOSTILE)).splitlines()[1:] == [
        r"  - ``b: `x` @everyone <b>\n- [ ] more\u202e``"
    ]
    assert diagnostic_text(blocked("one changed:", HOSTILE), Style()).splitlines()[1:] == [
        r"  b: `x` @everyone <b>\n- [ ] more\u202e"
    ]


@pytest.mark.parametrize("text", ["a\nb", "a\n\n# b", "a\n```\nb"])
def test_a_message_that_is_none_of_ours_stays_on_one_line(text: str) -> None:
    diagnostic = Diagnostic("blocked", text)
    assert "\n" not in listed(diagnostic)
    assert "\n" not in diagnostic_text(diagnostic, Style())


def test_a_secret_in_a_line_is_not_shown() -> None:
    register("a-secret-of-several-lines-1\na-secret-of-several-lines-2")
    diagnostic = Diagnostic("blocked", Lines("refused:\na-secret-of-several-lines-1\na-secret-of-several-lines-2"))
    for text in (listed(diagnostic), diagnostic_text(diagnostic, Style()), _message(diagnostic)):
        assert "a-secret" not in text


def test_every_line_is_an_item_of_the_list() -> None:
    text = plan_markdown(Plan(diagnostics=(blocked("two changed:", "  a", "  b"), blocked("other:", "  c"))))
    items = [token for token in MarkdownIt().parse(text) if token.type == "list_item_open"]
    assert len(items) == 5
