"""Runs code of the code interpreter. This module is the main program of a separate process. The process first sets
limits for itself, and then runs the code from standard input.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import os
import sys
import traceback
from typing import Any

#: Flags of Linux's unshare(2): a user namespace, and in it a network namespace without any network.
NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
#: Events of Python's audit hooks that use the network. They are refused if the system has no namespaces, too.
NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
NAME = "<code>"


def main() -> None:
    """Runs the code from standard input. Exits with the code 1 if the code ends with an error."""
    from provisioner.emulator.answering.interpreter import MOST_FILE, MOST_MEMORY, MOST_SECONDS, OUTPUT

    code = sys.stdin.buffer.read().decode("utf-8", "replace")
    handle = os.open(f"../{OUTPUT}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    leave_network()
    limit({"RLIMIT_AS": MOST_MEMORY, "RLIMIT_CPU": MOST_SECONDS, "RLIMIT_FSIZE": MOST_FILE, "RLIMIT_CORE": 0})
    failed = False
    try:
        execute(code)
    except SystemExit as error:
        failed = error.code not in (None, 0)
    except BaseException as error:
        failed = True
        show(error)
    sys.stdout.flush()
    os._exit(int(failed))


def limit(limits: dict[str, int]) -> None:
    """Sets limits for this process and its child processes. `limits` maps names in Python's module `resource` to
    values. Limits that the system does not support are ignored.
    """
    try:
        import resource
    except ImportError:
        return
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (AttributeError, ValueError, OSError):
            continue


def leave_network() -> None:
    """Removes the network access of this process. A new Linux namespace without a network is used if the system allows
    it. In addition, a hook in Python refuses network access.
    """
    with contextlib.suppress(OSError, AttributeError):  # The hook remains.
        ctypes.CDLL(None).unshare(NEW_USER | NEW_NETWORK)

    def refuse(event: str, _: Any) -> None:
        if event in NETWORK:
            raise PermissionError("the code interpreter has no network")

    sys.addaudithook(refuse)


def execute(code: str) -> None:
    """Runs the Python program `code`. If its last statement is an expression, prints the value of the expression, as a
    notebook does. An exception in `code` is passed to the caller.
    """
    tree = ast.parse(code, NAME)
    names: dict[str, Any] = {"__name__": "__main__"}
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, NAME, "exec"), names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), NAME, "eval"), names)
        if value is not None:
            sys.stdout.write(f"{value!r}\n")


def show(error: BaseException) -> None:
    """Writes the traceback of an error in the code to standard output. The traceback contains only the frames of the
    code itself, and not those of this module or of libraries.
    """
    frames = traceback.TracebackException.from_exception(error)
    frames.stack = traceback.StackSummary.from_list([frame for frame in frames.stack if frame.filename == NAME])
    sys.stdout.write("".join(frames.format()))
