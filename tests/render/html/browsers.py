"""Debian's Chromium, without a window, and what it tells of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

#: Set in CI: there, a browser that is missing is a failure.
NO_SKIP = "PROVISION_TEST_BROWSER"
#: Tells of everything that the page's policy refused.
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.violatedDirective));
"""


def missing(program: str) -> NoReturn:
    """Skips, saying what is missing; in CI, fails."""
    message = f"{program} is not installed"
    if os.environ.get(NO_SKIP):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; none is ever downloaded."""
    program = shutil.which("chromium") or missing("chromium")
    # As root, as in CI, it runs only without its sandbox.
    words = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=words)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True)
class Shown:
    """A page in a browser. `told` are its errors and warnings, `asked` the addresses that it asked for."""

    page: Page
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def refused(self) -> list[str]:
        """What the page's policy refused."""
        found: list[str] = self.page.evaluate("window.refused")
        return found

    def addresses(self) -> list[str]:
        """The addresses of the changes that can be seen."""
        return self.page.locator(".change:visible .address").all_inner_texts()


@dataclass(slots=True)
class Viewer:
    """Opens pages, each in a context of its own."""

    browser: Browser
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, html: str, **choice: Any) -> Shown:
        """The page in a window of 1200 pixels, or as `choice` says otherwise: `color_scheme`, `viewport`, …"""
        choice = {"viewport": {"width": 1200, "height": 900}, "reduced_motion": "reduce", **choice}
        context = self.browser.new_context(**choice)
        context.set_default_timeout(100_000)  # milliseconds; a busy machine draws ten thousand changes slowly
        self.contexts.append(context)
        context.add_init_script(WATCH)
        shown = Shown(context.new_page())
        shown.page.on("console", lambda message: shown.told.append(f"{message.type}: {message.text}"))
        shown.page.on("pageerror", lambda error: shown.told.append(str(error)))
        shown.page.on("request", lambda request: shown.asked.append(request.url))
        path = self.folder / f"{len(self.contexts)}.html"
        path.write_text(html, encoding="utf-8")
        shown.page.goto(path.as_uri())
        return shown
