"""The form that instructions have in manifests. At OpenAI, the same text may have other line ends."""

from __future__ import annotations


def trim_prose(text: str) -> str:
    """Returns the text without a BOM (byte order mark), with `\\n` line ends, and without empty lines at its end."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
