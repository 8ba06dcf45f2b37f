"""The folder for what is nobody else's: the emulator's account and state, and what was asked for lately."""

from __future__ import annotations

from pathlib import Path

#: In the project's root.
FOLDER = ".provision"


def open_private(root: Path) -> Path:
    """The folder, made where it is new, and kept out of git. Raises OSError where it cannot be written."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# What stands here is nobody else's.\n*\n", encoding="utf-8")
    return folder
