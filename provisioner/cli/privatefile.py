"""Writes files that contain prompts, such as plans. Only the owner of such a file can read it. A file that provision
did not write is never overwritten, unless it is empty.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

import click

from provisioner.core.errors import StateError, UsageError
from provisioner.core.files.named import append_named, check_named
from provisioner.core.files.own import open_own, replace_own, write_all

#: Matches the beginning of a file that provision wrote: of a plan, of an encrypted plan, of an HTML page of a plan, or
#: of a transcript, or of results of tests.
#: It does not match a state: changes do not follow the state's account, and an encrypted state does not contain its
#: purpose.
OURS = re.compile(
    rb'\{\s*"transcript":|<!-- provision transcript -->\n'
    rb'|<\?xml version="1.0" encoding="utf-8"\?>\n<testsuites name="provision test"'
    rb'|\{\s*"account":\s*(null|"([^"\\]|\\.)*"),\s*"changes":|\{"sealed":\d+,"of":"plan",'
    rb'|<!DOCTYPE html>\n<html lang="en">\s*<head>\s*<meta charset="utf-8">\s*'
    rb'<meta http-equiv="Content-Security-Policy" content="default-src [^" ]*none[^" ]*; style-src '
)
#: The number of bytes at the beginning of a file that are read to decide whether provision wrote the file.
BEGINNING = 4_000
#: Paths that name open files of this process. The open file may be a regular file, which must not be replaced.
OPENED = re.compile(r"/dev/(stdout|stderr|fd/\d+)")


def write_private(path: Path, text: str) -> None:
    """Writes the text to the file `path`. An existing plan, page, transcript or file with results of tests is replaced,
    and so is an empty file; if the write fails, the existing file stays unchanged.

    If `path` is a pipe or a device, the text is written into it. Raises UsageError if `path` is a file that provision
    did not write, and StateError if it cannot be written.
    """
    data = text.encode("utf-8", errors="backslashreplace")
    try:
        if _is_stream(path):
            with append_named(path) as stream:
                write_all(stream.fileno(), data)
            return
        check_named(path)
        target = path.resolve()
        _check_ours(target, path)
        replace_own(target, data, prefix=f".{target.name[:100]}.")
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror or error}") from error


def check_target(path: Path | None) -> None:
    """Checks that `write_private` could write to `path`. Raises UsageError if `path` is a file that provision did not
    write, and StateError if the file cannot be written. If `path` is None, the option for the file was not given, and
    nothing is checked.

    Commands call this function before they make a plan, because making a plan takes a long time.
    """
    if path is None:
        return
    try:
        if not _is_stream(path):
            check_named(path)
            target = path.resolve()
            _check_ours(target, path)
            _check_folder(target.parent)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror or error}") from error


def _check_folder(folder: Path) -> None:
    """Raises OSError if no file can be created in this folder."""
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def check_apart(page: Path | None, plan: Path | None) -> None:
    """Raises BadParameter if `page`, the file for the HTML page, is the same file as `plan`, the file for the plan.
    Does nothing if one of them is None.
    """
    if page is not None and plan is not None and page.resolve() == plan.resolve():
        raise click.BadParameter(f"{page} is the plan itself; name another file", param_hint="--html")


def _is_stream(path: Path) -> bool:
    if OPENED.fullmatch(os.path.abspath(path)):
        return True
    return path.exists() and not stat.S_ISREG(path.stat().st_mode)


def _check_ours(target: Path, path: Path) -> None:
    """Raises UsageError if `target` is an existing file that provision did not write, such as a manifest, and that is
    not empty. `path` is the path that the user gave for `target`; the message shows it.
    """
    if not target.exists():
        return
    handle = open_own(target, os.O_RDONLY)
    try:
        beginning = os.read(handle, BEGINNING)
    finally:
        os.close(handle)
    if beginning and not OURS.match(beginning):
        raise UsageError(
            f"{path} is there already, and it is neither a plan nor a page nor results of tests that provision wrote; "
            "it stays as it is",
            hint="name another file, or delete this one first",
        )
