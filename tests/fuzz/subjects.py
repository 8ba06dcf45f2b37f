"""What is fuzzed: each subject makes inputs from samples, and reads one so that only errors of ours may come of it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import yaml
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import InvalidManifest, ProvisionError
from provisioner.core.resource import Resource
from provisioner.manifest.parsing.nodes import Builder, compose
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
        self.small = Project(folder / "small" / "manifests", SMALL)
        self.whole = Project(folder / "whole" / "manifests", GOOD)
        #: Samples that are read as they are: many of the others are wrong on purpose.
        self.readable = [data for data in self.mutator.samples if self._is_read(data)]
        self.parsed = [data for data in map(parse_sample, self.readable) if data is not None]

    def next(self) -> bytes:
        """The next input: a text that was changed, or JSON, which is YAML too, with values replaced."""
        random = self.mutator.random
        if random.random() < 0.5:
            return self.mutator.change(random.choice(self.readable if random.random() < 0.5 else self.mutator.samples))
        data = self.mutator.replace_values(random.choice(self.parsed))
        return b"---\n%b\n---\nBe kind.\n" % data if random.random() < 0.2 else data

    def read(self, data: bytes) -> None:
        """Loads a project that the input is a file of: mostly a small one, sometimes one that refers to it."""
        from provisioner.manifest import load

        place = self._place(data)
        project = self.whole if place == "schema.json" or len(data) % 5 == 0 else self.small
        try:
            show_diagnostics(load(project.put(place, data)).diagnostics)
        except InvalidManifest as error:
            show_diagnostics(error.diagnostics)
            raise

    def _is_read(self, data: bytes) -> bool:
        try:
            self.read(data)
        except ProvisionError:
            return False
        return True

    def _place(self, data: bytes) -> str:
        """The file that the input becomes: mostly the one that it looks like, sometimes another."""
        place = self.PLACES[len(data) % len(self.PLACES)]
        if len(data) % 4 == 0:
            return place
        if data.startswith(b"---\n"):
            return "assistants/b.md"
        return "provision.yaml" if b"project:" in data[:100] or b'"project":' in data else place


class Project:
    """A folder of manifests on the disk, of which one file is replaced at a time."""

    def __init__(self, folder: Path, good: Mapping[str, bytes]) -> None:
        """Writes the files `good` into a new folder."""
        self.folder = folder
        self.good = good
        self.replaced: str | None = None
        (folder / "assistants").mkdir(parents=True)
        for name, content in good.items():
            (folder / name).write_bytes(content)

    def put(self, name: str, content: bytes) -> Path:
        """The folder with this file replaced, and every other as it was written first."""
        if self.replaced not in (None, name):
            path = self.folder / self.replaced
            if self.replaced in self.good:
                path.write_bytes(self.good[self.replaced])
            else:
                path.unlink()
        (self.folder / name).write_bytes(content)
        self.replaced = name
        return self.folder


class States(Subject):
    """A state: what is read is written again, reads as the same, and can be planned from."""

    name = "states"

    def __init__(self, folder: Path, samples: Sequence[bytes], seed: int) -> None:
        super().__init__(folder, [part for sample in samples for part in (sample, *smaller_states(sample))], seed)

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
        from provisioner.state.folding import fold
        from provisioner.state.journal import deltas, open_operations

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

    def __init__(self, folder: Path, samples: Sequence[bytes], seed: int) -> None:
        super().__init__(folder, [part for sample in samples for part in (sample, *smaller_plans(sample))], seed)

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
    bodies = []
    for actual in (Actual(), there, Actual(refreshed=False)):
        for wanted in (resources, []):
            plan = make_plan(wanted, state, actual, now=1.0)
            plan_text(plan, Style(False))
            bodies.append(plan_json(plan))
    # All hold much the same values: spelling one of them is enough, and a different one each time.
    dumps(bodies[len(str(state.records)) % len(bodies)])


def smaller_states(data: bytes) -> list[bytes]:
    """States of two or three of a state's records each, which are read more quickly."""
    notation = Serializer("default", UNSEALED)
    state = notation.parse(data, "the state")
    items = sorted(state.records.items())
    parts = [dict(items[start : start + 2 + start % 2]) for start in range(0, len(items), 3)]
    return [notation.dump(replace(state, records=part)) for part in parts]


def smaller_plans(data: bytes) -> list[bytes]:
    """Plan files of two of a plan's changes each, as far as these can stand alone; they are read more quickly."""
    from provisioner.planning import planfile
    from provisioner.state.records import digest

    body = json.loads(data)
    del body["digest"]
    parts = []
    for start in range(0, len(body["changes"]), 2):
        part = {**body, "changes": body["changes"][start : start + 2]}
        text = json.dumps({**part, "digest": digest(part)})
        with suppress(ProvisionError):
            planfile.parse(text, "the plan")
            parts.append(text.encode())
    return parts


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
#: A project that is read quickly.
SMALL = {name: GOOD[name] for name in ("provision.yaml", "notes.md")}


def parse_sample(data: bytes) -> Any:
    """The data of a manifest whose values can be replaced; None where it is no mapping, or none that JSON holds."""
    text = data.decode(errors="replace")
    if "&" in text:
        return None  # aliases can stand for more than memory holds
    if text.startswith("---\n"):
        text = text[4:].partition("\n---")[0]
    try:
        value = Builder().build(compose(text))
        return json.loads(json.dumps(value)) if isinstance(value, dict) else None
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return None


def manifest_samples() -> list[bytes]:
    """Every manifest of the cases, small ones only."""
    files = sorted(
        path for path in CASES.rglob("*") if path.suffix in (".yaml", ".yml", ".md", ".json") and path.is_file()
    )
    return [data for data in (path.read_bytes() for path in files) if 0 < len(data) < 20_000]
