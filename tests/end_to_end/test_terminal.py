"""A person at a terminal: asked before anything happens, and colours only where they are wanted."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import Provision, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply
from tests.warm.commands import WarmProvision

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE = 30.0
QUESTION = "Apply these changes? (yes, no, details)"
COLOURFUL = {"NO_COLOR": None, "TERM": "xterm-256color"}


@dataclass(slots=True)
class Terminal:
    """A command whose standard input and error are a terminal; standard output is one too, or a file."""

    process: subprocess.Popen[bytes]
    master: int
    screen: str = ""
    _rest: bytes = field(default=b"", repr=False)
    _found: int = 0

    def until(self, text: str) -> str:
        """What has appeared since the text that was waited for last, with this text. It may have appeared already."""
        before = self._found
        while text not in self.screen[before:]:
            assert self._read(), f"{text!r} never appeared in:\n{self.screen}"
        self._found = self.screen.index(text, before) + len(text)
        return self.screen[before:]

    def type(self, line: str) -> None:
        os.write(self.master, line.encode() + b"\n")

    def end(self) -> str:
        """What appears until the command has ended, after the text that was waited for last."""
        before = self._found
        while self._read():
            continue
        self.process.wait()
        return self.screen[before:]

    def interrupt(self) -> None:
        """Ctrl-C, again each second: one that comes in the instant before a read begins is not noticed by it."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)

    def _read(self) -> bool:
        assert select.select([self.master], [], [], PATIENCE)[0], f"nothing more appears after:\n{self.screen}"
        try:
            data = os.read(self.master, 65536)
        except OSError:  # how Linux says that nobody has the other end open any more
            return False
        whole, self._rest = split(self._rest + data)
        self.screen += whole.replace("\r\n", "\n")
        return bool(data)


def split(data: bytes) -> tuple[str, bytes]:
    """The text, and the bytes of a letter that has not wholly arrived."""
    for end in range(len(data), max(len(data) - 4, -1), -1):
        try:
            return data[:end].decode(), data[end:]
        except UnicodeDecodeError:
            continue
    return data.decode(errors="replace"), b""


@contextmanager
def at_a_terminal(
    cold: Provision, *arguments: str, env: Mapping[str, str | None] | None = None, stdout: Path | None = None
) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    with open(stdout or os.devnull, "wb") as file:
        process = subprocess.Popen(
            cold.command(*arguments),
            cwd=cold.folder,
            env=cold.environment(cold.emulators.latest.base_url, env or {}),
            stdin=slave,
            stdout=file if stdout else slave,
            stderr=slave,
            start_new_session=True,
        )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.fixture
def poet(project: WriteProject) -> Path:
    return project({"poet.yaml": "assistants: {poet: {target: agents, instructions: Rhyme, name: Poet}}"})


@pytest.mark.thorough
def test_details_show_more_and_no_changes_nothing(cold: Provision, poet: Path, account: Account) -> None:
    with at_a_terminal(cold, "apply") as terminal:
        plan = terminal.until(QUESTION)
        assert "Plan: 1 to create" in plan
        assert "instructions" not in plan
        terminal.type("details")
        assert 'instructions: (none) → "Rhyme"' in terminal.until(QUESTION)
        terminal.type("what?")
        terminal.until(QUESTION)
        terminal.type("no")
        assert "not confirmed; nothing was changed" in terminal.end()
    assert terminal.process.returncode == 3
    assert account.counts() == {}
    assert not (poet / "state/default.json").exists()


@pytest.mark.thorough
def test_a_terminal_of_40_columns_is_not_overrun(cold: Provision, project: WriteProject) -> None:
    prose = "Answer calmly, in short sentences, and show every step of what you do. " * 3
    project({"poet.yaml": f"assistants: {{poet: {{target: agents, instructions: '{prose}', name: Poet}}}}"})
    with at_a_terminal(cold, "apply", env={"COLUMNS": "40"}) as terminal:
        terminal.until(QUESTION)
        terminal.type("details")
        shown = terminal.until(QUESTION).splitlines()[:-1]
        terminal.type("no")
        terminal.end()
    assert any("Answer calmly" in line for line in shown)
    assert max(map(len, shown)) <= 40


@pytest.mark.thorough
def test_enter_alone_is_a_no(cold: Provision, poet: Path, account: Account) -> None:
    with at_a_terminal(cold, "apply") as terminal:
        terminal.until(QUESTION)
        terminal.type("")
        assert "nothing was changed" in terminal.end()
    assert terminal.process.returncode == 3
    assert account.counts() == {}


@pytest.mark.thorough
def test_ctrl_c_at_the_question_changes_nothing(cold: Provision, poet: Path, account: Account) -> None:
    with at_a_terminal(cold, "apply") as terminal:
        terminal.until(QUESTION)
        terminal.interrupt()
        said = terminal.end()
    assert "Traceback" not in said
    assert terminal.process.returncode != 0
    assert account.counts() == {}


@pytest.mark.thorough
def test_yes_applies_and_results_alone_go_to_standard_output(
    cold: Provision, provision: WarmProvision, poet: Path, account: Account
) -> None:
    results = poet / "results.txt"
    with at_a_terminal(cold, "apply", env=COLOURFUL, stdout=results) as terminal:
        terminal.until(QUESTION)
        terminal.type("yes")
        said = terminal.end()
    assert terminal.process.returncode == 0
    assert account.counts() == {"agents": 1}
    assert "assistant.poet: created" in COLOUR.sub("", said)
    assert COLOUR.search(said)
    written = results.read_text(encoding="utf-8")
    assert written.startswith("+ assistant.poet")
    assert re.search(r"^Done: 1 applied in .* s\.$", written, re.MULTILINE)
    assert "\x1b" not in written
    assert QUESTION not in written
    assert "account http" not in written
    apply(provision)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "env", "colourful"),
    [
        ((), COLOURFUL, True),
        ((), {**COLOURFUL, "NO_COLOR": "1"}, False),
        (("--no-color",), COLOURFUL, False),
    ],
)
def test_colours_can_be_switched_off(
    cold: Provision,
    project: WriteProject,
    options: tuple[str, ...],
    env: Mapping[str, str | None],
    colourful: bool,
) -> None:
    project({"store.yaml": "vector_stores: {notes: {files: [a.txt]}}", "a.txt": "alpha"})
    with at_a_terminal(cold, "apply", "--yes", *options, env=env) as terminal:
        said = terminal.end()
    assert terminal.process.returncode == 0
    assert bool(COLOUR.search(said)) == colourful, said
    assert "vector_store.notes: created" in COLOUR.sub("", said)
