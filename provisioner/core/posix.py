"""Lists the functions and flags of the operating system that this package needs and that the present system lacks, and
returns the values of flags. Windows lacks some of them.

Files are opened relative to an open folder and without following links, and locks belong to open files. On a system
without these functions, every module can still be imported, and `provision --help` works. Any other command ends with
one error.
"""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec

FLAGS = ("O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK")
CALLS = ("killpg", "pread", "pwrite")
#: Functions of `os` that must accept paths relative to an open folder.
RELATIVE = ("open", "rename", "stat", "unlink")


def read_flag(name: str) -> int:
    """Returns the value of a flag of `os.open`. `name` is the name of the flag. Returns 0 if the system does not have
    this flag; `find_missing` then lists the flag.
    """
    flag: int = getattr(os, name, 0)
    return flag


def find_missing() -> list[str]:
    """Returns the names of the functions and flags that this system lacks. On Linux and macOS, the list is empty."""
    missing = [f"os.{name}" for name in (*FLAGS, *CALLS) if not hasattr(os, name)]
    missing += [f"dir_fd of os.{name}" for name in RELATIVE if getattr(os, name, None) not in os.supports_dir_fd]
    missing += ["signal.SIGKILL"] if not hasattr(signal, "SIGKILL") else []
    return missing + ([] if _has_locks() else ["fcntl"])


def _has_locks() -> bool:
    try:
        return find_spec("fcntl") is not None
    except ValueError:  # The module is blocked.
        return False
