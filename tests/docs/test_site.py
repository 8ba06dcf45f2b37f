"""The documents as a website: all links lead somewhere, and pages load nothing from other servers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT

pytestmark = pytest.mark.thorough

LOADED = re.compile(r"<(?:script|img|iframe|source|link rel=\"(?:stylesheet|preload|icon)\")[^>]*(?:https?:)?//[^>]*>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` builds it: a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=CHECKOUT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_document_is_a_page(site: Path) -> None:
    documents = {path.stem for path in (CHECKOUT / "docs").glob("*.md")} | {"index", "CONTRIBUTING", "CHANGELOG"}
    assert documents <= {path.stem for path in site.glob("*.html")}


def test_pages_load_nothing_from_other_servers(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    assert [found[0] for page in pages for found in LOADED.finditer(page.read_text(encoding="utf-8"))] == []


def test_the_search_finds_every_document(site: Path) -> None:
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert [path.stem for path in (CHECKOUT / "docs").glob("*.md") if f'"{path.stem}.html' not in index] == []


def test_the_graph_is_a_picture(site: Path) -> None:
    page = (site / "graph.html").read_text(encoding="utf-8")
    assert 'src="images/graph.svg"' in page
    assert "mermaid" not in re.findall(r"<pre[^>]*class=\"([^\"]*)\"", page)
    assert (site / "images/graph.svg").read_text(encoding="utf-8").startswith("<svg")
