"""What is fuzzed: each subject makes inputs from samples, and reads one so that only errors of ours may come of it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import InvalidManifest
from provisioner.core.resource import Resource
from provisioner.state.backends.serialization import Serializer
from provisioner.state.records import State
from provisioner.state.sealing import UNSEALED
from tests.fuzz.mutation import Mutator
from tests.plan.account import Account

CASES = Path(__file__).parent.parent / "manifest" / "cases"


class Subject(ABC):
    """One reader of ours. It is a fault when `read` raises anything except a ProvisionError."""

    name: ClassVar[str]

    def __init__(self, folder: Path, samples: Sequence[bytes], seed: int) -> None:
        """`folder` is empty and the subject's own."""
        self.folder = folder
        self.mutator = Mutator(seed, samples)

    def next(self) -> bytes:
        """The next input."""
        return self.mutator.next()

    @abstractmethod
    def read(self, data: bytes) -> None:
        """Reads an input, and shows what was read. Raises ProvisionError where it cannot be read."""

    def close(self) -> None:  # noqa: B027 - most subjects start nothing
        """Ends what was started."""


class Manifests(Subject):
    """A manifest, or the settings, beside good ones; what is wrong is rendered too."""

    name = "manifests"
    PLACES: ClassVar[Sequence[str]] = ("a.yaml", "a.yaml", "a.yaml", "assistants/b.md", "provision.yaml", "schema.json")

    def __init__(self, folder: Path, samples: Sequence[bytes], seed: int) -> None:
        super().__init__(folder, samples or manifest_samples(), seed)
        self.manifests = folder / "manifests"
        (self.manifests / "assistants").mkdir(parents=True)

    def read(self, data: bytes) -> None:
        """Loads the project."""
        from provisioner.manifest import load

        place = self.PLACES[len(data) % len(self.PLACES)]
        for name, content in {**GOOD, place: data}.items():
            (self.manifests / name).write_bytes(content)
        try:
            show_diagnostics(load(self.manifests).diagnostics)
        except InvalidManifest as error:
            show_diagnostics(error.diagnostics)
            raise
        finally:
            for name in {*GOOD, place}:
                (self.manifests / name).unlink()


class States(Subject):
    """A state: what is read is written again, reads as the same, and can be planned from."""

    name = "states"

    def read(self, data: bytes) -> None:
        """Parses the state, and plans from it."""
        serializer = Serializer("default", UNSEALED)
        state = serializer.parse(data, "the state")
        assert serializer.parse(serializer.dump(state), "the state") == state
        show_plans(state)


class Journals(Subject):
    """A journal: what is read is folded into a state, which can be planned from."""

    name = "journals"

    def read(self, data: bytes) -> None:
        """Parses the journal's lines, looks for what they left open, and plans."""
        from provisioner.engine.guards import check_journal
        from provisioner.engine.recovery import recover
        from provisioner.state.journal import deltas, fold, open_operations

        serializer = Serializer("default", UNSEALED)
        entries = serializer.split(data, "the journal", "keep a copy")
        folded = fold(State.new(account="a", project="p", environment="default"), deltas(entries))
        serializer.dump(folded)
        serializer.join(open_operations(entries))
        check_journal(entries, None)
        recovered = recover(open_operations(entries), folded, Account().collections())
        show_plans(fold(folded, deltas(recovered.ends)))


class Plans(Subject):
    """A plan file, mostly with a digest that fits, as an attacker can work it out; it is rendered in every form."""

    name = "plan files"

    def next(self) -> bytes:
        """The next input."""
        from provisioner.state.records import digest

        data = super().next()
        with suppress(ValueError, RecursionError):
            body = json.loads(data)
            if isinstance(body, dict):
                body.pop("digest", None)
                data = json.dumps({**body, "digest": digest(body)}).encode()
        return data

    def read(self, data: bytes) -> None:
        """Parses the plan file and renders the plan."""
        from provisioner.planning import planfile
        from provisioner.review.render.html.heading import Heading
        from provisioner.review.render.html.page import plan_html
        from provisioner.review.render.json_text import dumps, plan_json
        from provisioner.review.render.plan_markdown import plan_markdown
        from provisioner.review.render.plan_text import plan_text
        from provisioner.review.render.style import Style

        reviewed = planfile.parse(data.decode(errors="surrogateescape"), "the plan")
        plan_text(reviewed.plan, Style(False))
        plan_markdown(reviewed.plan)
        dumps(plan_json(reviewed.plan))
        plan_html(reviewed.plan, Heading(reviewed.project, reviewed.environment, reviewed.account, reviewed.created))


def show_plans(state: State) -> None:
    """Renders what a plan does with a state's objects: none is live, and each is as it was recorded."""
    from provisioner.engine.ownership import Ownership, find_strangers
    from provisioner.openai_api.collections.collection import Live
    from provisioner.planning.diff import Actual, make_plan
    from provisioner.review.render.json_text import dumps, plan_json
    from provisioner.review.render.plan_text import plan_text
    from provisioner.review.render.style import Style

    resources = [
        Resource(address, record.type, dict(record.inputs))
        for address, record in state.records.items()
        if record.type != "definition"
    ]
    lives = {address: Live(record.id, dict(record.echo), created_at=5) for address, record in state.records.items()}
    there = Actual(lives)
    there = replace(there, strangers=find_strangers(state, there, Ownership.of(state, "p/e")))
    for actual in (Actual(), there, Actual(refreshed=False)):
        for wanted in (resources, []):
            plan = make_plan(wanted, state, actual, now=1.0)
            plan_text(plan, Style(False))
            dumps(plan_json(plan))


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Renders what was found."""
    from provisioner.review.render.plan_text import diagnostic_text
    from provisioner.review.render.style import Style

    for diagnostic in diagnostics:
        diagnostic_text(diagnostic, Style(False))


GOOD = {
    "provision.yaml": b"project: helpers\ndefaults: {model: gpt-6-luna}\n",
    "notes.md": b"Notes.\n",
    "ok.yaml": b"assistants:\n  ok: {instructions: Be kind., tools: [{type: function, name: f, "
    b"parameters: {file: schema.json}}]}\n",
    "schema.json": b'{"type": "object", "properties": {"a": {"type": "string"}}}\n',
    "a.yaml": b"vector_stores:\n  docs: {files: [notes.md]}\n",
}


def manifest_samples() -> list[bytes]:
    """Every manifest of the cases, small ones only."""
    files = sorted(
        path for path in CASES.rglob("*") if path.suffix in (".yaml", ".yml", ".md", ".json") and path.is_file()
    )
    return [data for data in (path.read_bytes() for path in files) if 0 < len(data) < 20_000]
