"""The folder for what is nobody else's: the emulator's account and state, and what was asked for lately.

What is in it is trusted: a database, a state, a cache. So a branch must not be able to bring it along: where git tracks
anything in it, it is refused.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.own import create_own, make_folder
from provisioner.project.gitindex import holds_tracked

#: In the project's root.
FOLDER = ".provision"
TRACKED = "git tracks files in it, or may track them, and they are not this machine's own"


def open_private(root: Path) -> Path:
    """The folder, made where it is new, and kept out of git.

    Raises OSError where it is a link, cannot be written, or holds what git tracks.
    """
    folder = root / FOLDER
    check_untracked(folder)
    make_folder(folder)
    with suppress(FileExistsError, UnfitFile):  # whatever is there keeps its content
        create_own(folder / ".gitignore", b"# These files belong to this machine only.\n*\n")
    return folder


def private_folder(root: Path) -> Path:
    """The folder's path, whether it exists or not.

    Raises UsageError where it is a symbolic link, or where git tracks anything in it.
    """
    folder = root / FOLDER
    if folder.is_symlink():
        raise UsageError(f"{folder} is a symbolic link, which is not followed", hint="remove it, or make it a folder")
    try:
        check_untracked(folder)
    except UnfitFile as error:
        raise UsageError(
            f"{folder} cannot be used: {error.strerror}",
            hint=f"remove it from the repository (git rm -r --cached {FOLDER}), and the folder from this machine",
        ) from error
    return folder


def check_untracked(folder: Path) -> None:
    """Raises UnfitFile where the folder is there and git tracks, or may track, anything in it."""
    if os.path.lexists(folder) and holds_tracked(folder, os.environ):
        raise UnfitFile(TRACKED, folder)
