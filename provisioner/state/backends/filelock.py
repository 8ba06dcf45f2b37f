"""Locks a file with the operating system's lock. The lock ends when its process ends, so no user has to remove it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from provisioner.core.errors import Locked, StateError
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.own import open_own
from provisioner.state.backends.backend import Owner
from provisioner.state.backends.held_lock import is_same_file
from provisioner.state.backends.holder import user_name

#: The number of attempts to take a lock that another process holds; this number if the lock's file names no owner; and
#: the seconds between two attempts.
TRIES = 5
MOST_TRIES = 100
PAUSE = 0.02


@contextlib.contextmanager
def hold(path: Path, command: str, timeout: float = 0.0) -> Iterator[int]:
    """Locks the file `path` during the `with` block, after waiting up to `timeout` seconds. Writes the owner of the
    lock, with `command`, into the file. Yields the descriptor of the open file.

    At the end of the block, removes the owner from the file. Raises Locked if another process holds the lock, and
    StateError if the file cannot be opened or written.
    """
    handle = _open_locked(path, timeout)
    try:
        _write(handle, _self(command), path)
        try:
            yield handle
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _open_locked(path: Path, timeout: float) -> int:
    """Opens and locks the file `path`, and returns its descriptor. Waits up to `timeout` seconds for the lock. If the
    file is deleted or replaced before it is locked, the new file is opened and locked instead.
    """
    deadline = time.monotonic() + timeout
    for _ in range(MOST_TRIES):
        handle = _open(path)
        try:
            _take(handle, path, max(0.0, deadline - time.monotonic()))
            if is_same_file(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    raise StateError(f"{path} is deleted again and again", hint="find out what deletes it, then try again")


def read_owner(path: Path) -> Owner | None:
    """Returns the owner of the lock on the file `path`, or None if the lock is free, or if the file cannot be opened or
    locked. If the file names no owner, the parts of the returned owner are placeholders, such as `somebody`. To find
    out whether the lock is free, takes a shared lock for a moment.
    """
    try:
        handle = open_own(path, os.O_RDONLY)
    except OSError:
        return None
    import fcntl  # Windows does not have it, and the module is imported there, too.

    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _parse(os.pread(handle, 4096, 0)) or Owner("somebody", "this machine", 0, "apply", "now")
    except OSError:
        return None
    finally:
        os.close(handle)
    return None


def _open(path: Path) -> int:
    try:
        return open_own(path, os.O_RDWR | os.O_CREAT)
    except UnfitFile as error:
        raise StateError(
            f"the lock {path} cannot be used: {error.strerror}", hint="remove it; it is made again as an ordinary file"
        ) from error
    except OSError as error:
        raise StateError(
            f"{path} cannot be opened: {error.strerror}", hint="check the rights of the state's folder"
        ) from error


def _take(handle: int, path: Path, timeout: float) -> None:
    """Locks the open file at `path` with the descriptor `handle`, after waiting up to `timeout` seconds. Raises Locked
    if another process holds the lock, and StateError if the file system cannot lock files.

    Even if `timeout` is 0, the function tries for a short time, because another process may hold a shared lock while it
    reads the owner.
    """
    import fcntl  # Windows does not have it, and the module is imported there, too.

    owner = None
    deadline = time.monotonic() + timeout
    for number in count():
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _parse(os.pread(handle, 4096, 0))
        except OSError as error:
            raise StateError(
                f"{path} cannot be locked: {error.strerror}",
                hint="keep the state on a file system that can lock files, or in a bucket, a database or a git branch",
            ) from error
        else:
            return
        tries = MOST_TRIES if owner is None else TRIES
        if number >= tries and time.monotonic() >= deadline:
            break
        time.sleep(PAUSE)
    raise Locked(
        f"the state is locked by {owner or 'another process'}",
        hint="wait until it is done (--lock-timeout SECONDS does); the lock ends with that process",
    )


def _self(command: str) -> Owner:
    import socket  # Only commands that acquire the lock need it, and loading it takes more than a millisecond.

    since = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    return Owner(user_name(), socket.gethostname(), os.getpid(), command, since)


def _write(handle: int, owner: Owner, path: Path) -> None:
    fields = {name: getattr(owner, name) for name in ("user", "host", "pid", "command", "since")}
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(fields).encode(), 0)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror}", hint="free the disk, then try again") from error


def _parse(data: bytes) -> Owner | None:
    try:
        return Owner(**json.loads(data))
    except (ValueError, TypeError):
        return None
