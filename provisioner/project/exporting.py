"""Writes exported files. A file that provision did not export is never overwritten."""

from __future__ import annotations

import os
from pathlib import Path

from provisioner.core.errors import StateError, UsageError
from provisioner.core.files.own import make_folder, open_own, replace_own
from provisioner.core.text.redaction import holds_secret
from provisioner.review.export.exported import MARK
from provisioner.review.export.formats import Format

#: The bytes at the beginning of a file in which its mark is looked for.
BEGINNING = 1_000
#: Everybody on the machine may read the files, as those of an application; the process's mask may forbid it.
MODE = 0o644


def check_folder(folder: Path, form: Format) -> None:
    """Checks that an export in the format `form` can be written to `folder`. Raises UsageError if the existing file of
    this format was not exported by provision, or if `folder` is not a folder. Raises StateError if the file cannot be
    read.
    """
    path = folder / form.file
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder", hint=f"name a folder, in which {form.file} is written")
    try:
        handle = open_own(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError(f"{path} cannot be replaced: {error.strerror}", hint="name another folder") from error
    try:
        beginning = os.read(handle, BEGINNING)
    finally:
        os.close(handle)
    if MARK.encode() not in beginning:
        raise UsageError(
            f"{path} is there already, and `provision export` did not write it; it stays as it is",
            hint="name another folder, or move this file away first",
        )


def write_exported(folder: Path, form: Format, text: str) -> Path:
    """Writes an exported text to the file of the format `form` in `folder`, and returns the path of the file. A missing
    folder is created.

    Raises UsageError if the existing file was not exported by provision, or if the text contains a secret of this
    process. Raises StateError if the file cannot be written.
    """
    check_folder(folder, form)
    if holds_secret(text):
        raise UsageError(
            "the state contains a secret of this process, which is never exported; nothing was written",
            hint="write `{runtime: NAME}` in the manifest instead of the secret, and apply it",
        )
    path = folder / form.file
    try:
        make_folder(folder)
        replace_own(path, text.encode(errors="backslashreplace"), prefix=f".{form.file}.", mode=MODE)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
