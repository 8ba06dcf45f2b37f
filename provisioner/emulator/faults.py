"""Parses the faults (simulated errors) that a user requests with `--fail`, and determines when each fault happens."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct, field

from provisioner.core.errors import UsageError

GRAMMAR = """\
A fault is one of

  METHOD PATH EFFECT [KEY=VALUE ...]        what a request meets
  indexing NAME EFFECT [KEY=VALUE ...]      what a file meets in a vector store
  turn TEXT EFFECT [KEY=VALUE ...]          what a response, run or session turn meets

METHOD is GET, POST, DELETE or *. PATH is a glob without /v1, in which * also matches slashes:
/files*, /vector_stores/*/files. NAME is a glob for file names: *.pdf.
TEXT is a glob for the last message of the user: *, *prime*.

Effects of a request:
  a status        400 to 599: refused with it, and nothing is carried out
  drop-before     the connection is lost before anything is carried out
  drop-after      the connection is lost after the request was carried out
  half            carried out, and half of the answer arrives
  hang            not carried out, and no answer comes
Effects in a vector store:
  invalid_file, unsupported_file, server_error, or stuck (it stays in_progress)
  hidden          indexed, retrieved and counted as usual, but lists do not show it yet
Effects of a turn:
  rate_limit_exceeded, server_error, invalid_prompt, vector_store_timeout
                  failed with this code (a run has server_error instead of the last)
  incomplete      half of the text, then ended by max_output_tokens
  content_filter  half of the text, then ended by the content filter
  expired         not finished in time (a response fails with server_error)

Which of the matching requests, files or turns:
  nth=N           only the Nth
  after=N         none of the first N
  times=N         at most N of them
  rate=P seed=S   each with probability P; the same S makes the same choices
For a turn that fails: message='TEXT'.
For a status: code=CODE, message='TEXT', retry-after=SECONDS. A bare 404 is that of an API without the path.
For hidden: lists=N, how many lists of the store do not show it (all, where it is left out).

  --fail "POST /vector_stores 500 times=1"
  --fail "GET /files* 429 retry-after=2 rate=0.1 seed=7"
  --fail "POST /files drop-after nth=3"
  --fail "* /assistants* 404"
  --fail "indexing *.pdf invalid_file times=1"
  --fail "indexing *.md hidden lists=2"
  --fail "turn * rate_limit_exceeded times=1"
"""

WIRE_EFFECTS = ("drop-before", "drop-after", "half", "hang")
INDEXING_EFFECTS = ("invalid_file", "unsupported_file", "server_error", "stuck", "hidden")
TURN_EFFECTS = (
    *("rate_limit_exceeded", "server_error", "invalid_prompt", "vector_store_timeout"),
    *("incomplete", "content_filter", "expired"),
)
#: What a fault may name instead of an HTTP method, and the effects there.
SUBJECTS = {"indexing": INDEXING_EFFECTS, "turn": TURN_EFFECTS}
METHODS = ("GET", "POST", "DELETE", "*")
#: The largest values of settings: the rate, the seconds in `retry-after` (an hour), and every other number.
LARGEST = {"rate": 1, "retry-after": 3_600}
LARGEST_COUNT = 1_000_000_000
NUMBERS = {"nth": int, "after": int, "times": int, "rate": float, "seed": int, "retry-after": float, "lists": int}
TEXTS = ("code", "message")


class Fault(Struct):
    """Describes a fault: an error that the emulator simulates for a test. `method` is an HTTP method, `*` for all HTTP
    methods, `indexing` or `turn`. `glob` is a pattern for paths of requests; for `indexing`, it is a pattern for names
    of files, and for `turn` for messages of the user. `effect` is the error, such as `500` or `hang`. `numbers` and
    `texts` contain the settings, such as `times` and `message`.

    `matched` counts the requests, files or turns that matched the fault. `struck` counts how often the fault has
    happened.
    """

    method: str
    glob: str
    effect: str
    numbers: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    matched: int = 0
    struck: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def strikes(self, method: str, name: str) -> bool:
        """Returns whether the fault happens to a request, a file or a turn. `method` is an HTTP method, `indexing` or
        `turn`. `name` is the path of the request, the name of the file, or the message of the user. Changes the
        counters `matched` and `struck`.
        """
        if self.method not in (method, "*") or (self.method == "*" and method in SUBJECTS):
            return False
        if not fnmatchcase(name, self.glob):
            return False
        self.matched += 1
        if not self._chosen():
            return False
        self.struck += 1
        return True

    def _chosen(self) -> bool:
        limits = self.numbers
        return (
            self.matched == limits.get("nth", self.matched)
            and self.matched > limits.get("after", 0)
            and self.struck < limits.get("times", self.struck + 1)
            and ("rate" not in limits or self.dice.random() < limits["rate"])
        )


class Faults:
    """Contains all faults (simulated errors) of an emulator. If several faults match a request, a file or a turn, the
    first fault whose settings (such as `nth`) allow it happens.
    """

    def __init__(self, specs: Sequence[str]) -> None:
        """Parses `specs`, the values of `--fail`. Raises UsageError if one of them cannot be parsed. The hint of this
        error explains their form.
        """
        self._faults = [parse(spec) for spec in specs]

    def of_request(self, method: str, path: str) -> Fault | None:
        """Returns the fault that happens to a request. Returns None if no fault happens to the request. `path` begins
        after `/v1`.
        """
        return self._first(method, path)

    def of_indexing(self, filename: str) -> Fault | None:
        """Returns the fault that happens to a file when the file is attached to a vector store. Returns None if no
        fault happens to the file.
        """
        return self._first("indexing", filename)

    def of_turn(self, text: str) -> Fault | None:
        """Returns the fault that happens to a turn. Returns None if no fault happens to the turn. `text` is the message
        of the user.
        """
        return self._first("turn", text)

    def _first(self, method: str, name: str) -> Fault | None:
        return next((fault for fault in self._faults if fault.strikes(method, name)), None)


def parse(spec: str) -> Fault:
    """Returns the fault that `spec`, a value of `--fail`, describes. Raises UsageError if `spec` cannot be parsed. The
    hint of this error explains the form of `spec`.
    """
    try:
        words = shlex.split(spec)
    except ValueError as error:
        raise _misspelt(spec, str(error)) from error
    if len(words) < 3:
        raise _misspelt(spec, "a method (or `indexing`, `turn`), a glob and an effect are needed")
    method, glob, effect, *settings = words
    if method in SUBJECTS:
        if effect not in SUBJECTS[method]:
            place = "in a vector store" if method == "indexing" else "of a turn"
            raise _misspelt(spec, f"`{effect}` is no effect {place}")
    else:
        _check_request(spec, method, glob, effect)
        method = method.upper()
    fault = Fault(method, glob, effect)
    for setting in settings:
        _read_setting(spec, setting, fault)
    fault.dice.seed(int(fault.numbers.get("seed", 0)))
    return fault


def _check_request(spec: str, method: str, glob: str, effect: str) -> None:
    if method.upper() not in METHODS:
        raise _misspelt(spec, f"`{method}` is no method")
    if not glob.startswith(("/", "*")):
        raise _misspelt(spec, f"the path `{glob}` does not begin with a slash")
    if effect not in WIRE_EFFECTS and not re.fullmatch("[45][0-9][0-9]", effect):
        raise _misspelt(spec, f"`{effect}` is no effect of a request")


def _read_setting(spec: str, setting: str, fault: Fault) -> None:
    key, equals, value = setting.partition("=")
    if key in TEXTS and equals:
        fault.texts[key] = value
        return
    if key not in NUMBERS or not equals:
        raise _misspelt(spec, f"`{setting}` is no setting")
    try:
        number = NUMBERS[key](value)
    except ValueError as error:
        raise _misspelt(spec, f"`{value}` is no number for `{key}`") from error
    # Every comparison with `nan` is false, so it is outside of every range.
    if not 0 <= number <= LARGEST.get(key, LARGEST_COUNT):
        raise _misspelt(spec, f"`{value}` is out of range for `{key}`")
    fault.numbers[key] = number


def _misspelt(spec: str, reason: str) -> UsageError:
    return UsageError(f"`{spec}` is not a fault: {reason}", hint=GRAMMAR)
