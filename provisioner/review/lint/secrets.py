"""Checks the rule `secret`, which finds credentials in files and in comments of manifests. A credential in a value of a
manifest is already an error when the manifest is loaded, except if a comment allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, finding
from provisioner.manifest.parsing.document import Written, shown
from provisioner.manifest.secret_scan.credentials import Credential
from provisioner.manifest.secret_scan.secrets import TAKE_OUT, TAKE_OUT_OF_TEXT
from provisioner.manifest.sources import Sources
from provisioner.review.lint.file_scan import Scan, located
from provisioner.review.lint.prompts import near

Located = Iterable[tuple[int, int, Credential]]


def find_secrets(sources: Sources, scan: Scan) -> Iterator[Finding]:
    """Yields a finding for each credential in files and manifests. If a file is used several times, its credentials are
    reported once.
    """
    seen: set[Place] = set()
    everything = (_in_prompts(sources), _in_schemas(sources), _in_files(sources, scan), _allowed(sources))
    for found in chain(_in_comments(sources), *everything):
        if found.place is not None and found.place not in seen:
            seen.add(found.place)
            yield found


def _in_comments(sources: Sources) -> Iterator[Finding]:
    """Yields a finding for each credential in the text of the manifests. These credentials are in comments, or a
    comment allows them. Any other credential in a value is an error that stops the loading of the manifests.
    """
    for document in sources.documents:
        file = shown(document.path)
        allowed = [each for each in sources.allowed if each.place.file == file]
        for each in located(document.text):
            same = [other for other in allowed if other.message.startswith(each[2].describe())]
            near = {place: None for other in same for place in (other.place, *other.near)}
            yield from _finding(file, [each], near, None)


def _allowed(sources: Sources) -> Iterator[Finding]:
    """Yields a finding for each credential in manifests that a comment allows. The comment silences this finding.
    Without the finding, the comment would be reported as unused.
    """
    for each in sources.allowed:
        yield finding("secret", each.message, each.place, subject=each.message, near=each.near)


def _in_prompts(sources: Sources) -> Iterator[Finding]:
    inline = (part for assistant in sources.assistants for _, part in assistant.parts)
    parts = {part.path: part for part in (*inline, *sources.fragments) if part.path is not None}
    for path, part in parts.items():
        yield from _finding(shown(path), located(part.raw), near(part), part.source, TAKE_OUT_OF_TEXT)


def _in_schemas(sources: Sources) -> Iterator[Finding]:
    for reference, document in sources.schemas:
        yield from _finding(shown(document.path), located(document.text), _beside(reference), None)


def _in_files(sources: Sources, scan: Scan) -> Iterator[Finding]:
    for entry in sources.files:
        if (looked := scan.seen.get(entry.path)) and looked.credentials:
            yield from _finding(shown(entry.path), looked.credentials, _beside(entry.written), entry.address)


def _finding(
    file: str, credentials: Located, silencing: Iterable[Place], address: object, advice: str = TAKE_OUT
) -> Iterator[Finding]:
    for line, column, each in credentials:
        message = f"{each.describe()} must not be here; {advice}"
        subject = f"{each.kind} {each.shown}"
        yield finding("secret", message, Place(file, line, column), address, subject=subject, near=silencing)


def _beside(written: Written) -> tuple[Place, ...]:
    return tuple(dict.fromkeys((written.place, written.key_place)))
