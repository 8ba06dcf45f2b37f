"""A plan as a comment: it fits, it shows the most important first, and nothing that people wrote is markup in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from provisioner.address import Address
from provisioner.diagnostic import Diagnostic, Place
from provisioner.plan import Action, Change, Drift, Plan
from provisioner.render.markdown import code, fence
from provisioner.render.plan_markdown import plan_markdown

LIMIT = 65_000
HOSTILE = [
    "```\n# out of the fence\n```",
    "`` ` ``` ```` `",
    "</details></summary><script>alert(1)</script>",
    "<img src=x onerror=alert(1)> &lt; &amp;",
    "@everyone @openai/team #1 GH-1 https://evil.example [x](javascript:alert(1)) ![i](//evil.example/i.png)",
    "<!-- provision: other/prod -->",
    "| a | b |\n|---|---|\n***bold*** ~~gone~~ $math$ :tada:",
    "\u202e\x1b[31m\ud800\r\x00",
    "    indented\n> quoted\n- [ ] task",
]


def plan_of(text: str, *, action: Action = Action.UPDATE, count: int = 1) -> Plan:
    """A plan that holds the text wherever one can stand."""
    before = {"instructions": "Read.\nAnd answer.", "name": "a", "tools": [{"type": "function", "name": text}]}
    after = {"instructions": f"Read.\n{text}\nAnd answer.", "name": text, "tools": [], "metadata": {text: text}}
    changes = [
        Change(
            Address("assistant", f"{text}{number}"),
            action,
            "definition",
            (f"{text} changed",),
            before,
            after,
            sources=(f"instructions.{text}",),
        )
        for number in range(count)
    ]
    drift = Drift(Address("assistant", text), text, "a", text, overwritten=True)
    diagnostic = Diagnostic("warning", text, Place(f"{text}.yaml", 1, 1))
    return Plan(tuple(changes), (drift,), (diagnostic,), 3)


#: What our own markup is made of, in HTML.
OURS = {"<details>", "<details open>", "<summary>", "</summary>", "</details>", "<code>", "</code>", "<br>"}


def markup(text: str) -> list[str]:
    """The HTML tags, and kinds of inline markup, that a reader of Markdown finds."""
    found: list[str] = []
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text):
        for each in [token, *(token.children or [])]:
            if each.type in ("html_inline", "html_block"):
                found += re.findall(r"<[^>]*>", each.content)
            elif each.type in ("link_open", "image", "s_open", "table_open", "blockquote_open", "em_open"):
                found.append(each.type)
    return found


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("action", [Action.UPDATE, Action.CREATE])
def test_nothing_that_people_wrote_is_markup(text: str, action: Action) -> None:
    page = plan_markdown(plan_of(text, action=action, count=2), title=text)
    page.encode("utf-8")
    found = markup(page)
    assert set(found) <= OURS
    assert found.count("<details>") + found.count("<details open>") == found.count("</details>") > 0


@given(st.text(alphabet="`~<>&@#|*_[]()!\\\n\r- a", max_size=40))
def test_neither_is_anything_else(text: str) -> None:
    assert set(markup(plan_markdown(plan_of(text), title=text))) <= OURS


@given(st.text(alphabet="` a\n", max_size=30))
def test_code_stays_code(text: str) -> None:
    (paragraph,) = (token for token in MarkdownIt().parse(f"x {code(text)} y") if token.type == "inline")
    assert [each.type for each in paragraph.children or []] == ["text", "code_inline", "text"]
    (block,) = MarkdownIt().parse(fence(text.split("\n")))
    assert block.type == "fence"
    assert block.content.rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize("text", ["x" * 256_000, "word " * 50_000, "a\n" * 128_000, "`" * 256_000])
def test_a_huge_prompt_is_cut_and_it_is_said(text: str) -> None:
    sides = {"instructions": "a"}, {"instructions": text}
    page = plan_markdown(Plan((Change(Address("assistant", "a"), Action.UPDATE, "definition", (), *sides),)))
    assert len(page) <= LIMIT
    assert "is not shown here" in page or "letters …" in page
    assert [each.type for each in MarkdownIt().parse(page)].count("fence") == 1


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_many_changes_are_cut_and_counted_most_important_first(count: int) -> None:
    many = [Change(Address("vector_store", f"s{n}"), Action.CREATE, "vector_store", ("why",)) for n in range(count)]
    gone = Change(Address("assistant", "gone"), Action.DELETE, "definition", ("no longer declared",), id="x")
    page = plan_markdown(Plan((*many, gone)))
    assert len(page) <= LIMIT
    assert page.index("assistant.gone") < page.index("vector_store.s0<")
    shown = page.count("<code>vector_store.s")
    assert f"and {count - shown:,} more changes are not shown" in page
    assert f"{count} to create, 1 to delete" in page


def test_many_messages_and_much_drift_leave_room_for_the_changes() -> None:
    drift = tuple(Drift(Address("assistant", f"a{n}"), "name", "x" * 90, "y" * 90) for n in range(2_000))
    told = tuple(Diagnostic("info", f"message {n} {'z' * 90}") for n in range(2_000))
    gone = Change(Address("assistant", "gone"), Action.DELETE, "definition", ("why",))
    page = plan_markdown(Plan((gone,), drift, told))
    assert len(page) <= LIMIT
    assert "assistant.gone" in page
    assert "more messages" in page
    assert "more drifted fields" in page


def test_what_nothing_changes_is_short() -> None:
    assert plan_markdown(Plan(unchanged=4), title="library · prod") == (
        "### ✅ provision plan: `library · prod`\n\n**Nothing to do: 4 resources as declared.**\n"
    )
