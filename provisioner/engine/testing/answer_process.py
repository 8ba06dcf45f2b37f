"""The process that compares answers with regular expressions and JSON Schemas.

A regular expression can take any time for a text, also one in a JSON Schema. Python's `re` has no time limit, and the
time limit of the package `regex` is not kept while an expression is compiled or a large repeat is set up. So a process
of its own does it, which its own timer kills. It reads one request from each line of its standard input, and writes one
answer on each line of its standard output, both as JSON.
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
    """Answers requests until the standard input is closed."""
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
