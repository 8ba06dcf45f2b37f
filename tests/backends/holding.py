"""A process that holds a lock and does what its standard input says. Arguments: URL, environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from provisioner.core.errors import StateError
from provisioner.state.backends import Journal, open_backend
from provisioner.state.backends.remote import RemoteBackend
from tests.backends.samples import END, OPENING, TERMS, begin, serial
from tests.conftest import CHECKOUT


@dataclass(frozen=True, slots=True)
class Holding:
    """The process, seen from outside."""

    process: subprocess.Popen[str]

    def hear(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def ask(self, word: str) -> str:
        """Tells it what to do; returns what came of it. What it says of its own accord on the way is left out."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        while (said := self.hear()).startswith("told: "):
            pass
        return said


@contextmanager
def holding(url: str, environment: str) -> Iterator[Holding]:
    """A process that has the lock. It is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, url, environment],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        holder = Holding(process)
        assert holder.hear() == "held"
        yield holder
    finally:
        process.kill()
        process.communicate()


def main(url: str, environment: str) -> None:
    backend = open_backend(url, environment, notify=lambda message: say(f"told: {message}"))
    assert isinstance(backend, RemoteBackend)
    backend.terms = TERMS
    with backend.lock("apply"):
        say("held")
        work = Work(backend)
        for line in sys.stdin:
            try:
                getattr(work, line.strip())()
                say("done")
            except StateError as error:
                say(f"{type(error).__name__}: {error.message}")


@dataclass(slots=True)
class Work:
    """What may be asked for."""

    backend: RemoteBackend
    journal: Journal | None = None

    def open(self) -> None:
        self.backend.read()
        self.journal = self.backend.open_journal(OPENING)
        self.journal.append(begin(1))

    def append(self) -> None:
        assert self.journal is not None
        self.journal.append(END)

    def clear(self) -> None:
        self.backend.clear_journal()

    def write(self) -> None:
        self.backend.write(serial(9))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
