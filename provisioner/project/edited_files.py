"""Applies edits of manifests to the texts of the files, in memory. No file is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from provisioner.core.files.root import Root
from provisioner.manifest import Settings
from provisioner.manifest.editing.differences import Edit
from provisioner.manifest.editing.node_edits import NodeEdits, NotEditable
from provisioner.manifest.editing.prose import file_of
from provisioner.manifest.editing.source_text import SourceText, Splice, replace_lines
from provisioner.manifest.editing.spans import Spans
from provisioner.manifest.limits import FILE_BYTES
from provisioner.manifest.parsing.document import Document
from provisioner.manifest.parsing.frontmatter import FrontMatter, find_front_matter
from provisioner.project.drift_edits import ResourceEdits

Contents = Mapping[Path, bytes]


class EditedFiles(Struct):
    """Reads the files that edits change, each only once. `before` maps the path of each file to its present content."""

    settings: Settings
    before: dict[Path, bytes] = field(default_factory=dict)
    _texts: dict[Path, SourceText] = field(default_factory=dict)
    _editors: dict[Path, NodeEdits] = field(default_factory=dict)

    def contents(self, made: Sequence[ResourceEdits]) -> Contents:
        """Returns the new contents of the files that the edits in `made` change. Raises NotEditable if an edit cannot
        be made in its file. Raises Overlapping if two edits change the same characters.
        """
        splices: dict[Path, list[Splice]] = {}
        for each in made:
            grouped: dict[Path, tuple[Document, list[Edit]]] = {}
            for value in each.values:
                for located in value.located:
                    grouped.setdefault(located.document.path, (located.document, []))[1].append(located.edit)
                for part, text in value.prose:
                    path = file_of(part)
                    found = _prose_splices(self._text(path), part.raw, text, part.path is None)
                    splices.setdefault(path, []).extend(found)
            for path, (document, edits) in grouped.items():
                splices.setdefault(path, []).extend(self._editor(document).splices(edits))
        return {path: self._text(path).replaced(found).encode("utf-8") for path, found in splices.items() if found}

    def _text(self, path: Path) -> SourceText:
        if path not in self._texts:
            root = Root(self.settings.root, (self.settings.state_folder,) if self.settings.state_folder else ())
            self.before[path] = root.read(path, FILE_BYTES)
            self._texts[path] = SourceText(self.before[path].decode("utf-8"))
        return self._texts[path]

    def _editor(self, document: Document) -> NodeEdits:
        path = document.path
        if path not in self._editors:
            self._editors[path] = NodeEdits(Spans(self._text(path), document.node), path.suffix == ".json")
        return self._editors[path]


def _prose_splices(source: SourceText, before: str, text: str, in_body: bool) -> list[Splice]:
    """Returns the replacements of characters ("splices") that put `text` in the place of the text `before` in a prompt
    file. `source` is the text of the file.

    If `in_body` is True, the file is a Markdown manifest, and only the text below its front matter is searched. Raises
    NotEditable if the file does not contain `before`.
    """
    begin = 0
    if in_body and isinstance(found := find_front_matter(source.text), FrontMatter):
        begin = found.body
    at = source.text.find(before, begin)
    if at < 0:
        raise NotEditable("the text is not in the file as it was read")
    return replace_lines(before, text, at)
