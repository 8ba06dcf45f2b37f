"""Checks the rules `duplicate-heading` and `duplicate-paragraph`. They find headings and paragraphs that occur twice in
the instructions of one assistant.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, finding
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.secret_scan.credentials import is_secret
from provisioner.manifest.sources import Composed, Sources
from provisioner.review.lint.markdown_blocks import MarkdownBlock
from provisioner.review.lint.prompts import Prompts, near

LONGEST = 60


def find_duplicates(sources: Sources, prompts: Prompts) -> Iterator[Finding]:
    """Yields a finding for each heading or paragraph that occurs twice in the instructions of one assistant. If several
    assistants share the same text, the finding is yielded only once.
    """
    reported: set[Place | None] = set()
    seen: set[tuple[object, int]] = set()
    for assistant in sources.assistants:
        yield from _fragments(assistant)
        for part, block, earlier in _blocks(assistant, prompts):
            mark = (part.path or id(part), block.offset)
            if mark not in seen:
                seen.add(mark)
                found = _finding(part, block, earlier, prompts, assistant)
                if found.place not in reported:
                    reported.add(found.place)
                    yield found


def _fragments(assistant: Composed) -> Iterator[Finding]:
    """Yields a finding for each part of an assistant's instructions whose text is equal to the text of an earlier part.
    A part is a text in the assistant, or an included text.
    """
    texts: set[str] = set()
    for item, part in assistant.parts:
        if part.text and part.text in texts:
            name = f"`{item.value[:LONGEST]}`" if isinstance(item.value, str) else "this text"
            message = f"{name} occurs twice in these instructions; remove one"
            address = assistant.declaration.address
            yield finding("duplicate-paragraph", message, item.place, address, subject="a fragment")
        texts.add(part.text)


def _blocks(assistant: Composed, prompts: Prompts) -> Iterator[tuple[Part, MarkdownBlock, tuple[Part, MarkdownBlock]]]:
    """Yields a tuple for each heading or paragraph that occurs again in an assistant's instructions. The tuple contains
    the part of the instructions, and the heading or paragraph in this part. Its last item is a pair with the same two
    values for the first occurrence. Two headings count as equal only if the headings above them are also equal.
    """
    first: dict[tuple[str, ...], tuple[Part, MarkdownBlock]] = {}
    above: list[tuple[int, str]] = []
    parts: dict[str, Part] = {}
    for _, part in assistant.parts:
        parts.setdefault(part.text, part)
    for part in parts.values():
        for block in prompts.text(part.raw).blocks:
            if block.level:
                above = [*(each for each in above if each[0] < block.level), (block.level, block.words.casefold())]
                key = ("heading", *(title for _, title in above))
            else:
                key = ("paragraph", block.words)
            earlier = first.setdefault(key, (part, block))
            if earlier[1] is not block:
                yield part, block, earlier


def _finding(
    part: Part, block: MarkdownBlock, earlier: tuple[Part, MarkdownBlock], prompts: Prompts, assistant: Composed
) -> Finding:
    rule, what = ("duplicate-heading", "heading") if block.level else ("duplicate-paragraph", "paragraph")
    words = block.words if len(block.words) <= LONGEST else f"{block.words[: LONGEST - 1]}…"
    named = f"the {what} `{words}`" if not is_secret(block.words) else f"this {what}"
    advice = "join the sections, or rename one" if block.level else "remove one"
    first = prompts.place(earlier[0], earlier[1].offset)
    message = f"{named} occurs a second time, first at {first}; {advice}"
    place = prompts.place(part, block.offset)
    address = part.source or assistant.declaration.address
    return finding(rule, message, place, address, subject=block.words, near=near(part))
