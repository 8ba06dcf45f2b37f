"""The program of the child process that runs one local function. It uses only the standard library.

The standard input is one JSON object: `source` and `path` of the file, `function`, `arguments`, and `folders` from
which the file may import modules. The result is one JSON object on the original standard output: `{"value": …}`, or
`{"error": …, "line": …}`. What the function itself prints goes to the standard error, so that it cannot break the
result.
"""

from __future__ import annotations

import json
import os
import sys
import types
from typing import Any


def main() -> None:
    """Runs the function and writes its result."""
    result = os.dup(1)  # A copy is not inherited by processes that the function starts.
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.read())
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.path[:0] = request["folders"]
    answer = run(request)
    sys.stdout.flush()
    with os.fdopen(result, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(json.dumps(answer))
    os._exit(0)  # Threads of the function may still run, and nobody waits for them.


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Returns the value or the error of the function, as a JSON object."""
    path = request["path"]
    try:
        module = types.ModuleType("provision_function")
        module.__file__ = path
        sys.modules[module.__name__] = module
        exec(compile(request["source"], path, "exec"), module.__dict__)
        function = getattr(module, request["function"], None)
        if not callable(function):
            return {"error": f"{path} has no function {request['function']}", "line": 0}
        value = function(**request["arguments"])
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


async def _wait(value: Any) -> Any:
    return await value


def _line(error: BaseException, path: str) -> int:
    """Returns the line of the function's file in which the error was raised last; 0 if there is none."""
    line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


if __name__ == "__main__":
    main()
