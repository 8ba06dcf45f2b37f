"""The page: what is on it, what is left out, and that nothing in a plan becomes a part of it.

`NAME.html` are the pages of the plans in samples.py without style and script; `pytest tests/render --rewrite` writes
them anew, to be reviewed.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.planning.reason import as_written
from provisioner.review.render.html.element import Markup, element, join
from provisioner.review.render.html.escape import escape
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from tests.render.html.anatomy import Anatomy, digest, inlined, without_frame
from tests.render.html.samples import HEADING, HEADINGS, KINDER, PLANS, POLITE, assistant

HERE = Path(__file__).parent
#: Elements and attributes that a page and the picture on it are made of; none of them loads or runs anything.
ELEMENTS = """
    a article body button caption code col colgroup del details div fieldset footer h1 h2 h3 head header html input ins
    label legend li main meta nav p script section span strong style summary table tbody td th thead time title tr ul
    wbr
    desc g path rect svg text
"""
ATTRIBUTES = """
    aria-hidden aria-label aria-labelledby aria-pressed autocomplete charset class colspan content data-action data-kind
    data-only-action data-only-kind datetime for hidden href http-equiv id lang name open role scope spellcheck tabindex
    type
    d height rx viewbox width x xmlns y
"""


def page_of(plan: Plan, heading: Heading = HEADING) -> str:
    return plan_html(plan, heading)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: page_of(plan(), HEADINGS.get(name, HEADING)) for name, plan in PLANS.items()}


@pytest.mark.parametrize("name", PLANS)
def test_the_page_is_as_expected(name: str, pages: dict[str, str], rewrite: bool) -> None:
    path, text = HERE / f"{name}.html", without_frame(pages[name])
    if rewrite:
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else "(nothing)"
    assert text == expected, f"{path} says otherwise; if this is right, run: pytest tests/render --rewrite"


@pytest.mark.parametrize("name", PLANS)
def test_the_page_is_made_of_what_it_may_be_made_of(name: str, pages: dict[str, str]) -> None:
    anatomy = Anatomy(pages[name])
    assert {tag for tag, _ in anatomy.elements} <= set(ELEMENTS.split())
    assert {attribute for _, attributes in anatomy.elements for attribute in attributes} <= set(ATTRIBUTES.split())
    assert [tag for tag, _ in anatomy.elements].count("script") == 1
    assert anatomy.comments == []


@pytest.mark.parametrize("name", PLANS)
def test_links_lead_to_what_is_there(name: str, pages: dict[str, str]) -> None:
    anatomy = Anatomy(pages[name])
    ids = anatomy.values("id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in anatomy.values("href")} <= set(ids)
    named = [*anatomy.values("aria-labelledby"), *anatomy.values("for")]
    assert {name for names in named for name in names.split()} <= set(ids)


@pytest.mark.parametrize("name", PLANS)
def test_nothing_on_the_page_is_hidden(name: str, pages: dict[str, str]) -> None:
    hidden = {each for each in pages[name] if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert hidden <= {"\n"}
    pages[name].encode()


def test_the_policy_names_the_style_and_the_script_and_nothing_else(pages: dict[str, str]) -> None:
    for page in pages.values():
        [policy] = [value for value in Anatomy(page).values("content") if "default-src" in value]
        assert policy == (
            f"default-src 'none'; style-src {digest(inlined(page, 'style'))}; "
            f"script-src {digest(inlined(page, 'script'))}; base-uri 'none'; form-action 'none'"
        )


def test_style_and_script_load_nothing(pages: dict[str, str]) -> None:
    for tag in ("style", "script"):
        text = inlined(pages["review"], tag)
        assert not re.search(r"</|<!--|url\(|@import|https?:|innerHTML|eval|fetch|import\(", text)


# A text of any letters, on a line of its own: a line feed would make lines, and so change the shape.
ANY = st.text(st.characters(exclude_characters="\n"), max_size=20)


def with_text(text: str) -> Plan:
    """A plan that has the text wherever one can be."""
    inner = {"k": f"a{text}"}
    before = {"model": "a", "instructions": f"one\n{text}\nold\n", "metadata": inner}
    after = {**before, "instructions": f"one\n{text}\nnew\n", "metadata": {"k": f"b{text}"}}
    named = Address("assistant", f"a{text}")
    return Plan(
        changes=(
            Change(named, Action.UPDATE, "definition", as_written(f"r{text}"), before, after, (), f"i{text}"),
            Change(named, Action.CREATE, "file", as_written(f"r{text}"), None, {"filename": f"n{text}"}),
        ),
        drift=(Drift(named, (f"field{text.replace('[', '')}",), 1, f"x{text}"),),
        diagnostics=(Diagnostic("error", f"m{text}".replace("`", ""), Place(f"p{text}"), f"a{text}"),),
    )


@pytest.mark.thorough
@settings(max_examples=60)
@given(ANY)
def test_no_text_changes_what_the_page_is_made_of(text: str) -> None:
    anatomy = Anatomy(page_of(with_text(text), Heading(text, text, text or "a", 0)))
    plain = Anatomy(page_of(with_text("x"), Heading("x", "x", "x", 0)))
    # A path may be broken after its steps; that is for the eye.
    shapes = [[each for each in anatomy.shape() if each[0] != "wbr"] for anatomy in (anatomy, plain)]
    assert shapes[0] == shapes[1]
    for shown in (f"r{text}", f"Acts on i{text}.", f"m{text}".replace("`", "")):
        assert on_one_line(shown) in anatomy.text


def test_every_text_that_is_no_markup_is_escaped() -> None:
    assert escape("<a b='c' d=\"e\">&\u202e\ud800") == "&lt;a b=&#x27;c&#x27; d=&quot;e&quot;&gt;&amp;\\u202e\\ud800"
    made = element("p", {"title": '"><script>', "hidden": True, "open": False}, "<b>", Markup("<wbr>"))
    assert made == '<p title="&quot;&gt;&lt;script&gt;" hidden>&lt;b&gt;<wbr></p>\n'
    assert join(["<", Markup("<wbr>")], "&") == "&lt;&amp;<wbr>"


def test_words_that_went_and_came_are_marked() -> None:
    plan = Plan((Change(assistant("a"), Action.UPDATE, "definition", (), {"i": POLITE}, {"i": KINDER}, id="a@1"),))
    page = page_of(plan)
    assert "Be <del>short</del>: <del>three</del> sentences" in page
    assert "Be <ins>kind and brief</ins>: <ins>two</ins> sentences" in page
    assert page.count("Answer in plain words") == 2


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("prompt", ["word " * 51_200, "a" * 256_000, "Be kind.\n" * 28_444 + "!!!!", "\n" * 256_000])
def test_a_long_prompt_is_shown_to_its_end(prompt: str) -> None:
    assert len(prompt) == 256_000
    page = page_of(Plan((Change(assistant("a"), Action.CREATE, "definition", (), None, {"i": prompt}),)))
    assert "not shown here" not in page
    assert page.count("<tr>") - 1 == prompt.count("\n") + 1
    shown = re.findall(r"<td>\d+</td><td>([^<]*)</td>", page)
    assert "\n".join(shown) == prompt


def test_a_word_in_a_prompt_of_one_long_line_is_found() -> None:
    before = "All work and no play. " * 11_637
    plan = Plan((Change(assistant("a"), Action.UPDATE, "d", (), {"i": before}, {"i": before[:-6] + "fun. "}, id="1"),))
    page = page_of(plan)
    assert len(page) < 30_000
    assert "<ins>fun</ins>" in page
    assert re.search(r'<span class="gap">… 25\d,\d{3} unchanged characters …</span>', page)


def many(count: int, *, letters: int = 1_500, name: str = "") -> Plan:
    """A plan of changes, one in ten of which deletes, and half of which update."""
    prompt = "Answer in plain words, and say so when you are not sure.\n" * (letters // 57)
    changed = {"instructions": prompt.replace("plain", "short", 1)}
    changes = []
    for number in range(count):
        address = assistant(f"{name}{number}")
        if number % 10 == 9:
            changes.append(
                Change(address, Action.DELETE, "assistant", as_written("no longer in the manifests"), changed, None)
            )
        elif number % 2:
            changes.append(
                Change(address, Action.UPDATE, "assistant", as_written("x"), {"instructions": prompt}, changed)
            )
        else:
            changes.append(Change(address, Action.CREATE, "assistant", (), None, {"instructions": f"{number}{prompt}"}))
    return Plan(tuple(changes))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("count", "letters"), [(1_000, 1_500), (200, 12_000), (3_000, 500)])
def test_many_changes_are_all_shown_whole(count: int, letters: int) -> None:
    page = page_of(many(count, letters=letters))
    assert page.count("<details ") == count
    assert "not shown here" not in page
    assert "This plan is large" not in page
    rows = letters // 57
    created = sum(change.action is Action.CREATE for change in many(count, letters=letters).changes)
    assert page.count("<td>Answer in plain words") >= created * (rows - 1)


@pytest.mark.thorough
def test_long_names_are_all_listed() -> None:
    page = page_of(many(1_000, name="<" * 250))
    assert page.count("&lt;" * 250) >= 1_000
    anatomy = Anatomy(page)
    assert {href.removeprefix("#") for href in anatomy.values("href")} <= set(anatomy.values("id"))


def test_a_picture_that_shows_nothing_any_more_is_left_out() -> None:
    store = Address("vector_store", "all")
    plan = Plan(needs={store: (), **{assistant(str(number)): (store,) for number in range(1_000)}})
    page = page_of(plan)
    assert "<svg" not in page
    assert "a picture of 1,001 resources is not shown here" in page
    assert page_of(replace(plan, needs={store: (), assistant("a"): (store,)})).count("<svg") == 1
    assert "What needs what" not in page_of(replace(plan, needs={store: ()}))


@pytest.mark.thorough
def test_many_messages_and_much_drift_leave_room_for_the_changes() -> None:
    told = tuple(Diagnostic("warning", f"{number} {'m' * 5_000}") for number in range(1_000))
    drift = tuple(Drift(assistant(str(n)), ("instructions",), POLITE * 10, f"{n}{KINDER}" * 10) for n in range(300))
    page = page_of(replace(many(1_000), diagnostics=told, drift=drift))
    assert re.search(r"… \d{3} messages are not shown here", page)
    assert "outside changes are not shown" not in page
    assert all(f'<code class="address">assistant.{n}</code> <span>instructions was changed' in page for n in range(300))
    assert page.count("<details ") == 1_000
