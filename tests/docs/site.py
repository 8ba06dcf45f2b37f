"""A hook of mkdocs (mkdocs.yml names it): makes one website of docs/ and of the files beside it.

The documents link to each other as files of the repository, so that the links work on GitHub. The site has all pages in
one folder. The hook adds the pages and files outside docs/ to the site, and rewrites the links to them.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from tests.docs.picture import render_svg

CHECKOUT = Path(__file__).parents[2]

#: Pages of the site that are outside docs/: their names there, and their files.
PAGES = {name: name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")} | {"index.md": "README.md"}

#: Files outside docs/ that pages link to. The site has copies of them.
LINKED = ("action.yml", "ci/github/examples/*.yml", "ci/gitlab/*.yml")

#: A link to a file: what is before the target, the target, and what is after it.
LINK = re.compile(r"(\]\(|srcset=\"|src=\")([^)\"#\s]+)(?=[)\"#])")

DIAGRAM = re.compile(r"```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages and files outside docs/ that documents link to, and the diagram as a picture."""
    for name, source in PAGES.items():
        files.append(File.generated(config, name, abs_src_path=str(CHECKOUT / source)))
    for path in sorted(each for pattern in LINKED for each in CHECKOUT.glob(pattern)):
        files.append(File.generated(config, path.relative_to(CHECKOUT).as_posix(), abs_src_path=str(path)))
    files.append(File.generated(config, "images/graph.svg", content=render_svg()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Returns the page with links that fit the site, and with a picture in place of a Mermaid diagram.

    Mermaid's script would be loaded from another server.
    """
    document = PAGES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    drawn = DIAGRAM.sub("![The example as a graph](images/graph.svg)", markdown)
    return LINK.sub(partial(_rewritten, document), drawn)


def _rewritten(document: str, link: re.Match[str]) -> str:
    before, target = link.groups()
    if "://" in target or target.startswith("mailto:"):
        return link[0]
    path = (CHECKOUT / document).parent.joinpath(target).resolve().relative_to(CHECKOUT).as_posix()
    return before + _place_of(path)


def _place_of(path: str) -> str:
    """Returns where a file of the repository is in the site."""
    places: dict[str, str] = {source: name for name, source in PAGES.items()}
    return places.get(path, path.removeprefix("docs/"))
