"""Manifests, an account in memory and a state on disk: a run that takes milliseconds and can be killed at any write."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.engine.engine import Engine
from provisioner.engine.planned import Planned
from provisioner.engine.snapshot import Identity
from provisioner.manifest import Manifest, load
from provisioner.planning.diff import Scope
from provisioner.planning.diff.planner import EVERYTHING
from provisioner.planning.plan import Outcome, Plan
from provisioner.state.backends.local import LocalBackend
from provisioner.state.records import Record, State
from tests.plan.account import Account, Fault, Killed
from tests.plan.test_properties import MortalBackend

SETTINGS = "project: test\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"


@dataclass(slots=True)
class Bench:
    """A project in `root`. Runs call the account in memory."""

    root: Path
    account: Account = field(default_factory=Account)

    def write(self, manifest: str) -> None:
        """Writes the manifest, the settings and two notes."""
        for name, text in (("provision.yaml", SETTINGS), ("all.yaml", manifest), ("a.txt", "a"), ("b.txt", "b")):
            (self.root / "manifests").mkdir(parents=True, exist_ok=True)
            (self.root / "manifests" / name).write_text(text, encoding="utf-8")

    def manifest(self) -> Manifest:
        return load(self.root / "manifests")

    def engine(self) -> Engine:
        """A new process, as it were."""
        self.account.dead, self.account.fault = False, None
        backend = MortalBackend(LocalBackend(self.root / "state", "default"), self.account)
        return Engine(
            self.account.collections(), backend, Identity("test", "default", "https://api.openai.com/v1"), grace=0
        )

    def planned(self, scope: Scope = EVERYTHING, **options: Any) -> Planned:
        manifest = self.manifest()
        return self.engine().plan(
            manifest.resources, scope, changes=manifest.address_changes, accept_account=True, **options
        )

    def plan(self, scope: Scope = EVERYTHING, **options: Any) -> Plan:
        return self.planned(scope, **options).plan

    def apply(self, fault: Fault | None = None, **options: Any) -> Outcome | None:
        """Plans and applies; None if the run was killed."""
        engine, manifest = self.engine(), self.manifest()
        with engine.locked("apply"):
            planned = engine.plan(
                manifest.resources,
                changes=manifest.address_changes,
                accept_account=True,
                under_lock=True,
                **options,
            )
            plan = planned.plan
            assert not plan.errors(), plan.errors()
            assert not plan.blockers(), plan.blockers()
            assert not [each for each in plan.drift if each.overwritten], plan.drift
            self.account.writes, self.account.fault = 0, fault
            try:
                return engine.apply(planned)
            except Killed:
                return None

    def settle(self, **options: Any) -> None:
        """Applies without a fault; afterwards nothing is left to do."""
        outcome = self.apply(**options)
        assert outcome is not None
        assert (outcome.failed, outcome.skipped) == ({}, {})
        assert self.account.breaches == []
        plan = self.plan()
        assert (plan.changes, plan.drift, plan.diagnostics) == ((), (), ())

    def state(self) -> State:
        state = LocalBackend(self.root / "state", "default").read()
        assert state is not None
        return state

    def records(self) -> dict[str, Record]:
        return {str(address): record for address, record in self.state().records.items()}

    def mark_of(self, id: str) -> str | None:
        """The address in the mark of a live object, or None if it carries no mark."""
        type_, live = self.account.objects[id]
        mark = self.account.collections()[type_].mark_of(live)
        return None if mark is None else re.sub("^test/default/", "", mark.owner)
