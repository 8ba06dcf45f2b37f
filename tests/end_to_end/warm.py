"""Commands without the wait for imports: one process loads the command line, and forks a new one for every command.

Run as a program it is that process: a line of JSON on standard input is a command, a line on standard output its exit
code. Each command still has a process, an environment, a folder and streams of its own, and speaks real HTTP.
Suites that kill, interrupt or type start theirs as `python -m provisioner.cli`.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

from tests.conftest import CHECKOUT, NOWHERE, Finished, Provision

READY = "ready"


class WarmStart:
    """The process that has everything loaded. A context manager: leaving it ends the process."""

    def __init__(self) -> None:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._answer() == READY

    def run(self, arguments: list[str], cwd: Path, env: Mapping[str, str], stdin: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one command."""
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            streams = [str(Path(folder) / name) for name in ("in", "out", "err")]
            Path(streams[0]).write_text(stdin, encoding="utf-8")
            job = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "streams": streams}
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            code = int(self._answer())
            out, err = (Path(name).read_text(encoding="utf-8") for name in streams[1:])
        return code, out, err

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the warm start has ended; what it said is in the test's captured output"
        return line.rstrip()

    def __enter__(self) -> WarmStart:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class WarmProvision(Provision):
    """Runs `provision` as `Provision` does, from a warm start."""

    warm: WarmStart

    def __call__(
        self,
        *arguments: str | Path,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        stdin: str | None = None,
        online: bool = True,
    ) -> Finished:
        server = self.emulators.latest if online else None
        before = len(server.requests()) if server else 0
        variables = self.environment(server.base_url if server else NOWHERE, env or {})
        code, out, err = self.warm.run(list(map(str, arguments)), cwd or self.folder, variables, stdin or "")
        assert "Traceback" not in err, err
        return Finished(code, out, err, tuple(server.requests()[before:]) if server else ())


def serve(commands: IO[str]) -> None:
    """Carries out commands until there are no more."""
    load()
    gc.freeze()
    tell(READY)
    for line in commands:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            become(job)
        _, status = os.waitpid(child, 0)
        tell(str(os.waitstatus_to_exitcode(status)))


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def load() -> None:
    """What the commands that call an API import, some of it when it is first used."""
    from openai import OpenAI

    from provisioner.cli.options import COMMANDS

    for name in (*(f"cli.{command}" for command in COMMANDS), "cli.plan_commands", "cli.failure", "project.wiring"):
        import_module(f"provisioner.{name}")
    with OpenAI(api_key="-", base_url=NOWHERE) as client:
        _ = client.files, client.vector_stores.file_batches, client.vector_stores.files
        _ = client.beta.assistants, client.beta.agents.environments.templates


def become(job: dict[str, Any]) -> NoReturn:
    """Turns this process into the command line with these arguments."""
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (name, flag) in enumerate(zip(job["streams"], flags, strict=True)):
        os.dup2(os.open(name, flag, 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    settle(job)
    code = 1
    try:
        code = exit_code_of(partial(run_command_line, job["arguments"]))
    finally:
        os._exit(code)


def settle(job: Mapping[str, Any]) -> None:
    """Gives this process the environment and the folder of a job."""
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])


def run_command_line(arguments: list[str]) -> None:
    """Runs `provision` in this process. It ends with SystemExit."""
    sys.argv = ["provision", *arguments]
    import_module("provisioner.cli").main(arguments)


def exit_code_of(run: Callable[[], None]) -> int:
    """The exit code of a process that does only this; what it printed is written out."""
    code: object = 1
    try:
        run()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve(sys.stdin)
