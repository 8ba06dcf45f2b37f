"""Numbers for people."""

from __future__ import annotations

from unicodedata import combining, east_asian_width


def size(count: int) -> str:
    """Bytes in the unit that suits them: 48 B, 95.7 kB."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def pad(text: str, width: int) -> str:
    """The text with blanks up to `width` columns: letters of East Asian scripts take two."""
    return text + " " * max(0, width - columns(text))


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(letter) in "WF" else not combining(letter) for letter in text)


def plural(count: int, noun: str) -> str:
    """1 file, 2 files."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
