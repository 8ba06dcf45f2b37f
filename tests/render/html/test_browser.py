"""The page in a browser: it shows, filters and unfolds; it loads nothing, and runs nothing but its own script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from provisioner.review.render.html.page import plan_html
from tests.render.html.browsers import Shown, Viewer, chromium
from tests.render.html.samples import HEADING, HEADINGS, PLANS, SCRIPT
from tests.render.html.test_pages import many

pytestmark = pytest.mark.thorough

SCHEMES = ("light", "dark")
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def view(browser: Browser, tmp_path: Path) -> Iterator[Viewer]:
    viewer = Viewer(browser, tmp_path)
    yield viewer
    for context in viewer.contexts:
        context.close()


def page_of(name: str) -> str:
    return plan_html(PLANS[name](), HEADINGS.get(name, HEADING))


@pytest.fixture
def review(view: Viewer) -> Shown:
    return view(page_of("review"))


@pytest.mark.parametrize("name", PLANS)
def test_a_page_shows_without_an_error_and_loads_nothing(name: str, view: Viewer) -> None:
    shown = view(page_of(name))
    assert shown.told == []
    assert shown.refused() == []
    assert [url for url in shown.asked if not url.startswith("file:")] == []
    assert len(shown.asked) == 1
    assert shown.page.locator("h1").inner_text().startswith("Plan for ")


def test_no_text_runs(view: Viewer) -> None:
    shown = view(page_of("hostile"))
    shown.page.get_by_role("button", name="Unfold all").click()
    assert shown.page.evaluate("window.pwned") is None
    assert shown.page.evaluate("document.scripts.length") == 1
    assert shown.page.locator("main img").count() == 0
    text = shown.page.locator("body").inner_text()
    # In the heading, a message, its place, drift, an address, a reason, a field and a prompt.
    assert text.count(SCRIPT) > 15
    assert "</script></style></details></main>" in text
    assert "\\u202eevil\\u2066 \\ud800 \\x07 \\x1b[2K \\u2028" in text
    hidden = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert hidden <= {"\n", "\t"}


def test_what_gets_into_the_page_by_force_is_refused_by_its_policy(view: Viewer) -> None:
    forced = page_of("unchanged").replace("<footer>", f"{SCRIPT}<p style='color: red'>x</p><footer>")
    shown = view(forced)
    assert shown.page.evaluate("window.pwned") is None
    assert {each.partition("-")[0] for each in shown.refused()} == {"script", "img", "style"}


def test_changes_are_filtered_by_kind_action_and_address(review: Shown) -> None:
    page, status = review.page, review.page.get_by_role("status")
    assert status.inner_text() == "All 6 changes shown."
    page.get_by_role("button", name="Assistants 3").click()
    assert status.inner_text() == "3 of 6 changes shown."
    assert page.get_by_role("button", name="Assistants 3", pressed=True).count() == 1
    page.get_by_role("button", name="Update 3").click()
    assert review.addresses() == ["assistant.math-tutor", "assistant.secretary"]
    page.get_by_label("Address contains").fill(" Tutor ")
    assert review.addresses() == ["assistant.math-tutor"]
    assert status.inner_text() == "1 of 6 changes shown."
    page.get_by_label("Address contains").fill("nothing")
    assert (review.addresses(), status.inner_text()) == ([], "0 of 6 changes shown.")
    assert page.get_by_role("heading", name="Assistants").count() == 0
    page.get_by_role("button", name="Show all").click()
    assert status.inner_text() == "All 6 changes shown."
    assert page.get_by_role("button", pressed=True).count() == 0
    page.get_by_role("button", name="Create 1").click()
    page.get_by_role("button", name="Delete 1").click()
    assert review.addresses() == ["assistant.server-bot", "vector_store.handbook"]


def test_everything_is_reached_and_done_with_the_keyboard(review: Shown) -> None:
    page = review.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the plan"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText?.trim() || document.activeElement.id"))
        if page.evaluate("document.activeElement.closest('#change-5') !== null"):
            break
    assert [each for each in reached if each in ("Assistants 3", "Delete 1", "address-filter", "Fold all")] == [
        "Assistants 3", "Delete 1", "address-filter", "Fold all",
    ]  # fmt: skip
    folded = page.locator("#change-5")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert not folded.get_by_text("You watch the server.").is_visible()
    page.keyboard.press("Enter")
    assert folded.get_by_text("You watch the server.").is_visible()
    page.keyboard.press("Space")
    assert not folded.get_by_text("You watch the server.").is_visible()


def test_all_changes_are_folded_and_unfolded_at_once(review: Shown) -> None:
    page = review.page
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator("details[open]").count() == 6
    page.get_by_role("button", name="Fold all", exact=True).click()
    assert page.locator("details[open]").count() == 0


def test_a_link_leads_to_its_change_unfolded_whatever_is_filtered(review: Shown) -> None:
    page = review.page
    page.get_by_role("button", name="Files 1").click()
    page.get_by_role("link", name="server-bot").click()
    page.wait_for_function("document.getElementById('change-5').open")
    assert page.locator("#change-5").get_by_text("You watch the server.").is_visible()
    assert page.get_by_role("status").inner_text() == "All 6 changes shown."


def test_without_scripts_everything_can_be_read(view: Viewer) -> None:
    shown = view(page_of("review"), java_script_enabled=False)
    page = shown.page
    assert not page.locator("#filters").is_visible()
    assert shown.addresses() != []
    page.locator("#change-5 summary").click()
    assert page.locator("#change-5").get_by_text("You watch the server.").is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_printed_is_unfolded(view: Viewer, *, scripts: bool) -> None:
    page = view(page_of("review"), java_script_enabled=scripts).page
    page.emulate_media(media="print")
    assert page.locator("#change-5").get_by_text("You watch the server.").is_visible()
    assert not page.locator("nav").is_visible()


def test_dark_and_light_are_different(view: Viewer) -> None:
    grounds = [
        view(page_of("review"), color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )
        for scheme in SCHEMES
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(17, 21, 26)"]


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("width", [320, 400, 800])
def test_a_narrow_window_is_not_scrolled_sideways(name: str, width: int, view: Viewer) -> None:
    page = view(page_of(name), viewport={"width": width, "height": 800}).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_two_columns_stand_beside_each_other_or_below_each_other(view: Viewer) -> None:
    for width, beside in ((1200, True), (799, False)):
        page = view(page_of("review"), viewport={"width": width, "height": 800}).page
        row = page.locator("#change-4 tr.changed").first
        boxes = [row.locator(cell).bounding_box() for cell in (".went", ".came")]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert (boxes[0]["y"] == boxes[1]["y"]) is beside
        assert (boxes[0]["x"] == boxes[1]["x"]) is not beside


def test_a_screen_reader_finds_its_way(review: Shown) -> None:
    tree = review.page.locator("body").aria_snapshot()
    lines = [line.strip(" -") for line in tree.splitlines()]
    landmarks = [line for line in lines if re.match(r"(banner|main|navigation|contentinfo|region)\b", line)]
    assert landmarks == [
        "banner:", "main:", 'region "Costs":', 'region "Messages":', 'region "Changed outside of provision":',
        'region "What needs what":', 'region "Changed once for several":', 'navigation "Changes by kind":',
        'region "Filters":', 'region "Changes":', 'region "Assistants 3":', 'region "Vector stores 2":',
        'region "Files 1":', "contentinfo:",
    ]  # fmt: skip
    headings = re.findall(r'heading "([^"]*)" \[level=(\d)\]', tree)
    assert headings == [
        ("Plan for campus-helpers", "1"), ("Costs", "2"), ("Messages", "2"), ("Changed outside of provision", "2"),
        ("What needs what", "2"), ("Changed once for several", "2"), ("instructions.polite", "3"), ("Changes", "2"),
        ("Assistants 3", "3"), ("Vector stores 2", "3"), ("Files 1", "3"),
    ]  # fmt: skip
    for button in ("Assistants 3", "Create 1", "Show all", "Unfold all", "Fold all"):
        assert f'button "{button}"' in tree
    assert 'searchbox "Address contains"' in tree
    assert "status: All 6 changes shown." in tree
    assert "deletion" in tree
    assert "insertion" in tree
    assert 'columnheader "Before"' in tree
    assert review.page.get_by_role("img", name="The plan, and what needs what").count() == 1
    assert "text: update" in tree
    assert 'link "server-bot delete"' in tree


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [name for name in PLANS if name != "large_texts"])  # only more of the same
def test_axe_finds_nothing(name: str, scheme: str, view: Viewer) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # The page's own policy would refuse the script that looks at it.
    page = view(page_of(name), color_scheme=scheme, bypass_csp=True).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    if page.locator("[aria-pressed]").count():
        page.locator("[aria-pressed]").first.click()
    violations = Axe().run(page, options=WCAG).response["violations"]
    found = {each["id"]: [node["failureSummary"] for node in each["nodes"]][:3] for each in violations}
    assert found == {}


def test_ten_thousand_changes_are_filtered_too(view: Viewer) -> None:
    shown = view(plan_html(many(10_000), HEADING))
    shown.page.get_by_label("Address contains").fill("9999")
    assert shown.page.get_by_role("status").inner_text() == "1 of 10,000 changes shown."
    assert shown.addresses() == ["assistant.9999"]
    assert shown.told == []
