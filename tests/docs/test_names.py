"""What the documents name exists: files, places in the code, headings, words."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import CHECKOUT, DOCUMENTS, inline_code, part, read

OURS = re.compile(r"(?:provisioner|tests|docs|manifests|state|\.ci)/[\w./-]*|[A-Z]+\.md|Makefile|pyproject\.toml")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
IN_FILE = re.compile(r"`(\w+)`\s+(?:[\w,; ]+ )??(?:in|of)\s+`(provisioner/[\w/]+\.py)`")
#: Made by the commands that the documents tell of, or examples; not in a checkout.
MADE = frozenset({"manifests/assistants/tutor.md"})


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_exist(document: str) -> None:
    named = {code for code in inline_code(document) if OURS.fullmatch(code)} - MADE
    assert [name for name in sorted(named) if not (CHECKOUT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    folder = (CHECKOUT / document).parent
    for target, anchor in LINK.findall(read(document)):
        path = (folder / target).resolve() if target else CHECKOUT / document
        assert path.exists(), target
        assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them: the second of a name ends in -1."""
    seen: dict[str, int] = {}
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return found


def test_places_in_the_code_are_there() -> None:
    places = IN_FILE.findall(read("CONTRIBUTING.md"))
    assert len(places) >= 10
    missing = [
        f"{name} in {path}"
        for name, path in places
        if not re.search(rf"\b{name}\b", (CHECKOUT / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_every_word_of_the_glossary_is_used() -> None:
    document = read("docs/glossary.md").replace("<!-- glossary -->", "<!-- generated: glossary -->")
    words = re.findall(r"\*\*([^*]+)\*\*", part(document, "glossary"))
    assert len(words) > 20
    prose = "".join(read(name) for name in DOCUMENTS if name != "docs/glossary.md")
    assert [word for word in words if not re.search(rf"\b{word}s?\b", prose, re.IGNORECASE)] == []
