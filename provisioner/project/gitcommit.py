"""Reads the id of the commit that is checked out. The program `git` is not run, because it executes programs that the
repository's configuration names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from provisioner.project.gitindex import MAX_INDEX, MAX_POINTER, data_folder, read_git_file

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: A reference such as `refs/heads/main`. `..` could lead out of the repository.
REFERENCE = re.compile(r"refs/(?!.*\.\.)[^\x00-\x20\x7f~^:?*\[\\]+")


def find_commit(folder: Path) -> str:
    """Returns the id of the commit that is checked out in the repository that contains `folder`. Returns an empty text
    if there is no repository or no commit, or if the repository cannot be read.
    """
    try:
        for each in (folder.resolve(), *folder.resolve().parents):
            if os.path.lexists(each / ".git"):
                return _head(data_folder(each / ".git"))
    except (OSError, ValueError, RuntimeError):
        pass
    return ""


def _head(data: Path) -> str:
    head = _read(data / "HEAD")
    if not head.startswith("ref: "):
        return head if COMMIT.fullmatch(head) else ""
    reference = head.removeprefix("ref: ").strip()
    if not REFERENCE.fullmatch(reference):
        return ""
    shared = _read(data / "commondir")
    folders = (data, data / shared) if shared else (data,)
    for each in folders:
        found = _read(each / reference)
        if COMMIT.fullmatch(found):
            return found
    return _packed(folders[-1] / "packed-refs", reference)


def _packed(path: Path, reference: str) -> str:
    lines = (read_git_file(path, MAX_INDEX) or b"").decode(errors="replace").splitlines()
    found = (line.split(" ", 1)[0] for line in lines if line.endswith(f" {reference}"))
    return next((each for each in found if COMMIT.fullmatch(each)), "")


def _read(path: Path) -> str:
    """Returns the text of a small file of git, or an empty text if the file does not exist."""
    return (read_git_file(path, MAX_POINTER) or b"").decode(errors="replace").strip()
