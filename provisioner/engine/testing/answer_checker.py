"""Compares answers of assistants with regular expressions and JSON Schemas from manifests. The time and the memory of a
comparison are limited.
"""

from __future__ import annotations

import json
import sys
import tempfile
from threading import Lock
from typing import Any

from msgspec import Struct, field

from provisioner.core.childprocess import RunningChild, start
from provisioner.engine.testing.answer_process import MOST_SECONDS

#: The most characters of an answer that is compared with a regular expression or a JSON Schema.
MOST_CHARACTERS = 1_000_000
#: The program of the process. It gets the parent's folders of packages, and none of its variables.
CHILD = "import sys; sys.path[:] = sys.argv[1:]; from provisioner.engine.testing.answer_process import main; main()"


class Undecided(Exception):
    """The error for an expectation of a test that cannot be checked, because a value is not known or a comparison is
    too expensive. The message gives the reason.
    """


class AnswerChecker(Struct):
    """Compares the answers of assistants with regular expressions and JSON Schemas. The comparisons run in a separate
    process, which starts with the first comparison. Several threads can use one checker. `seconds` is the largest CPU
    time of one comparison.
    """

    seconds: float = MOST_SECONDS
    _child: RunningChild | None = None
    _lock: Lock = field(default_factory=Lock)

    def matches(self, pattern: str, text: str) -> bool:
        """Returns whether the regular expression `pattern` matches at some place in `text`. Raises Undecided if the
        comparison fails or exceeds the limits of time, memory or length.
        """
        return bool(self._ask({"pattern": pattern, "text": _bounded(text)}, "this regular expression")["fits"])

    def find_difference(self, schema: Any, text: str) -> str | None:
        """Returns a text that says where and why the JSON document `text` does not match `schema`. Returns None if it
        matches. Raises Undecided if the comparison fails or exceeds the limits of time, memory or length.
        """
        answer = self._ask({"schema": schema, "text": _bounded(text)}, "this schema")
        return None if answer["fits"] else str(answer["message"])

    def close(self) -> None:
        """Ends the separate process."""
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, Any], what: str) -> dict[str, Any]:
        line = json.dumps({**request, "seconds": self.seconds}).encode() + b"\n"
        with self._lock:
            child = self._child or self._start()
            try:
                child.input.write(line)
                child.input.flush()
                answer = child.output.readline()
            except BrokenPipeError:
                answer = b""
            if not answer.endswith(b"\n"):
                self._end()
                raise Undecided(
                    f"{what} takes more than {self.seconds:g} s of CPU time, or too much memory, for the answer; "
                    "simplify it: nested repeats such as `(a+)+` take very long"
                )
        found: dict[str, Any] = json.loads(answer)
        if "problem" in found:
            raise Undecided(f"{what} cannot be compared with the answer: {found['problem']}; simplify or correct it")
        return found

    def _start(self) -> RunningChild:
        words = [sys.executable, "-P", "-c", CHILD, *(path for path in sys.path if path)]
        with tempfile.TemporaryFile() as error:
            self._child = start(words, {"PATH": ""}, error=error)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            child.kill()
            child.wait(1)
            child.close()


def _bounded(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise Undecided(f"the answer has {len(text):,} characters; at most {MOST_CHARACTERS:,} are compared")
    return text
