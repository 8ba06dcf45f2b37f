"""The documents, their generated parts, and the code in them. `python -m tests.docs.pages` (`make docs`) rewrites
what is generated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.commands import render_commands
from tests.docs.export import render_export_schema
from tests.docs.fields import render_fields
from tests.docs.picture import render_picture
from tests.docs.prices import render_prices
from tests.docs.rules import render_rules
from tests.docs.targets import render_assistant_fields, render_tools

CHECKOUT = Path(__file__).parents[2]
DOCUMENTS = (
    *("README.md", "CONTRIBUTING.md", "docs/adopt.md", "docs/apply.md", "docs/architecture.md", "docs/ci.md"),
    *("docs/chat.md", "docs/cli.md", "docs/cost.md", "docs/glossary.md", "docs/graph.md", "docs/library.md"),
    "docs/limits.md",
    *("docs/lint.md", "docs/manifests.md", "docs/review.md", "docs/security.md", "docs/state.md", "docs/targets.md"),
    *("docs/performance.md", "docs/testing.md", "docs/use.md"),
)

#: What stands between `<!-- generated: NAME … -->` and `<!-- end: NAME -->`, by document and name.
GENERATED: Mapping[tuple[str, str], Callable[[], str]] = {
    ("docs/ci.md", "plan"): lambda: render_file("ci/github/examples/plan.yml"),
    ("docs/ci.md", "apply"): lambda: render_file("ci/github/examples/apply.yml"),
    ("docs/ci.md", "fork"): lambda: render_file("ci/github/examples/fork.yml"),
    ("docs/ci.md", "environments-plan"): lambda: render_file("ci/github/examples/environments-plan.yml"),
    ("docs/ci.md", "environments-apply"): lambda: render_file("ci/github/examples/environments-apply.yml"),
    ("docs/ci.md", "drift"): lambda: render_file("ci/github/examples/drift.yml"),
    ("docs/cli.md", "commands"): render_commands,
    ("docs/cost.md", "prices"): render_prices,
    ("docs/lint.md", "rules"): render_rules,
    ("docs/manifests.md", "fields"): render_fields,
    ("docs/targets.md", "fields"): render_assistant_fields,
    ("docs/graph.md", "picture"): render_picture,
    ("docs/targets.md", "tools"): render_tools,
}

#: Files that are generated as a whole.
FILES: Mapping[str, Callable[[], str]] = {"docs/export.schema.json": render_export_schema}

FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code: its language, its text, and the line of its document that its text begins at."""

    document: str
    line: int
    language: str
    text: str


def read(document: str) -> str:
    """A document's text."""
    return (CHECKOUT / document).read_text(encoding="utf-8")


def render_file(name: str) -> str:
    """A file as a block of code."""
    return f"```yaml\n{read(name)}```"


def blocks(document: str) -> Iterator[Block]:
    """The document's fenced blocks."""
    text = read(document)
    for found in FENCED.finditer(text):
        yield Block(document, text.count("\n", 0, found.start(2)) + 1, found[1], found[2])


def inline_code(document: str) -> list[str]:
    """What stands between single backquotes outside of blocks."""
    return INLINE.findall(FENCED.sub("", read(document)))


def part(text: str, name: str) -> str:
    """What stands between a part's markers."""
    return _split(text, name)[1]


def renewed(text: str, name: str, content: str) -> str:
    """The text with this content between the part's markers."""
    before, _, after = _split(text, name)
    return f"{before}\n{content}\n\n{after}"


def _split(text: str, name: str) -> tuple[str, str, str]:
    """What stands before, between and after a part's markers; the markers belong to what is around."""
    found = re.search(rf"(?s)\A(.*<!-- generated: {name}\b[^>]*-->\n)(.*)(<!-- end: {name} -->.*)\Z", text)
    assert found, f"there are no markers for the generated part `{name}`"
    return found[1], found[2], found[3]


def write(document: str, name: str) -> None:
    """Writes one generated part anew."""
    text = renewed(read(document), name, GENERATED[document, name]())
    (CHECKOUT / document).write_text(text, encoding="utf-8")


def write_file(name: str) -> None:
    """Writes one generated file anew."""
    (CHECKOUT / name).write_text(FILES[name](), encoding="utf-8")


if __name__ == "__main__":
    for each in GENERATED:
        write(*each)
    for file in FILES:
        write_file(file)
