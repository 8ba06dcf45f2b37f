"""Runs one local function. This module is the program of the child process, and uses only the standard library.

Standard input is one JSON object: `source` and `path` of the file, `function`, `arguments`, and `folders` from which
the file may import modules. The result is written to the original standard output as one JSON object: `{"value": …}`,
or `{"error": …, "line": …}`. Text that the function prints goes to standard error, so that it cannot damage the result.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import inspect
import json
import os
import signal
import sys
import types
from typing import Any

#: The option of Linux's prctl(2) that makes this process the parent of processes whose own parent has ended.
SET_SUBREAPER = 36
#: The most times that the processes below this one are looked for and killed.
TRIES = 50


def main() -> None:
    """Runs the function that the JSON object on standard input describes, and writes the function's result to standard
    output.
    """
    result = os.dup(1)  # A copy is not inherited by processes that the function starts.
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.read())
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.path[:0] = request["folders"]
    with contextlib.suppress(OSError, AttributeError):  # Other systems have no such option.
        ctypes.CDLL(None).prctl(SET_SUBREAPER, 1, 0, 0, 0)
    answer = run(request)
    sys.stdout.flush()
    with os.fdopen(result, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(json.dumps(answer))
    end_children()
    os._exit(0)  # Threads of the function may still run, and nobody waits for them.


def end_children() -> None:
    """Kills the processes that the user's function started and that still run, including those that have left its
    session. The children of a killed process become children of this process, and are then found and killed too. Does
    nothing on systems other than Linux.
    """
    for _ in range(TRIES):
        found: list[int] = []
        for path in glob.glob("/proc/self/task/*/children"):
            with contextlib.suppress(OSError), open(path) as file:
                found += map(int, file.read().split())
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if not found:
            return


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Calls the function that `request` describes. Returns a JSON object with the function's value, or with
    its error.
    """
    path = request["path"]
    try:
        module = types.ModuleType("provision_function")
        module.__file__ = path
        sys.modules[module.__name__] = module
        exec(compile(request["source"], path, "exec"), module.__dict__)
        function = getattr(module, request["function"], None)
        if not callable(function):
            return {"error": f"{path} has no function {request['function']}", "line": 0}
        value = function(**without_defaults(function, request["arguments"]))
        if hasattr(value, "__await__"):
            import asyncio

            value = asyncio.run(_wait(value))
    except BaseException as error:  # SystemExit too: the model gets an answer in any case.
        return {"error": f"{type(error).__name__}: {error}", "line": _line(error, path)}
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return {"error": f"the result is no JSON, but {type(value).__name__}: {error}", "line": 0}
    return {"value": value}


def without_defaults(function: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns `arguments` without the null values of parameters for which `function` has a default value. With
    `strict`, a model cannot omit an argument and writes null instead, so that the default value would not be used.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return arguments
    empty = inspect.Parameter.empty
    return {
        name: value
        for name, value in arguments.items()
        if value is not None or name not in parameters or parameters[name].default is empty
    }


async def _wait(value: Any) -> Any:
    return await value


def _line(error: BaseException, path: str) -> int:
    """Returns the number of the line in the file `path` at which `error` was raised. If the traceback contains several
    lines of this file, the innermost call counts. If it contains none, the result is the line of a SyntaxError, and 0
    for other errors.
    """
    line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


if __name__ == "__main__":
    main()
