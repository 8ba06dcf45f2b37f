"""A project with an account in memory, whose runs can be killed before any write: to the API, or to the backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.engine.engine import Engine
from provisioner.engine.planned import Planned
from provisioner.engine.restoring import NO_ROLLBACKS, Rollbacks
from provisioner.engine.snapshot import Identity, read_snapshot
from provisioner.manifest import Manifest, load
from provisioner.planning.plan import Outcome
from provisioner.state.backends.local import LocalBackend
from provisioner.state.records import Record, State
from provisioner.state.release_storage import Releases, open_releases
from provisioner.state.releases.release import Release
from tests.plan.account import Account, Fault, Killed
from tests.plan.test_properties import MortalBackend

SETTINGS = "project: test\ntarget: {target}\nstate: ../state\ndefaults: {{model: gpt-6-luna}}\n"
IDENTITY = Identity("test", "default", "https://api.openai.com/v1")
TUTOR = Address("assistant", "tutor")


class CountingBackend(MortalBackend):
    """A local backend of a process that dies before its write number `last` (None: it lives)."""

    def __init__(self, local: LocalBackend, account: Account, last: int | None) -> None:
        self.writes, self.last = 0, last
        super().__init__(local, account)

    def live(self) -> None:
        super().live()
        self.writes += 1
        if self.writes == self.last:
            self.account.dead = True
            raise Killed


@dataclass(slots=True)
class Bench:
    """A project in `root`. Runs call the account in memory. `writes` are the writes of the last run to the backend."""

    root: Path
    target: str = "responses"
    keep: int = 100
    account: Account = field(default_factory=Account)
    writes: int = 0

    def write(self, manifest: str, **files: str) -> None:
        """Writes the manifest, the settings and the files, whose names end with `.md`."""
        settings = SETTINGS.format(target=self.target)
        notes = {f"{name}.md": text for name, text in files.items()}
        for name, text in {"provision.yaml": settings, "all.yaml": manifest, **notes}.items():
            (self.root / "manifests").mkdir(parents=True, exist_ok=True)
            (self.root / "manifests" / name).write_text(text, encoding="utf-8")

    @property
    def local(self) -> LocalBackend:
        return LocalBackend(self.root / "state", "default")

    def manifest(self) -> Manifest:
        return load(self.root / "manifests")

    def plan(self, rollbacks: Rollbacks = NO_ROLLBACKS, last: int | None = None, **options: Any) -> Planned:
        engine, manifest = self.engine(last), self.manifest()
        return engine.plan(
            manifest.resources,
            changes=manifest.address_changes,
            accept_account=True,
            rollbacks=rollbacks,
            **options,
        )

    def engine(self, last: int | None = None) -> Engine:
        """A new process, which dies before its write number `last` to the backend."""
        self.account.dead, self.account.fault = False, None
        backend = CountingBackend(self.local, self.account, last)
        return Engine(self.account.collections(), backend, IDENTITY, grace=0, keep_releases=self.keep)

    def run(
        self, rollbacks: Rollbacks = NO_ROLLBACKS, *, fault: Fault | None = None, last: int | None = None
    ) -> Outcome | None:
        """Plans and applies; None if the run was killed."""
        engine, manifest = self.engine(last), self.manifest()
        with engine.locked("apply"):
            planned = engine.plan(
                manifest.resources,
                changes=manifest.address_changes,
                accept_account=True,
                under_lock=True,
                rollbacks=rollbacks,
            )
            assert not planned.plan.errors(), planned.plan.errors()
            assert not planned.plan.blockers(), planned.plan.blockers()
            self.account.writes, self.account.fault = 0, fault
            try:
                outcome = engine.apply(planned, "rollback" if rollbacks else "apply")
            except Killed:
                return None
            finally:
                assert isinstance(engine.backend, CountingBackend)
                self.writes = engine.backend.writes
        assert outcome.bug is None
        return outcome

    def settle(self, rollbacks: Rollbacks = NO_ROLLBACKS) -> None:
        """Applies without a fault; afterwards nothing is left to do."""
        outcome = self.run(rollbacks)
        assert outcome is not None
        assert (outcome.failed, outcome.skipped) == ({}, {})
        assert self.account.breaches == []
        assert self.plan().plan.changes == ()
        assert self.local.read_journal() == []

    def state(self) -> State:
        """The state with what the journal adds to it."""
        return read_snapshot(self.local, IDENTITY).state

    def record(self, address: Address = TUTOR) -> Record:
        return self.state().records[address]

    def releases(self) -> Releases:
        return open_releases(self.local, self.local.read())

    def releases_of(self, address: Address = TUTOR) -> list[Release]:
        return self.releases().of(address)

    def texts(self, address: Address = TUTOR) -> list[str]:
        """The instructions of each release."""
        releases = self.releases()
        return [releases.read(each).assistant.inputs["instructions"] for each in releases.of(address)]

    def stored(self) -> set[str]:
        """The names of the stored contents."""
        folder = self.root / "state/default.releases"
        return {path.stem for path in folder.glob("*.json")} - {"index"} if folder.exists() else set()


def tutor(text: str, more: str = "") -> str:
    """A manifest with one assistant."""
    return f"assistants:\n  tutor:\n    instructions: {text}\n{more}"


def numbers(releases: list[Release]) -> list[int]:
    return [each.number for each in releases]


def to(number: int | None, address: Address = TUTOR) -> Mapping[Address, int | None]:
    """What is rolled back."""
    return {address: number}
