"""Samples of states, journals and plan files: written by provision itself, for the example project on the emulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.planfile import Reviewed
from provisioner.planning.planfile import dump as dump_plan
from provisioner.planning.reason import ReasonCode, reason
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Begin, Delta, End, Opening
from provisioner.state.operations import Adopting, Creating, Deleting, Updating
from provisioner.state.records import Record, Retired, State, dump
from provisioner.state.sealing import UNSEALED

CHECKOUT = Path(__file__).parent.parent.parent
STORE = Address("vector_store", "handbook")
ADOPTED = Record(
    STORE,
    "vector_store",
    "vs_1",
    {"name": "a", "files": {}},
    {"name": "a", "metadata": {"team": "theirs"}},
    adopted=True,
)


def write_samples(folder: Path) -> Mapping[str, Sequence[bytes]]:
    """Samples by their subject's name. `folder` is empty; a project is applied there."""
    without_tests = shutil.ignore_patterns("tests.yaml")  # Assistants are deleted here.
    shutil.copytree(CHECKOUT / "manifests", folder / "manifests", ignore=without_tests)
    first = _plan(folder, "first.plan")
    _run(folder, "--emulator", "apply", "--yes")
    (folder / "manifests" / "prompts" / "roleplay.md").write_text("You are somebody else.\n", encoding="utf-8")
    (folder / "manifests" / "assistants" / "server-bot.md").unlink()
    second = _plan(folder, "second.plan")
    states = [path.read_bytes() for path in sorted((folder / ".provision" / "state").glob("*.json"))]
    if not states:
        raise RuntimeError("the example project has no state after an apply")
    blank = State.new(account="account", project="library", environment="prod")
    states.append(dump(replace(blank, records={STORE: ADOPTED})).encode())
    return {"states": states, "plan files": [first, second, write_adoption()], "journals": [write_journal()]}


def _plan(folder: Path, name: str) -> bytes:
    _run(folder, "--emulator", "plan", "--out", name)
    return (folder / name).read_bytes()


def _run(folder: Path, *words: str) -> None:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(CHECKOUT),
        "HOME": str(folder.parent / "no-home"),
    }
    command = [sys.executable, "-m", "provisioner.cli", *words]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True, timeout=120)


def write_adoption() -> bytes:
    """A plan file with an adoption."""
    why = (reason(ReasonCode.IMPORTED, ADOPTED.id, "metadata"), reason(ReasonCode.FIELD_DIFFERS, "name"))
    change = Change(STORE, Action.ADOPT, "vector_store", why, {"name": "a"}, {"name": "b"}, ("name",), ADOPTED.id)
    return dump_plan(Reviewed(1.5, "library", "prod", "account", None, (), Plan((change,)))).encode()


def write_journal() -> bytes:
    """A journal that holds every kind of entry."""
    tutor = Address("assistant", "튜터")
    record = Record(tutor, "agent", "agent_1", {"instructions": 'Say "햄릿"\n'}, {"name": "튜터"}, operation="op_1")
    return Serializer("default", UNSEALED).join(
        [
            Opening("lineage", 1, "https://api.openai.com/v1", "library", "prod", 1.5),
            Begin("op_1", tutor, "agent", "digest", 2.5, Creating(record)),
            End("op_1", Delta(record=record, retire=Retired(tutor, "agent", "agent_0", 3.0, 60.0))),
            Begin("op_2", tutor, "agent", "digest", 4.0, Updating({"instructions": "Say."})),
            End("op_2"),
            Begin("op_3", tutor, "agent", "digest", 5.0, Deleting()),
            End("op_3", Delta(remove=tutor, discard="agent_0")),
            Begin("op_adopt4", STORE, "vector_store", "digest", 6.0, Adopting(ADOPTED)),
            End("op_adopt4", Delta(record=replace(ADOPTED, operation="op_adopt4"))),
            Begin("op_adopt5", STORE, "vector_store", "digest", 7.0, Adopting(ADOPTED)),
        ]
    )
