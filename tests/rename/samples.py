"""One project for each type of object: how it is declared, and how it is declared under another name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """A resource before and after it is renamed. `manifest` has its name as `NAME`.

    `edit` changes something else in the manifest, so that the contents are no longer equal. `derived` is the field of
    the object that is its display name, which comes from the resource's name.
    """

    kind: str
    manifest: str
    edit: tuple[str, str]
    derived: str | None = None

    def before(self) -> str:
        """The manifest before the rename."""
        return self.manifest.replace("NAME", "old")

    def after(self, *, edited: bool = False) -> str:
        """The manifest after the rename, with another edit if `edited` is true."""
        manifest = self.manifest.replace(*self.edit) if edited else self.manifest
        return manifest.replace("NAME", "new")

    def moved(self) -> str:
        """The section `moved:` that says so."""
        return f"moved:\n  - {{from: {self.kind}.old, to: {self.kind}.new}}\n"

    def removed(self, *, destroy: bool = False) -> str:
        """The section `removed:` for the resource under its first name."""
        return f"removed:\n  - {{from: {self.kind}.old, destroy: {str(destroy).lower()}}}\n"


SAMPLES: Mapping[str, Sample] = {
    "file": Sample("file", "files:\n  NAME: {path: a.txt}\n", ("a.txt", "b.txt")),
    "vector_store": Sample(
        "vector_store",
        'vector_stores:\n  NAME: {files: ["*.txt"], metadata: {topic: rules}}\n'
        "assistants:\n  reader: {instructions: Read., tools: [{type: file_search, vector_stores: [NAME]}]}\n",
        ("topic: rules", "topic: laws"),
        "name",
    ),
    "agent": Sample(
        "assistant",
        "assistants:\n  NAME: {instructions: Rhyme., target: agents, environment: {packages: {python: [pandas]}}}\n",
        ("Rhyme.", "Rhyme well."),
        "name",
    ),
    "assistant": Sample(
        "assistant",
        "assistants:\n  NAME: {model: gpt-4o, instructions: Rhyme., target: assistants}\n",
        ("Rhyme.", "Rhyme well."),
        "name",
    ),
    "definition": Sample("assistant", "assistants:\n  NAME: {instructions: Rhyme.}\n", ("Rhyme.", "Rhyme well.")),
}
