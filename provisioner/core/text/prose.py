"""Converts texts to the form that they have in manifests. At OpenAI and on the disk, the same text may have other line
ends.
"""

from __future__ import annotations


def normalise_lines(text: str) -> str:
    """Returns the text without a BOM (byte order mark), and with `\\n` line ends."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def trim_prose(text: str) -> str:
    """Returns the text as `normalise_lines` does, and without line feeds at its end."""
    return normalise_lines(text).rstrip("\n")
