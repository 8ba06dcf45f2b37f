"""Numbers for people."""

from __future__ import annotations


def size(count: int) -> str:
    """Bytes in the unit that suits them: 48 B, 95.7 kB."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def plural(count: int, noun: str) -> str:
    """1 file, 2 files."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
