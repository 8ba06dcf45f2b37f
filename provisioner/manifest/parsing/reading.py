"""Reads one manifest file in the steps bytes -> text -> nodes -> data. Faults in the content are recorded and never
raised.
"""

from __future__ import annotations

import errno
import re
from pathlib import Path

import yaml
from msgspec import Struct, field

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.root import Root
from provisioner.core.text.prose import normalise_lines
from provisioner.manifest.limits import ALL_BYTES, FILE_BYTES, Allowance
from provisioner.manifest.parsing.document import Document
from provisioner.manifest.parsing.frontmatter import MARKDOWN, FrontMatter, Missing, find_front_matter
from provisioner.manifest.parsing.hints import cut_short, explain
from provisioner.manifest.parsing.nodes import Builder, YamlFault, compose
from provisioner.manifest.parsing.surrogates import HALF, mask_pairs, unmask_pairs

# Characters that YAML calls unprintable; PyYAML accepts all others.
#: Line ends of YAML 1.1, which are ordinary characters in 1.2. PyYAML still treats them as line ends.
BREAK = re.compile("[\x85\u2028\u2029]")
#: The line ends of YAML 1.1, and a byte-order mark, which is only allowed at the beginning of a file.
INVISIBLE = re.compile("[\x85\u2028\u2029\ufeff]")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class Reading(Struct):
    """A file after it was read, with its problems. The problems are reported only if the file is a manifest.

    If a Markdown file is not a manifest, `missing` says why. This reason is reported if no manifest refers to the file.
    """

    document: Document
    diagnostics: list[Diagnostic] = field(default_factory=list)
    is_manifest: bool = True
    missing: Diagnostic | None = None
    allowance: Allowance = field(default_factory=Allowance)

    def add_fault(self, fault: YamlFault, severity: Severity = "error") -> None:
        """Adds a diagnostic (an error or a warning with a place) for a fault in this file."""
        line, column = self.document.within(fault.line, fault.column)
        place = Place(self.document.place().file, line, column)
        self.diagnostics.append(Diagnostic(severity, fault.message, place))


def read_yaml(path: Path, root: Root | None = None, allowance: Allowance | None = None) -> Reading:
    """Returns the data and the problems of a YAML or JSON file.

    The file must be below the folder `root`, even after links are followed. Without `root`, the file must be below its
    own folder. `allowance` limits how much text and how many values all files together may still contain. If it is
    None, the limits for a whole run apply to this file alone.
    """
    reading = Reading(Document(path), allowance=allowance or Allowance())
    text = _read_text(reading, root)
    if text is not None:
        _parse(reading, _as_yaml(text) if path.suffix == ".json" else text)
    return reading


def read_yaml_text(text: str, path: Path) -> Reading:
    """Returns the data and the problems in a text of YAML. `path` is the path of the file, for the places of the
    problems.
    """
    reading = Reading(Document(path))
    reading.document.text = text
    _parse(reading, normalise_lines(text))
    return reading


def _as_yaml(text: str) -> str:
    """Returns JSON text as text that YAML accepts. Tabs are replaced by spaces. Characters that YAML reads as line
    ends, but JSON does not, are replaced by escapes.
    """
    return BREAK.sub(lambda match: f"\\u{ord(match[0]):04X}", text.replace("\t", " "))


def read_markdown(path: Path, root: Root | None = None, allowance: Allowance | None = None) -> Reading:
    """Returns the front matter of a Markdown file as data, the body of the file, and its problems. A file without front
    matter is not a manifest. `root` and `allowance` have the same meaning as in `read_yaml`.
    """
    reading = Reading(Document(path), allowance=allowance or Allowance())
    text = _read_text(reading, root)
    if text is None:
        return reading
    found = find_front_matter(text)
    if isinstance(found, Missing):
        reading.is_manifest = False
        line = text.count("\n", 0, found.position) + 1
        column = found.position - text.rfind("\n", 0, found.position)
        place = Place(reading.document.place().file, line, column)
        reading.missing = Diagnostic("error" if found.is_error else "warning", found.message, place)
        return reading
    body = text[found.body :]
    start = text.count("\n", 0, found.body) + 1
    reading.document.body = body.strip("\n")
    reading.document.body_line = start + (len(body) - len(body.lstrip("\n")) if reading.document.body else 0)
    _parse(reading, "\n" * text.count("\n", 0, found.begin) + text[found.begin : found.end])
    return reading


