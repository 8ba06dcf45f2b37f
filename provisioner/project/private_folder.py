"""Finds and creates the private folder `.provision` of a project. The folder contains the emulator's account and state,
cached responses of the API, digests of files, the last turn, and the list of passed tests.

The files in the folder (a database, a state, a cache) are trusted, so a git branch must not be able to add such files.
If git tracks anything in the folder, the folder is refused.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.own import create_own, make_folder
from provisioner.project.gitindex import holds_tracked

#: The name of the private folder in the project's root.
FOLDER = ".provision"
TRACKED = "git tracks files in it, or may track them, and they are not this machine's own"


def open_private(root: Path) -> Path:
    """Returns the path of the private folder of the project in `root`. A missing folder is created, with a `.gitignore`
    file that excludes it from git.

    Raises OSError if the folder is a symbolic link, cannot be written, or contains anything that git tracks.
    """
    folder = root / FOLDER
    check_untracked(folder)
    make_folder(folder)
    with suppress(FileExistsError, UnfitFile):  # An existing file keeps its content.
        create_own(folder / ".gitignore", b"# These files belong to this machine only.\n*\n")
    return folder


def private_folder(root: Path) -> Path:
    """Returns the path of the private folder of the project in `root`. The folder is not created.

    Raises UsageError if the folder is a symbolic link, or if git tracks anything in it.
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
    """Raises UnfitFile if git tracks, or may track, anything in the folder. A missing folder is accepted."""
    if os.path.lexists(folder) and holds_tracked(folder, os.environ):
        raise UnfitFile(TRACKED, folder)
