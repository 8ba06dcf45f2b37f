"""Prints the notes of a release: its section of CHANGELOG.md.

    python ci/release/notes.py v1.2.0

Fails if the tag, the package's version and the changelog do not agree: `v1.2.0` needs `__version__ = "1.2.0"` and the
heading `## [1.2.0] - 2026-11-26`, with a date. It runs before anything is installed, so it imports only the standard
library.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
#: A release or a pre-release as the package index spells it. Other tags would be changed by the index.
TAG = re.compile(r"v((?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:(?:a|b|rc)(?:0|[1-9]\d*))?)", re.ASCII)
VERSION = re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE)
HEADING = re.compile(r"^## \[([^\]]*)\] - (.*)$", re.MULTILINE)
#: What ends a section: the next one, or the definitions of links at the end of the file.
END = re.compile(r"^(?:## |\[[^\]]+\]: )", re.MULTILINE)


class Disagreement(Exception):
    """The tag, the version and the changelog do not describe one release."""


def read_notes(tag: str, source: str, changelog: str) -> str:
    """Returns the notes of the release `tag`. `source` is the text of the package's `__init__.py`.

    Raises Disagreement.
    """
    version = _parse_tag(tag)
    declared = VERSION.findall(source)
    if declared != [version]:
        raise Disagreement(f"the tag is {tag}, and the package's version is {' and '.join(declared) or 'missing'}")
    headings = [each for each in HEADING.finditer(changelog) if each[1] == version]
    if len(headings) != 1:
        raise Disagreement(f"CHANGELOG.md has {len(headings)} sections for {version} instead of one")
    [heading] = headings
    _check_date(heading[2], version)
    following = END.search(changelog, heading.end())
    notes = changelog[heading.end() : following.start() if following else len(changelog)].strip()
    if not notes:
        raise Disagreement(f"the section for {version} in CHANGELOG.md is empty")
    return notes


def _parse_tag(tag: str) -> str:
    found = TAG.fullmatch(tag)
    if found is None:
        raise Disagreement(f"the tag {tag!a} is not a version such as v1.2.0 or v1.2.0rc1")
    return found[1]


def _check_date(text: str, version: str) -> None:
    try:
        spelled = date.fromisoformat(text).isoformat() == text
    except ValueError:
        spelled = False
    if not spelled:
        raise Disagreement(f"the section for {version} in CHANGELOG.md has no date such as 2026-11-26, but {text!a}")


def main(arguments: list[str]) -> int:
    """Prints the notes and returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: notes.py TAG\n")
        return 2
    source = (CHECKOUT / "provisioner/__init__.py").read_text(encoding="utf-8")
    changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        notes = read_notes(arguments[0], source, changelog)
    except Disagreement as error:
        sys.stderr.write(f"::error::{error}\n")
        return 1
    sys.stdout.buffer.write(f"{notes}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
