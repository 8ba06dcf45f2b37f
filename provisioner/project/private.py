"""The folder for what is nobody else's: the emulator's account and state, and what was asked for lately."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from provisioner.errors import UsageError
from provisioner.files.opening import UnfitFile
from provisioner.files.own import create_own, make_folder

#: In the project's root.
FOLDER = ".provision"


def open_private(root: Path) -> Path:
    """The folder, made where it is new, and kept out of git. Raises OSError where it is a link or cannot be written."""
    folder = root / FOLDER
    make_folder(folder)
    with suppress(FileExistsError, UnfitFile):  # whatever is there keeps its content
        create_own(folder / ".gitignore", b"# These files belong to this machine only.\n*\n")
    return folder


def private_folder(root: Path) -> Path:
    """The folder's path, whether it exists or not. Raises UsageError where it is a symbolic link."""
    folder = root / FOLDER
    if folder.is_symlink():
        raise UsageError(f"{folder} is a symbolic link, which is not followed", hint="remove it, or make it a folder")
    return folder
