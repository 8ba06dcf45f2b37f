"""Starts child processes. No other module of the package starts child processes.

A child gets only the environment variables that it needs, and no shell. Unless the caller wants something else, it also
gets an empty standard input, a session of its own and a time limit. Its program is looked up only in the absolute
folders of `PATH`, because `.` could be a folder of the branch under review.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from provisioner.core.childstreams import exchange, find_descendants, kill_all

#: Variables that every child gets: where programs and the home folder are, and the language. None of them is secret.
BASIC = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATHEXT", "SHELL", "SYSTEMROOT", "TEMP", "TERM", "TMP", "TMPDIR", "TZ"}
    | {"USER", "USERPROFILE"}
)
BASIC_PREFIXES = ("LC_",)
#: Variables that contain lists of folders. A child gets only the absolute folders of these lists.
FOLDERS = ("PATH", "PYTHONPATH")
#: Matches names of variables that always hold secrets.
SECRET = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|JWT)S?(_|\d|$)"
    r"|(^|_)(PASS|PAT|DSN|PRIVATE|AUTH)(_|$)|_PWD$|CONNECTION_?STRING|^(DATABASE|REDIS|MONGO\w*|POSTGRES\w*)_UR[IL]$",
    re.IGNORECASE,
)
#: Variables whose names look like those of secrets although their values are not secret, such as the path of an agent's
#: socket.
OPEN_NAMES = frozenset({"SSH_AUTH_SOCK", "XAUTHORITY", "GPG_TTY", "PASSWORD_STORE_DIR"})
#: Prefixes of variables that may hold secrets of cloud services, databases, git hosts, password stores or OpenAI.
SECRET_PREFIXES = (
    *("ACTIONS_", "ANTHROPIC_", "ARM_", "AWS_", "AZURE_", "BW_", "CLOUDSDK_", "DOPPLER_", "GCLOUD_", "GOOGLE_"),
    *("OPENAI_", "OP_", "PG", "VAULT_"),
)
#: Matches the part of a URL that contains a user name and a password.
PASSWORD_IN_URL = re.compile(r"://[^/@\s:]*+:[^/@\s]++@")
#: Values shorter than this many characters are too common to be recognised as a copy of a secret.
SHORTEST_SECRET = 8
API_KEY = "OPENAI_API_KEY"
#: The option of Linux's prctl(2) that says whether others may read this process.
SET_DUMPABLE = 4


class TimeLimitExceeded(Exception):
    """Raised if a child process did not end within its time limit. The process was killed."""


class Needs(Struct, frozen=True):
    """The environment variables that a child process needs in addition to the basic variables, such as PATH. `names`
    are whole names of variables, and `prefixes` are beginnings of names.
    """

    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def covers(self, name: str) -> bool:
        """Returns whether the child needs the variable `name`. Always returns False for the variable that contains the
        API key.
        """
        return name != API_KEY and (name in self.names or name.startswith(self.prefixes))


class Ended(Struct, frozen=True):
    """The exit code and the output of a child that has ended. `error` is what the child wrote to its standard error. It
    is empty if the child wrote directly to the user's standard error.
    """

    code: int
    output: bytes
    error: bytes


def select_environment(process: Mapping[str, str], needs: Needs, **more: str) -> dict[str, str]:
    """Returns the environment variables of a child: the basic variables of `process`, the variables that `needs`
    covers, and `more`.

    `process` are the environment variables of this process. All its other variables are left out.
    """
    kept = {
        name: value
        for name, value in process.items()
        if name in BASIC or name.startswith(BASIC_PREFIXES) or name in FOLDERS[:1] or needs.covers(name)
    }
    return {**_with_absolute_folders(kept), **more}


def remove_secrets(process: Mapping[str, str], needs: Needs, secrets: Collection[str] = ()) -> dict[str, str]:
    """Returns the environment variables in `process`, without the variables that are or may be secrets. A variable that
    `needs` covers is included even if its name suggests a secret.

    `secrets` are the names of more variables to leave out. A variable is always left out if its name is in `secrets`,
    or if its value contains the API key or the value of a variable in `secrets`.

    This function is for programs that may need many variables, such as local functions. For other programs,
    `select_environment` keeps only the basic variables.
    """
    hidden = {API_KEY, *secrets}
    values = [value for name in hidden if len(value := process.get(name, "").strip()) >= SHORTEST_SECRET]
    kept = {
        name: value
        for name, value in process.items()
        if name not in hidden
        and (needs.covers(name) or not _may_be_secret(name, value))
        and not any(secret in value for secret in values)
    }
    return _with_absolute_folders(kept)


def hide_environment() -> None:
    """Hides the memory and the environment variables of this process from other processes of the same user, on Linux.
    Otherwise a child process could read the API key in `/proc`.
    """
    with contextlib.suppress(OSError, AttributeError):  # Other systems have no such call.
        import ctypes

        ctypes.CDLL(None).prctl(SET_DUMPABLE, 0, 0, 0, 0)


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    timeout: float,
    stdin: bytes | None = None,
    folder: Path | None = None,
    shares_terminal: bool = False,
    most: int | None = None,
    is_alone: bool = False,
) -> Ended:
    """Runs a program in `folder` until the program ends, and returns its exit code and output. `timeout` is in seconds.

    `words` are the program and its arguments. `stdin` is the content of its standard input (None: empty). At most
    `most` bytes of the output, and `most` bytes of the standard error, are kept (None: all). `is_alone` is for code
    that is not trusted: this process hides its environment variables, and the processes that the program has started
    are killed when the program has ended, unless they have left its process group. After the time limit, all of these
    processes are killed if the program has a session of its own. `shares_terminal` is for a program that may ask the
    user: the program gets the user's standard input and standard error, and stays in the user's session if the standard
    input is a terminal.

    Raises TimeLimitExceeded if the program does not end in time, OSError if it does not exist or cannot be run, and
    ValueError if `words` contain a NUL character.
    """
    if is_alone:
        hide_environment()
    asks = shares_terminal and stdin is None and os.isatty(0)
    process = subprocess.Popen(
        _resolve(words, environment),
        stdin=None if asks else subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if shares_terminal else subprocess.PIPE,
        env=dict(environment),
        cwd=folder,
        # Ctrl-C at the terminal goes to this process and not to the child, and the child cannot ask for a password.
        start_new_session=not asks,
    )
    with _closing(process):
        began = time.monotonic()
        try:
            output, error = exchange(
                process.stdin,
                (process.stdout, process.stderr),
                stdin or b"",
                timeout=timeout,
                most=most,
                has_ended=lambda: is_alone and _has_ended(process),
            )
            process.wait(max(0.0, began + timeout - time.monotonic()))
        except BaseException as failure:
            _kill(process, group=not asks)
            if isinstance(failure, subprocess.TimeoutExpired | TimeoutError):
                raise TimeLimitExceeded(f"{words[0]} did not end within {timeout:g} s") from failure
            raise
        if is_alone:
            _kill_group(process.pid)
    return Ended(process.returncode, output, error)


class RunningChild:
    """A child that runs as a server until its standard input is closed. `output` is its standard output."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def output(self) -> IO[bytes]:
        """The child's standard output."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def input(self) -> IO[bytes]:
        """The child's standard input."""
        assert self._process.stdin is not None
        return self._process.stdin

    def close(self) -> None:
        """Closes the child's standard input and standard output. The child must have ended."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def close_input(self) -> None:
        """Closes the child's standard input. A second call does nothing."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()

    def wait(self, timeout: float) -> None:
        """Waits until the child has ended. Kills the child if it has not ended after `timeout` seconds."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def kill(self) -> None:
        """Kills the child."""
        self._process.kill()


def start(words: Sequence[str], environment: Mapping[str, str], *, error: IO[bytes]) -> RunningChild:
    """Starts a child that runs as a server, and returns without waiting. `words` are the program and its arguments, and
    `environment` are its environment variables. The child's standard error is written to the file `error`.

    The caller limits how long it waits for the child's first line, and ends the child by closing its standard input.
    """
    process = subprocess.Popen(
        _resolve(words, environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=error,
        env=dict(environment),
        start_new_session=True,  # Ctrl-C is for the parent, which needs the child until its own work is finished.
    )
    return RunningChild(process)


def _may_be_secret(name: str, value: str) -> bool:
    if name in OPEN_NAMES:
        return False
    return bool(name.startswith(SECRET_PREFIXES) or SECRET.search(name) or PASSWORD_IN_URL.search(value))


def _with_absolute_folders(environment: dict[str, str]) -> dict[str, str]:
    for name in FOLDERS:
        if name in environment:
            folders = [folder for folder in environment[name].split(os.pathsep) if os.path.isabs(folder)]
            environment[name] = os.pathsep.join(folders)
    return environment


def _resolve(words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Returns the command `words` with the program's absolute path, which is looked up in the `PATH` of `environment`.
    Raises OSError if the program is not found or its path is relative.
    """
    program = words[0]
    if os.path.isabs(program):
        return list(words)
    found = None if os.path.dirname(program) else shutil.which(program, path=environment.get("PATH") or os.defpath)
    if found is None or not os.path.isabs(found):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    return [found, *words[1:]]


@contextlib.contextmanager
def _closing(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Returns a context manager. At the end of the `with` block, the streams of the child `process` are closed, and
    this process waits until the child has ended. It does not wait for processes that the child started.
    """
    try:
        yield
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()


def _kill(process: subprocess.Popen[bytes], *, group: bool) -> None:
    """Kills the child `process`. If `group` is True, also kills the processes that the child started. In this case, the
    child must have a session of its own.
    """
    if not group:
        process.kill()
        return
    below = find_descendants(process.pid)  # Some of them may have left the group.
    _kill_group(process.pid)
    kill_all(below)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None
