"""Compares answers of assistants with regular expressions and JSON Schemas. This module is the program of a separate
process.

A regular expression can take any amount of time, also inside a JSON Schema. Python's `re` has no time limit. The
package `regex` has one, but it does not limit the compiling of an expression or the preparation of a large repeat.
Therefore a separate process makes the comparison, and its own timer kills it. The process reads a request from each
line of standard input, and writes a reply to each line of standard output. Both are JSON.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

#: The most seconds of CPU time for one answer and one expectation.
MOST_SECONDS = 2.0
#: The most bytes of memory of the process.
MOST_MEMORY = 1024 * 1024 * 1024
#: The most characters of a description of what does not fit.
SHOWN = 300


def main() -> None:
    """Reads requests from standard input and writes replies to standard output, until standard input is closed."""
    _bound()
    for line in sys.stdin:
        request = json.loads(line)
        # The default action of SIGPROF ends the process, also in the middle of a match.
        signal.setitimer(signal.ITIMER_PROF, request["seconds"])
        try:
            answer = _answer(request)
        except (MemoryError, RecursionError, OverflowError) as error:
            answer = {"problem": f"it takes too much memory ({type(error).__name__})"}
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if "pattern" in request:
        import re

        return {"fits": re.search(request["pattern"], request["text"]) is not None, "message": ""}
    return _validate(request["schema"], json.loads(request["text"]))


def _validate(schema: Any, value: Any) -> dict[str, Any]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # With a registry of its own, the validator never loads a schema from the network.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        error = best_match(validator.iter_errors(value))
    except Unresolvable as unresolved:
        return {"problem": f"a `$ref` in the schema leads to nothing: {str(unresolved)[:SHOWN]}"}
    if error is None:
        return {"fits": True, "message": ""}
    return {"fits": False, "message": f"at {error.json_path}: {error.message[:SHOWN]}"}


def _bound() -> None:
    import resource

    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
