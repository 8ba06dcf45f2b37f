"""Defines the options of an emulator. This module contains only data: it imports neither the server nor its
libraries.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

#: The most milliseconds by which one answer, or the indexing of one file, may be delayed.
HOUR_MS = 3_600_000


class LongTail(Struct, frozen=True):
    """Describes random delays with a long tail: half of them are at most `median_ms`, and 99 of 100 are at most
    `p99_ms`. Both are in milliseconds. The same `seed` gives the same delays.
    """

    median_ms: int
    p99_ms: int
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.median_ms}:{self.p99_ms}" + (f":{self.seed}" if self.seed else "")


def read_latency(text: str) -> int | LongTail:
    """Returns the delay of responses that `text` describes: `MS`, `MEDIAN:P99` or `MEDIAN:P99:SEED`. Raises ValueError
    if `text` is not a valid delay. The message of this error says what is wrong.
    """
    words = text.strip().split(":")
    if len(words) > 3 or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise ValueError(f"`{text[:40]}` is not a number of milliseconds, MEDIAN:P99 or MEDIAN:P99:SEED")
    numbers = [int(word) for word in words]
    if max(numbers[:2]) > HOUR_MS:
        raise ValueError(f"`{text[:40]}` is longer than an hour, which has {HOUR_MS} milliseconds")
    if len(numbers) == 1:
        return numbers[0]
    if not 0 < numbers[0] <= numbers[1]:
        raise ValueError(f"`{text[:40]}` is no MEDIAN:P99: the median must be at least 1, and at most the percentile")
    return LongTail(*numbers)


class Options(Struct, frozen=True):
    """Contains the options of an emulator.

    If `port` is 0, any free port is used. `data` is the SQLite file of the account; if it is None, the data are only in
    memory. `latency_ms` delays every response, and `indexing_ms` is the time for which a file in a vector store is in
    progress. Both are in milliseconds; `latency_ms` can also describe random delays (see LongTail). `rate_limit` is in
    requests per minute; a request above this limit gets a response with status 429. If `rate_limits` is given, the
    limits that OpenAI documents apply, and a minute of these limits lasts 60 seconds divided by `rate_limits`. `fail`
    contains the errors that are simulated (see `provisioner.emulator.faults`). `log` is a file to which each request
    adds one line `METHOD /v1/path STATUS` before the response is sent. STATUS is 000 if there is no response. `models`
    are names of additional models that the installed SDK does not know.

    `script` is a file with the rules of the scripted model; if it is None and there is no `upstream`, the included
    script is used. `upstream` is the base URL of an OpenAI-compatible server that answers if no rule of `script`
    applies. `upstream_model` is the name of the model at this server; if it is None, the model of the request is used.
    If `run_code` is True, the code of the code interpreter is executed. `pace_ms` is the time between two events of a
    stream, in milliseconds.
    """

    port: int = 0
    data: Path | None = None
    latency_ms: int | LongTail = 0
    indexing_ms: int = 0
    rate_limit: int | None = None
    rate_limits: float | None = None
    fail: tuple[str, ...] = ()
    log: Path | None = None
    models: tuple[str, ...] = ()
    script: Path | None = None
    upstream: str | None = None
    upstream_model: str | None = None
    run_code: bool = False
    pace_ms: int = 0

    def arguments(self) -> list[str]:
        """Returns the options as command-line arguments of `python -m provisioner.emulator`."""
        return list(self._flags())

    def _flags(self) -> Iterator[str]:
        for flag in FLAGS:
            value = getattr(self, flag.field)
            for each in value if flag.repeated else (value,):
                if flag.kind is bool:
                    yield from (flag.name,) if each else ()
                elif each is not None:
                    yield f"{flag.name}={each}"


class Flag(Struct, frozen=True):
    """Describes one command-line option of an emulator. The option has the same name in all commands that start an
    emulator. `field` is the name of the field of `Options` that the option sets.

    `kind` is the type of the option's value: int, float, Path, str or LongTail (see `read_latency`). For an option
    without a value, `kind` is bool. The value of a number must be at least `least`, and at most `most` if it is given.
    If `alone` is not None, the option may be given without a value, and then has this value.
    """

    field: str
    name: str
    help: str
    kind: type
    metavar: str | None = None
    repeated: bool = False
    least: float = 0
    most: float | None = None
    alone: Any = None

    @property
    def default(self) -> Any:
        """The value that the field has in `Options` if the option is not given."""
        return getattr(DEFAULTS, self.field)


DEFAULTS = Options()
#: The environment variable with the key of the server at `upstream`. OPENAI_API_KEY is never sent to it.
UPSTREAM_KEY = "UPSTREAM_API_KEY"
#: The range of the factor by which the minutes of rate limits are shortened.
SLOWEST, FASTEST = 0.01, 10_000
FLAGS = (
    Flag("port", "--port", "0 takes any free one.", int, most=65535),
    Flag("data", "--data", "Keep everything in this file.", Path),
    Flag("latency_ms", "--latency", "Answer this late; with P99, in a long tail.", LongTail, "MS[:P99]"),
    Flag("indexing_ms", "--indexing", "Index a file this long.", int, "MS", most=HOUR_MS),
    Flag("rate_limit", "--rate-limit", "Requests a minute.", int, "N", least=1, most=1_000_000),
    Flag(
        "rate_limits",
        "--rate-limits",
        "OpenAI's rate limits, in minutes that pass SCALE times as fast.",
        float,
        "[SCALE]",
        least=SLOWEST,
        most=FASTEST,
        alone=1.0,
    ),
    Flag("fail", "--fail", "Fail on purpose (repeatable); see above.", str, "SPEC", repeated=True),
    Flag("log", "--log", "A line for every request, in this file.", Path),
    Flag("models", "--model", "Have this model, too (repeatable).", str, "NAME", repeated=True),
    Flag("script", "--script", "Answer by the rules in this file.", Path),
    Flag("upstream", "--upstream", "Let the chat model at this URL answer.", str, "URL"),
    Flag("upstream_model", "--upstream-model", "Ask it for this model.", str, "NAME"),
    Flag("run_code", "--run-code", "Execute the code interpreter's code (unsafe for foreign input).", bool),
    Flag("pace_ms", "--pace", "Wait this long between two events of a stream.", int, "MS", most=60_000),
)
