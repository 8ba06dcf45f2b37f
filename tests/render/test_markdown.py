"""A plan as a comment: it fits, it shows the most important first, and nothing that people wrote is markup in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.planning.reason import as_written
from provisioner.review.render.diff_block import block
from provisioner.review.render.markdown import code, fence
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.view.planview import view_plan

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
            as_written(f"{text} changed"),
            before,
            after,
            sources=(f"instructions.{text}",),
        )
        for number in range(count)
    ]
    drift = Drift(Address("assistant", text), (text,), "a", text, overwritten=True)
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


@pytest.mark.thorough
@given(st.text(alphabet="`~<>&@#|*_[]()!\\\n\r- a", max_size=40))
def test_neither_is_anything_else(text: str) -> None:
    assert set(markup(plan_markdown(plan_of(text), title=text))) <= OURS


@pytest.mark.thorough
@given(st.text(alphabet="` a\n", max_size=30))
def test_code_stays_code(text: str) -> None:
    (paragraph,) = (token for token in MarkdownIt().parse(f"x {code(text)} y") if token.type == "inline")
    assert [each.type for each in paragraph.children or []] == ["text", "code_inline", "text"]
    (block,) = MarkdownIt().parse(fence(text.split("\n")))
    assert block.type == "fence"
    assert block.content.rstrip("\n") == text.rstrip("\n")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("text", ["x" * 256_000, "word " * 50_000, "a\n" * 128_000, "`" * 256_000])
def test_a_huge_prompt_is_cut_and_it_is_said(text: str) -> None:
    sides = {"instructions": "a"}, {"instructions": text}
    page = plan_markdown(Plan((Change(Address("assistant", "a"), Action.UPDATE, "definition", (), *sides),)))
    assert len(page) <= LIMIT
    assert "not shown here" in page
    assert [each.type for each in MarkdownIt().parse(page)].count("fence") == 1


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("count", [1_000, 10_000])
def test_many_changes_are_cut_and_counted_most_important_first(count: int) -> None:
    many = [
        Change(Address("vector_store", f"s{n}"), Action.CREATE, "vector_store", as_written("why")) for n in range(count)
    ]
    gone = Change(Address("assistant", "gone"), Action.DELETE, "definition", as_written("no longer declared"), id="x")
    page = plan_markdown(Plan((*many, gone)))
    assert len(page) <= LIMIT
    assert page.index("assistant.gone") < page.index("vector_store.s0<")
    shown = len(set(re.findall(r"vector_store\.s\d+", page)))
    assert f"and {count - shown:,} more changes are not shown" in page
    assert f"{count} to create, 1 to delete" in page


@pytest.mark.thorough
def test_many_messages_and_much_drift_leave_room_for_the_changes() -> None:
    drift = tuple(Drift(Address("assistant", f"a{n}"), ("name",), "x" * 90, "y" * 90) for n in range(2_000))
    told = tuple(Diagnostic("info", f"message {n} {'z' * 90}") for n in range(2_000))
    gone = Change(Address("assistant", "gone"), Action.DELETE, "definition", as_written("why"))
    page = plan_markdown(Plan((gone,), drift, told))
    assert len(page) <= LIMIT
    assert "assistant.gone" in page
    assert "more messages" in page
    assert "more drifted fields" in page


def test_what_nothing_changes_is_short() -> None:
    assert plan_markdown(Plan(unchanged=4), title="library · prod") == (
        "### ✅ provision plan: `library · prod`\n\n**Nothing to do: 4 resources as declared.**\n"
    )


def fragments(count: int, users: int, lines: int) -> Plan:
    """A plan in which some fragments are rewritten, each of some lines, and each assistant changes itself, too."""
    names = [f"instructions.f{number}" for number in range(count)]
    old, new = (
        "\n\n".join("\n".join(f"{side}{number}x{line} stays" for line in range(lines)) for number in range(count))
        for side in ("went", "came")
    )
    far = "\n".join(f"Rule {number}." for number in range(10))
    changes = [
        Change(
            Address("assistant", f"a{number}"),
            Action.UPDATE,
            "definition",
            as_written("instructions changed"),
            {"instructions": f"{old}\n{far}\nself{number}x0", "name": f"title{number}x0"},
            {"instructions": f"{new}\n{far}\nself{number}x1", "name": f"title{number}x1"},
            sources=tuple(names),
        )
        for number in range(users)
    ]
    return Plan(tuple(changes))


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+\d+x\d+", text))


@pytest.mark.thorough
@settings(max_examples=15)
@given(
    st.integers(1, 8), st.integers(1, 30), st.sampled_from([1, 3, 40, 120]), st.sampled_from([0, 0, 300]), st.booleans()
)
def test_what_is_not_shown_is_said(count: int, users: int, lines: int, gone: int, drifts: bool) -> None:
    plan = fragments(count, users, lines)
    deleted = [
        Change(
            Address("assistant", f"gone{n}"), Action.DELETE, "definition", as_written("w" * 150), {"name": f"gone{n}x0"}
        )
        for n in range(gone)
    ]
    drift = [Drift(Address("assistant", "a0"), ("instructions",), "Be.\ntheirs1x0", "Be.\ntheirs1x1")] if drifts else []
    page = plan_markdown(Plan((*plan.changes, *deleted), tuple(drift)))
    assert len(page) <= LIMIT
    sides = [side for change in (*plan.changes, *deleted) for side in (change.before, change.after) if side]
    every = words(" ".join(text for side in sides for text in side.values()))
    every |= {"theirs1x0", "theirs1x1"} if drifts else set()
    assert every <= words(page) or "not shown" in page
    shown = {source for line in page.splitlines() if "<summary>" in line for source in re.findall(r"s\.f\d", line)}
    for note in re.findall(r"changed with ([^;)]*), shown above", page):
        assert set(re.findall(r"s\.f\d", note)) <= shown


@pytest.mark.thorough
def test_a_fragment_of_very_many_is_shown_with_the_first_of_them() -> None:
    page = plan_markdown(fragments(1, 3_000, 2))
    assert len(page) <= LIMIT
    assert {"went0x1", "came0x1"} <= words(page)
    assert "<code>assistant.a9</code> and 2,990 more</summary>" in page
    assert "shown above" in page


def test_rewritten_fragments_each_have_their_part_of_the_room() -> None:
    plans = [fragments(1, 2, 400).changes for _ in range(8)]
    changes = [
        replace(
            change, address=Address("assistant", f"b{index}{change.address.name}"), sources=(f"instructions.s{index}",)
        )
        for index, plan in enumerate(plans)
        for change in plan
    ]
    page = plan_markdown(Plan(tuple(changes)))
    assert len(page) <= LIMIT
    for index in range(8):
        assert f"<summary><code>instructions.s{index}</code> changed, in" in page
    assert page.count("the rest is not shown here") >= 8


def test_a_shared_change_without_room_is_counted_and_nobody_says_that_it_is_above() -> None:
    gone = [
        Change(Address("assistant", f"gone{n}"), Action.DELETE, "definition", as_written("no longer declared"))
        for n in range(2_000)
    ]
    page = plan_markdown(Plan((*fragments(2, 3, 5).changes, *gone)))
    assert "shown above" not in page
    assert "1 shared change and " in page
    assert len(page) <= LIMIT


def test_a_change_whose_shared_part_is_nowhere_says_so() -> None:
    plan = fragments(1, 2, 5)
    page = block(view_plan(plan).changes[0].differences, 10_000, {"instructions": {"instructions.f0"}}).text
    assert "@@ instructions (changed with instructions.f0, not shown here) @@" in page


def test_a_drifted_text_is_shown_in_hunks() -> None:
    page = plan_markdown(
        Plan(drift=(Drift(Address("assistant", "a"), ("instructions",), "Be.\nShort.", "Be.\nLong."),))
    )
    assert "<summary><code>assistant.a: instructions was changed</code></summary>" in page
    assert "\n-│Short.\n+│Long.\n" in page


@pytest.mark.parametrize(
    "line", ['model: "gpt-4"', ' model: "gpt-4"', "@@ model @@", "… the rest is not shown here", "│x"]
)
@pytest.mark.parametrize("before", ["Be.\nShort.\nPlease.", "", None])
def test_a_line_of_a_text_is_not_taken_for_a_field(line: str, before: str | None) -> None:
    """Only fields and what we say stand at the beginning of a line, or after a sign and a space."""
    change = Change(
        Address("assistant", "a"),
        Action.UPDATE,
        "definition",
        (),
        {"instructions": before, "model": "gpt-5"},
        {"instructions": f"Be.\n{line}\nPlease.", "model": "gpt-6"},
        ("instructions", "model"),
    )
    (found,) = view_plan(Plan((change,))).changes
    lines = block(found.differences, 10_000).text.split("\n")[1:-1]
    own = [each for each in lines if each[1:2] != "│"]
    assert not [each for each in own if "gpt-4" in each or each.startswith("…") or each == "@@ model @@"]
    assert '+ model: "gpt-6"' in own
    assert f"+│{line}" in lines


def test_a_change_s_line_is_no_item_of_a_list() -> None:
    made = Change(Address("vector_store", "s"), Action.CREATE, "vector_store", as_written("not there yet"))
    page = plan_markdown(Plan((made, replace(made, action=Action.DELETE, reasons=()))))
    assert page.count("\n`") == 2
    assert "list_item_open" not in [token.type for token in MarkdownIt().parse(page)]


def test_no_name_is_markup_in_the_short_form() -> None:
    """Where a comment has no room, a change is one line, on which Markdown is read; within <code>, too."""
    name = "manifests/![x](evil.png) [l](https://evil.example) ~~gone~~ @all <b>`tick`.txt"
    words = {f"field{number}": f"{name} {'x' * 300}\n" for number in range(2)}
    addresses = [Address("file", f"{number} {name}") for number in range(200)]
    many = [
        Change(each, Action.CREATE, "definition", as_written("made"), None, {"model": name, **words})
        for each in addresses
    ]
    page = plan_markdown(Plan(tuple(many)))
    assert "(the rest is not shown here)" in page
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds.isdisjoint({"image", "link_open", "s_open"})
    inline = {child.content for token in tokens for child in token.children or () if child.type == "html_inline"}
    assert inline <= {"<br>"}