class TooLarge(Exception):
    """Raised if a file is larger than the limit. The message is the end of a sentence that begins with `this file`."""


def read_limited(root: Root, path: Path, allowance: Allowance) -> bytes:
    """Returns the content of a file below the folder `root`. Subtracts its size from `allowance`, the number of bytes
    that a run may still read. Raises TooLarge if the file is larger than the limit, and OSError if it cannot be read.
    """
    most = min(FILE_BYTES, allowance.bytes)
    try:
        data = root.read(path, most)
    except UnfitFile as error:
        if error.errno != errno.EFBIG:
            raise
        if most < FILE_BYTES:
            message = f"and those before it hold more than {ALL_BYTES >> 20} MB of text together"
            raise TooLarge(message) from error
        raise TooLarge(f"is larger than {FILE_BYTES >> 20} MB") from error
    allowance.bytes -= len(data)
    return data


def _read_text(reading: Reading, root: Root | None) -> str | None:
    """Returns the text of the file in `reading`. If the file cannot be read or contains characters that are not allowed
    in manifests, adds a fault to `reading` and returns None.
    """
    path = reading.document.path
    try:
        if root is None:
            root, path = Root(path.parent.resolve()), path.parent.resolve() / path.name
        data = read_limited(root, path, reading.allowance)
    except TooLarge as error:
        reading.add_fault(
            YamlFault(1, 1, f"this file {error}; take something out, or `ignore:` it if it is no manifest")
        )
        return None
    except UnfitFile as error:
        reading.add_fault(YamlFault(1, 1, f"this cannot be read: {error.strerror}"))
        return None
    except OSError as error:
        reading.add_fault(YamlFault(1, 1, f"cannot be read ({error.strerror}); check its permissions"))
        return None
    try:
        text = normalise_lines(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = normalise_lines(data[: error.start].decode("utf-8"))
        column = len(before) - before.rfind("\n")
        reading.add_fault(YamlFault(before.count("\n") + 1, column, "this is not UTF-8; save the file as UTF-8"))
        return None
    if found := UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        reading.add_fault(
            YamlFault(line, column, f"the character U+{ord(found[0]):04X} is not allowed in a manifest; remove it")
        )
        return None
    is_yaml = reading.document.path.suffix != ".json"
    begin, end = _yaml_part(text, reading.document.path)
    if is_yaml and (found := INVISIBLE.search(text, begin, end)):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        what = (
            "a byte-order mark of a file's beginning" if found[0] == "\ufeff" else "which parsers take for a line's end"
        )
        said = f"the invisible character U+{ord(found[0]):04X} is here, {what}"
        reading.add_fault(
            YamlFault(line, column, f'{said}; remove it, or write it in double quotes as "\\u{ord(found[0]):04X}"')
        )
        return None
    reading.document.text = text
    return text


def _yaml_part(text: str, path: Path) -> tuple[int, int]:
    """Returns the positions in the text at which the YAML begins and ends. In a Markdown file (`path`), only the front
    matter is YAML.
    """
    if path.suffix.lower() not in MARKDOWN:
        return 0, len(text)
    found = find_front_matter(text)
    return (found.begin, found.end) if isinstance(found, FrontMatter) else (0, 0)


def _parse(reading: Reading, text: str) -> None:
    """Parses `text`, the text of the file in `reading`, and sets the nodes and the data of the document in `reading`.
    Adds faults to `reading`. The nodes are not set if the text is not valid YAML, and the data is not set if a fault
    makes it unusable.
    """
    try:
        text, spelled = mask_pairs(text)
        node = compose(text, reading.allowance)
        if HALF.search(text) or spelled:
            unmask_pairs(node, spelled)
    except yaml.YAMLError as error:
        reading.add_fault(explain(error, text))
        return
    builder = Builder()
    data = builder.build(node)
    for fault in builder.faults:
        reading.add_fault(fault)
    for fault in cut_short(node, text):
        reading.add_fault(fault, "warning")
    reading.document.node = node
    if not any(fault.spoils for fault in builder.faults):
        path = reading.document.path
        reading.document.data = data
        reading.document.dropped = [Document(path, value, node=mapping) for mapping, value in builder.dropped]
