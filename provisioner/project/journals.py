"""Refuses a journal that git tracks, because a commit could contain a forged journal."""

from __future__ import annotations

import os
from collections.abc import Mapping

from provisioner.core.errors import Blocked
from provisioner.project.gitindex import is_tracked
from provisioner.state.backends import Backend, LocalBackend


def check_untracked(backend: Backend, process: Mapping[str, str]) -> None:
    """Raises Blocked if the state is in a local folder and git tracks, or may track, its journal. `process` contains
    the environment variables.

    The entries of a journal are added to the state. So a journal must stay on the machine that wrote it, and must not
    be in a commit.
    """
    if not isinstance(backend, LocalBackend) or not os.path.lexists(backend.journal_path):
        return
    if is_tracked(backend.journal_path, process):
        path = backend.journal_path
        raise Blocked(
            f"{path} is a journal that git tracks; a journal belongs to the machine that wrote it, so it is not read",
            hint=f"if a commit brought it, remove it (`git rm {path.name}` in its folder); if your own run "
            f"left it, keep it, remove it from git (`git rm --cached {path.name}`), and add `*.journal` to .gitignore",
        )
