"""Options of an emulator. Plain data: this module imports neither the server nor its libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The options that an emulator is started with.

    `port` 0 means any free port. `data` is the SQLite file of the account; None keeps it in memory. `latency_ms` delays
    every answer, `indexing_ms` is how long a file stays in_progress in a vector store. `rate_limit` is in requests a
    minute; further requests are answered with 429. `fail` holds fault specifications (see
    `provisioner.emulator.faults`). `log` is a file to which each request appends one line `METHOD /v1/path STATUS`
    before the answer is sent; STATUS is 000 if there was no answer. `models` are names of models in addition to those
    that the installed SDK knows.
    """

    port: int = 0
    data: Path | None = None
    latency_ms: int = 0
    indexing_ms: int = 0
    rate_limit: int | None = None
    fail: tuple[str, ...] = ()
    log: Path | None = None
    models: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Returns the options as flags of `python -m provisioner.emulator`."""
        return list(self._flags())

    def _flags(self) -> Iterator[str]:
        yield from ("--port", str(self.port), "--latency", str(self.latency_ms), "--indexing", str(self.indexing_ms))
        if self.data is not None:
            yield from ("--data", str(self.data))
        if self.rate_limit is not None:
            yield from ("--rate-limit", str(self.rate_limit))
        for spec in self.fail:
            yield f"--fail={spec}"
        if self.log is not None:
            yield from ("--log", str(self.log))
        for name in self.models:
            yield f"--model={name}"
