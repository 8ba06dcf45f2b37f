"""Finds the part of an assistant's instructions that was changed, and where the text of this part is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provisioner.core.address import Address
from provisioner.manifest.editing.node_edits import NotEditable
from provisioner.manifest.parsing.document import BODY
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.sources import Composed

JOIN = "\n\n"


def changed_part(parts: Sequence[Part], text: str) -> tuple[Part, str]:
    """Returns the one part of an assistant's instructions that must change so that the joined `parts` become `text`.
    Also returns the new text of this part. Raises NotEditable if several parts must change.
    """
    texts = [part.text for part in parts]
    if len(parts) == 1:
        return parts[0], text
    for index, part in enumerate(parts):
        head = "".join(each + JOIN for each in texts[:index] if each)
        tail = "".join(JOIN + each for each in texts[index + 1 :] if each)
        fits = len(text) > len(head) + len(tail) and text.startswith(head) and text.endswith(tail)
        if part.text and fits:
            return part, text[len(head) : len(text) - len(tail)]
    raise NotEditable("several parts of the instructions were changed, or a part was added or removed")


def check_part(part: Part, address: Address, assistants: Sequence[Composed]) -> None:
    """Raises NotEditable if a part of an assistant's instructions contains variables, or if another of `assistants`
    also uses the part. `address` is the address of the assistant.
    """
    if part.raw != part.text:
        raise NotEditable(f"the text at {part.written.place} has variables")
    users = {
        each.declaration.address
        for each in assistants
        for _, other in each.parts
        if _identity(other) == _identity(part)
    }
    if others := sorted(users - {address}):
        raise NotEditable(f"{others[0]} uses the text at {part.written.place} too")


def _identity(part: Part) -> tuple[object, ...]:
    return (part.path,) if part.path is not None else (part.written.document.path, part.written.path)


def file_of(part: Part) -> Path:
    """Returns the path of the file that contains a part of an assistant's instructions."""
    return part.path or part.written.document.path


def is_body(part: Part) -> bool:
    """Returns whether a part of an assistant's instructions is the text below the front matter of a Markdown file."""
    return part.path is None and part.written.path == BODY
