"""Git as a process: in a bare clone of its own, asking nobody anything, running nothing of a manifest's choice."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import StateError

#: Transports that run no command that a manifest names (`ext::` would).
TRANSPORTS = "file:git:http:https:ssh"
#: What git sets for its own hooks: it would lead away from our clone.
FOREIGN = (
    *("GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR"),
    *("GIT_NAMESPACE", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"),
)
#: No upkeep in the background: it would outlive the clone.
SETTINGS = ("-c", "gc.auto=0", "-c", "maintenance.auto=false")
#: Seconds that one command may take.
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    code: int
    out: bytes
    err: bytes

    @property
    def told(self) -> str:
        """Both streams, for people."""
        return (self.out + self.err).decode(errors="replace")


class GitCommand:
    """Runs git on the clone in `folder`; `place` is what people call the remote."""

    def __init__(self, folder: Path, place: str, timeout: float = TIMEOUT) -> None:
        self.folder = folder
        self.place = place
        self.timeout = timeout

    def run(self, *words: str, stdin: bytes = b"") -> Answer:
        """Runs a command to its end. Raises StateError where it has none, or git is not installed."""
        try:
            process = subprocess.Popen(
                ["git", *SETTINGS, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(),
                # Ctrl-C at the terminal is ours to heed, not git's; and nobody can be asked for a password there.
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise StateError("git is not installed", hint="install it, or use another `state:`") from error
        with process:
            try:
                out, err = process.communicate(stdin, timeout=self.timeout)
            except BaseException as error:
                _end(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    reason = f"{self.place} cannot be used: `git {words[0]}` did not end within {self.timeout:g} s"
                    raise StateError(reason, hint="check the remote and the network, then try again") from error
                raise
        return Answer(process.returncode, out, err)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        ours = {"GIT_DIR": str(self.folder), "GIT_ALLOW_PROTOCOL": TRANSPORTS, "GIT_TERMINAL_PROMPT": "0"}
        # Its messages are read here, so they have to be in one language.
        return {**kept, **ours, "LC_ALL": "C", "LANGUAGE": "C"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills git with the transport that it started, which would keep the streams open."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
