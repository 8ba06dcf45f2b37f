"""The command line as `Provision` runs it, without the wait for imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import NOWHERE, Finished, Provision
from tests.warm.forks import Forks


@dataclass(frozen=True, slots=True)
class WarmProvision(Provision):
    """Runs `provision` as `Provision` does, as a fork of a process that has everything loaded."""

    forks: Forks

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
        fork = self.forks.start("provision", list(map(str, arguments)), cwd or self.folder, variables, stdin or "")
        code = fork.wait()
        out, err = (path.read_text(encoding="utf-8") for path in (fork.out, fork.err))
        assert "Traceback" not in err, err
        return Finished(code, out, err, tuple(server.requests()[before:]) if server else ())
