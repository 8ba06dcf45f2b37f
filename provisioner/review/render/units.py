"""Formats numbers and sizes for people."""

from __future__ import annotations

from unicodedata import combining, east_asian_width


def size(count: int) -> str:
    """Returns a number of bytes as text with a suitable unit: `48 B` or `95.7 kB`."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def pad(text: str, width: int) -> str:
    """Returns the text with enough spaces at its end to take `width` columns on a terminal. East Asian characters take
    two columns each.
    """
    return text.ljust(width) if text.isascii() else text + " " * max(0, width - columns(text))


def columns(text: str) -> int:
    """Returns the number of columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else not combining(character) for character in text)


def plural(count: int, noun: str) -> str:
    """Returns a number with its noun, in the singular or plural: `1 file` or `2 files`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
