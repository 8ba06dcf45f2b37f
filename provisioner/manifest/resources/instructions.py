"""Composes an assistant's instructions from fragments (texts that manifests declare under `instructions:`), files,
texts in the assistant, and the body of a Markdown file. Variables in fragments, files and texts with a field
`variables` are replaced by their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import INSTRUCTIONS_KIND
from provisioner.core.resource import text_digest
from provisioner.core.text.composition import to_nfc
from provisioner.core.text.prose import trim_prose
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.expressions.groups import spread
from provisioner.manifest.files.project_files import Tree
from provisioner.manifest.limits import ALL_INSTRUCTIONS, INSTRUCTIONS
from provisioner.manifest.parsing.document import BODY, Written
from provisioner.manifest.parsing.reading import TooLarge, read_limited
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.dialects import plain_path
from provisioner.manifest.validation.nearest import advise

#: A variable in a text, such as `{{name}}`, in any script. Its name may contain combining marks, which `\\w` does not
#: match. `OTHER` matches other expressions in braces, such as a filter or three braces.
VARIABLE = re.compile(r"(?<!\{)\{\{\s{0,20}([^\s{}|]{1,128})\s{0,20}\}\}(?!\})")
OTHER = re.compile(r"\{{2,3}[^{}\n]{1,200}\}{2,3}")
LONGEST_NAME = 300
PATHLIKE = re.compile(r"(?:\.{0,2}/)?[^\s/]+(?:/[^\s/]+)*\.(?:md|txt|markdown|prompt|ya?ml|json)|\.{1,2}/\S+")
#: The largest number of characters of a text that may be a path.
LONGEST_PATH = 300
LFS = "version https://git-lfs.github.com/spec/"


class Part(Struct, frozen=True):
    """A part of an assistant's instructions. `text` is the text of the part, and `raw` is this text before its
    variables were replaced.

    `source` is the address of the declared instructions that contain the part. For a file that is not declared and for
    the body of a Markdown file, the name in this address is the path of the file. For a text that is written in the
    assistant, `source` is None. `written` is the text in a manifest, or the reference to a file with the text. `path`
    is the path of this file.
    """

    text: str
    source: Address | None
    written: Written
    raw: str
    path: Path | None = None


class Instructions(Struct):
    """The fragments of a project (texts that manifests declare under `instructions:`), and the assistants' instructions
    that were composed from them.

    `groups` maps the name of each declaration with a `for_each` to the names of the fragments that the `for_each`
    makes. `composed` maps the address of each assistant to the parts of its instructions. Each part comes with the item
    in the manifest that names the part.
    """

    fragments: dict[str, Declaration]
    groups: Mapping[str, Sequence[str]]
    tree: Tree
    report: Report
    composed: dict[Address, list[tuple[Written, Part]]] = field(default_factory=dict)
    _named: dict[str, Part | None] = field(default_factory=dict)
    _files: dict[Path, str | None] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
    _length: int = 0

    def compose(self, fields: dict[str, Written], body: Written | None, address: Address) -> tuple[str, dict[str, str]]:
        """Returns the text of an assistant's instructions. Also returns the SHA-256 digests of the parts that have an
        address (`Part.source`), keyed by this address.

        The parts of the instructions are added to `composed`. `fields` are the assistant's fields. `body` is the text
        of a Markdown file, which comes after the other parts.
        """
        written = fields.get("instructions")
        pairs = self._parts(written, address) if written else []
        if body is not None:
            name = self.tree.name(body.document.path)
            pairs.append((body, _written(body, Address(INSTRUCTIONS_KIND.name, name))))
        self.composed[address] = pairs
        parts = [part for _, part in pairs]
        texts = [part.text for part in parts if part.text]
        sources = {str(part.source): self._digest(part.text) for part in parts if part.source}
        if not self._fits(sum(map(len, texts)) + 2 * max(len(texts) - 1, 0), written or body, address):
            return "", sources
        return "\n\n".join(texts), sources

    def parts_of(self, address: Address) -> tuple[tuple[str, str], ...]:
        """Returns (address, text) for each part of an assistant's instructions, from the first part to the last. The
        address is `Part.source`. For a part without an address, because it is written directly in the assistant, it is
        an empty text. Empty parts are left out.
        """
        parts = (part for _, part in self.composed.get(address, ()))
        return tuple((str(part.source or ""), part.text) for part in parts if part.text)

    def _fits(self, length: int, at: Written | None, address: Address) -> bool:
        """Adds `length` to the total length of all instructions. Returns whether `length` and the total, in characters,
        are within their limits. `length` is the length of the instructions of the assistant at `address`.

        If a limit is exceeded, reports an error at `at` and returns False. If `at` is None, no error is reported.
        """
        self._length += length
        if length > INSTRUCTIONS:
            message = f"these instructions are {length:,} characters long; at most {INSTRUCTIONS:,} are taken"
        elif self._length > ALL_INSTRUCTIONS:
            message = f"the instructions of all assistants are longer than {ALL_INSTRUCTIONS:,} characters together"
        else:
            return True
        if at is not None:
            self.report.error(at, f"{message}, shorten them", address)
        return False

    def _digest(self, text: str) -> str:
        """Returns the SHA-256 digest of a text. The digest is cached, because many assistants may share the text."""
        if text not in self._digests:
            self._digests[text] = text_digest(text)
        return self._digests[text]

    def check_fragments(self) -> None:
        """Reads every text that manifests declare under `instructions:`, so that errors are also reported in texts that
        no assistant uses.
        """
        for name in self.fragments:
            self._fragment(name)

    @property
    def fragments_read(self) -> list[Part]:
        """The texts declared under `instructions:` that could be read."""
        return [part for part in self._named.values() if part is not None]

    def _parts(self, written: Written, address: Address) -> list[tuple[Written, Part]]:
        if isinstance(written.value, str):
            self._check_text(written, address)
            return [(written, _written(written, None))]
        pairs = [(item, self._part(item, address)) for item in spread(written, self.groups).items()]
        return [(item, part) for item, part in pairs if part is not None]

    def _part(self, item: Written, address: Address) -> Part | None:
        if not isinstance(item.value, str):
            return self._load(item, None, address)
        if (name := to_nfc(item.value)) in self.fragments:
            return self._fragment(name)
        advice = advise(item.value, self.fragments, "declare them under `instructions:`, or write `{text: …}`")
        if path := _path_in(item.value):
            advice = f"write `{{file: {path}}}`"
        shown = item.value if len(item.value) <= 60 else f"{item.value[:57]}…"
        self.report.error(item, f"there are no instructions called `{shown}`; {advice}", address)
        return None

    def _check_text(self, written: Written, address: Address) -> None:
        text = written.value.strip()
        if to_nfc(text[:LONGEST_NAME]) in self.fragments and len(text) <= LONGEST_NAME:
            message = f"this text is the name of the fragment `{text}`; write `[{text}]` to use it"
            self.report.error(written, message, address)
        elif path := _path_in(text):
            message = f"`{text}` looks like a path, but would be sent as text; write `[{{file: {path}}}]`"
            self.report.error(written, message, address)

    def _fragment(self, name: str) -> Part | None:
        if name not in self._named:
            declaration = self.fragments[name]
            written = declaration.written
            usable = isinstance(written.value, dict) and written.path not in written.document.bad
            self._named[name] = self._load(written, declaration.address, declaration.address) if usable else None
        return self._named[name]

    def _load(self, written: Written, source: Address | None, address: Address) -> Part | None:
        file, text = written.get("file"), written.get("text")
        if file is not None:
            path = self.tree.one(file, address)
            content = self._read(path, file, address) if path else None
            if path is None or content is None:
                return None
            part = Part(content, source or Address(INSTRUCTIONS_KIND.name, self.tree.name(path)), file, content, path)
        elif text is not None:
            part = _written(text, source)
        else:
            return None
        variables = written.get("variables")
        return replace(part, text=self._fill(part.text, variables, address)) if variables else part

    def _read(self, path: Path, written: Written, address: Address) -> str | None:
        if path not in self._files:
            self._files[path] = self._read_anew(path, written, address)
        return self._files[path]

    def _read_anew(self, path: Path, written: Written, address: Address) -> str | None:
        try:
            text = trim_prose(read_limited(self.tree.selection.root, path, self.tree.allowance).decode("utf-8"))
        except TooLarge as error:
            problem = f"{error}; shorten it"
        except OSError as error:
            problem = f"cannot be read ({error.strerror}); check the file and its permissions"
        except UnicodeDecodeError:
            problem = "is not UTF-8; save it as UTF-8"
        else:
            if text and not text.startswith(LFS):
                return text
            problem = "is a Git LFS pointer, not the text itself; run `git lfs pull`" if text else "is empty; fill it"
        self.report.error(written, f"`{self.tree.name(path)}` {problem}", address)
        return None

    def _check_expressions(self, text: str, values: Mapping[str, Any], variables: Written, address: Address) -> None:
        """Reports expressions in braces that begin with a declared variable, but are not replaced because the braces
        contain more than the name: `{{{x}}}`, `{{ x | upper }}`. `values` maps the declared variables to their values.
        """
        for match in OTHER.finditer(text):
            names = re.findall(r"[^\s{}|.()]+", to_nfc(match[0]))
            alone = VARIABLE.fullmatch(match[0])
            if not (alone and is_variable(alone[1])) and names and names[0] in values:
                shown = match[0] if len(match[0]) <= 60 else f"{match[0][:57]}…"
                message = f"`{shown}` is not filled in: only a name is allowed there; write `{{{{{names[0]}}}}}`"
                self.report.error(variables.key_place, message, address)

    def _fill(self, text: str, variables: Written, address: Address) -> str:
        written = {to_nfc(name): name for name, _ in variables.fields()}
        values = {to_nfc(name): item.value for name, item in variables.fields() if item.value is not None}
        used = {name for match in VARIABLE.finditer(text) if is_variable(name := to_nfc(match[1]))}
        self._check_expressions(text, values, variables, address)
        for name in sorted(used - values.keys()):
            advice = advise(name, values, f"add `{name}: …` to its variables")
            self.report.error(variables.key_place, f"`{{{{{name}}}}}` has no value; {advice}", address)
        for name in sorted(values.keys() - used):
            message = f"`{{{{{name}}}}}` does not occur in this text; remove the variable, or correct its name"
            self.report.warn(variables.document.place((*variables.path, written[name]), key=True), message, address)
        parts, length, end = [], 0, 0
        for match in VARIABLE.finditer(text):
            filled = _spell(values.get(to_nfc(match[1]), match[0]))
            parts += [text[end : match.start()], filled]
            length += match.start() - end + len(filled)
            end = match.end()
            if length > INSTRUCTIONS:
                message = f"with its variables, this text is longer than {INSTRUCTIONS:,} characters; shorten it"
                self.report.error(variables.key_place, message, address)
                return ""
        return "".join((*parts, text[end:]))


def looks_like_path(text: str) -> bool:
    """Returns whether a text looks like a path of a file instead of instructions. The caller reports such a text as an
    error.
    """
    return _path_in(text.strip()) is not None


def is_variable(name: str) -> bool:
    """Returns whether a variable in instructions can have the name `name`. A name contains only letters (with combining
    marks), digits, `_`, `.` and `-`.
    """
    return all(each.isalnum() or each in "_.-" or category(each) in ("Mn", "Mc") for each in name)


def body_of(written: Written) -> Written | None:
    """Returns the body of an assistant in Markdown (the text below the front matter), with its place. Returns None if
    the body is empty, or if `written` is not the front matter of a Markdown file.
    """
    body = written.document.body
    return Written(written.document, BODY, body) if body and written.path == () else None


def _written(written: Written, source: Address | None) -> Part:
    """Returns a part of instructions whose text, `written`, is in a manifest. `source` is the address of the declared
    instructions that contain the text, or None.
    """
    text = trim_prose(written.value)
    return Part(text, source, written, text)


def _spell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _path_in(text: str) -> str | None:
    """Returns the path in a text that looks like a path instead of instructions, even if the path has the syntax of
    another tool. Returns None for any other text.
    """
    if len(text) > LONGEST_PATH or "\n" in text:
        return None
    path = plain_path(text) or text
    return path if PATHLIKE.fullmatch(path) else None
