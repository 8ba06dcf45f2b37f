"""Determines the root: the folder that paths in manifests may not leave. The root is never larger than the repository,
and never a home folder or a whole disk.

The settings may come from a branch under review, so they can only choose a folder inside the checkout as the root.
"""

from __future__ import annotations

import os
from pathlib import Path

from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.state.backends.urls import find_unfit_character


def default_root(folder: Path) -> Path:
    """Returns the default root for the manifests folder `folder`. The default root is the parent of this folder, or the
    folder itself if the parent is too large to be a root.
    """
    return folder if find_fault(folder.parent, folder) else folder.parent


def resolve_root(written: Written, folder: Path, report: Report) -> Path:
    """Returns the folder that the setting `root:` names. Returns the default root if the setting is missing or wrong.
    Reports a folder that is too large, or that does not contain the manifests folder `folder`. `written` is the content
    of the settings file.
    """
    named, default = written.get("root"), default_root(folder)
    if named is None or find_unfit_character(named.value):
        # `default_root` has already checked the parent folder.
        if default == folder and (fault := find_fault(default, folder)):
            report.error(written, f"the root would be {fault}; move the manifests to a folder of their own")
        return default
    path: Path = (folder / named.value).resolve()
    if not path.is_dir() or not folder.is_relative_to(path):
        report.error(named, f"`{named.value}` is no folder above this one; the manifests must lie inside the root")
        return default
    if fault := find_fault(path, folder):
        report.error(named, f"`{named.value}` is {fault}, which cannot be the root; name a folder further inside")
        return default
    return path


def find_fault(root: Path, folder: Path) -> str | None:
    """Returns why the folder `root` is too large to be the root of the manifests in `folder`, as a phrase such as `your
    home folder`. Returns None if `root` is suitable.
    """
    if root == Path(root.anchor):
        return "the whole file system"
    home = _home()
    if home is not None and home.is_relative_to(root):
        return "your home folder" if home == root else "a folder above your home folder"
    repository = find_repository(folder)
    return "a folder above the repository" if repository and not root.is_relative_to(repository) else None


def find_repository(folder: Path) -> Path | None:
    """Returns the nearest folder that contains a folder or file `.git`: `folder` itself or one of its parents. Returns
    None if there is no such folder.
    """
    return next((each for each in (folder, *folder.parents) if os.path.lexists(each / ".git")), None)


def _home() -> Path | None:
    try:
        home = Path.home()
        return home.resolve() if home.is_absolute() else None
    except (RuntimeError, OSError):
        return None
