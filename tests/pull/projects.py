"""Random projects whose manifests have many layouts, and the changes that somebody makes to their live objects."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.pull.layouts import Changed, Layout, Path, Piece

REMOVED = object()
#: Texts that YAML, expressions or files could take for something else.
ODD = (
    "Handbook", "it's", 'say "no"', "a: b", "yes", "null", "007", "2026-01-01", "# not a comment", "- item", "[x", "{y",
    "&anchor", "*alias", "!tag", "%d", "@x", "`x`", "~", "<<", "=", "${x} and $${y}", "{{name}}", "café 한국어 🎓",
    "back\\slash", "C:\\dir\\", "ends with colon:", " leads", "x" * 90, "tab\there", "| pipe", "> fold", "? key",
)  # fmt: skip
PROSE = (
    *ODD, "One.\n\nTwo.", "# Title\n\n- a: b\n- c", "```\n  code\n```\nend", "---\nx: 1\n---\ntext",
    "  indented\nfirst", "Hello\n\n\n\nworld", "{% if x %}\n{{ y }}",
)  # fmt: skip
BLOCKED = ("alias", "merge", "environment", "variable")


def function(name: str, description: str) -> dict[str, Any]:
    """A function tool as manifests have it."""
    parameters = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


@dataclass
class Declared:
    """A resource: its fields as its object has them, where each field is declared (`modes`), and the changed ones.

    `parts` are the texts of its instructions, each with the way in which it is declared.
    """

    kind: str
    name: str
    target: str | None
    fields: dict[str, Any]
    modes: dict[str, str] = field(default_factory=dict)
    parts: list[tuple[str, str]] = field(default_factory=list)
    key: str | None = None
    in_markdown: bool = False
    changed: Changed = field(default_factory=Changed)
    refused: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.name}" + (f'["{self.key}"]' if self.key else "")

    @property
    def instructions(self) -> str:
        return "\n\n".join(text for text, _ in self.parts)

    def is_own(self, name: str) -> bool:
        """Whether the entry itself has the field."""
        return self.key is None and self.modes.get(name) not in BLOCKED

    def is_of_environment(self, name: str) -> bool:
        """Whether the environment of the run sets the field of this resource, so that the value there is written."""
        return self.key is None and self.modes.get(name) == "environment"

    def set(self, path: Path, value: Any) -> None:
        """Somebody gives a field another value, or removes it; `path` begins with the field."""
        owner: Any = self.fields
        for step in path[:-1]:
            owner = owner[step]
        is_new = isinstance(owner, dict) and path[-1] not in owner
        if value is REMOVED:
            del owner[path[-1]]
        else:
            owner[path[-1]] = value
        if self.is_of_environment(str(path[0])):
            return  # It is written into the settings.
        if not self.is_own(str(path[0])):
            self.refused.add(str(path[0]))
        elif value is REMOVED:
            self.changed.removed.add((self.address, *path))
            if not owner:
                self.changed.removed.add((self.address, *path[:-1]))
        else:
            (self.changed.grown if is_new else self.changed.values).add(
                (self.address, *(path[:-1] if is_new else path))
            )


@dataclass
class Drawing:
    """Draws a project. `files` are the pieces of its files below `manifests/`."""

    random: Random
    resources: list[Declared] = field(default_factory=list)
    files: dict[str, list[Piece]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        return self.random.choice(ODD)

    def prose(self) -> str:
        return self.random.choice(PROSE).strip()

    def one_in(self, count: int) -> bool:
        return self.random.randrange(count) == 0

    def declare(self) -> None:
        """Draws the resources."""
        kinds = self.random.sample(["store", "agent", "assistant"], self.random.randrange(1, 4))
        if "store" in kinds:
            self.resources.append(self._store())
        if "agent" in kinds:
            self.resources.append(self._assistant("poet", "agents", "gpt-6-luna"))
        if "assistant" in kinds:
            self.resources.append(self._assistant("tutor", "assistants", "gpt-4.1"))
        for each in self.resources:
            for name in list(each.fields):
                if name in ("model", "name", "metadata", "expires_after", "tools", "description", "temperature"):
                    each.modes[name] = self.random.choice(BLOCKED) if self.one_in(8) else "own"
                if each.modes.get(name) == "variable" and not isinstance(each.fields[name], str):
                    each.modes[name] = "own"
            if self.one_in(8) and not each.in_markdown:
                each.key = self.random.choice(["a", "b c"])
                each.parts = [(text, "text") for text, _ in each.parts]

    def _metadata(self) -> dict[str, str]:
        return {
            key: self.text()[:60]
            for key in self.random.sample(["team", "yes", "1", "x y"], self.random.randrange(1, 4))
        }

    def _store(self) -> Declared:
        fields: dict[str, Any] = {"name": self.text(), "metadata": self._metadata()}
        if self.one_in(2):
            fields["expires_after"] = {"days": self.random.randrange(1, 30)}
        fields["files"] = [
            {"path": "notes/a.txt", "attributes": {"year": 1999, "topic": "law"}},
            {"path": "notes/b.txt"},
        ]
        return Declared("vector_store", "handbook", None, fields)

    def _assistant(self, name: str, target: str, model: str) -> Declared:
        fields: dict[str, Any] = {"model": model, "name": self.text(), "metadata": self._metadata()}
        if target == "assistants":
            fields |= {"description": self.text(), "temperature": 0.5}
        elif self.one_in(2):
            fields["reasoning"] = {"effort": "low"}
        if not self.one_in(3):
            fields["tools"] = [function("look", "Looks."), function("seek", self.text())]
        made = Declared("assistant", name, target, fields, in_markdown=self.one_in(4))
        if made.in_markdown:
            made.parts = [(self.prose(), "body")]
        else:
            kinds = ["text", "file", "fragment"]
            made.parts = [(self.prose(), self.random.choice(kinds)) for _ in range(self.random.choice([1, 1, 2]))]
        return made

    def change(self) -> None:
        """Somebody changes objects."""
        for each in self.resources:
            for name in [name for name in each.fields if self.one_in(2)]:
                self._change(each, name)
            if each.parts and self.one_in(2):
                self._change_prose(each)

    def _change(self, each: Declared, name: str) -> None:
        value = each.fields[name]
        if name in ("name", "description"):
            each.set((name,), self.random.choice([text for text in ODD if text != value]))
        elif name == "temperature":
            each.set((name,), 0.25)
        elif name == "model":
            each.set((name,), {"gpt-6-luna": "gpt-6-sol", "gpt-4.1": "gpt-4.1-mini"}[value])
        elif name == "expires_after":
            each.set((name, "days"), value["days"] + 1)
        elif name == "reasoning":
            each.set((name, "effort"), "high")
        elif name == "metadata":
            for key in list(value):
                if self.one_in(3):
                    each.set((name, key), REMOVED)
                elif self.one_in(2):
                    each.set((name, key), value[key] + self.random.choice(["!", ": b", " #", "'"]))
        elif name == "tools":
            self._change_tools(each)
        elif name == "files":
            each.set((name, 0, "attributes", "year"), 2001)

    def _change_tools(self, each: Declared) -> None:
        tools = each.fields["tools"]
        what = self.random.choice(["describe", "add", "remove", "both"])
        if what in ("describe", "both"):
            each.set(("tools", 0, "description"), self.text() + "!")
        if what in ("add", "both"):
            tools.append(function("found", self.text()))
            self._note(each, "tools", each.changed.grown, (each.address, "tools"))
        if what == "remove":
            del tools[1]
            self._note(each, "tools", each.changed.removed, (each.address, "tools", 1))

    @staticmethod
    def _note(each: Declared, name: str, paths: set[Path], path: Path) -> None:
        if each.is_own(name):
            paths.add(path)
        elif not each.is_of_environment(name):
            each.refused.add(name)

    def _change_prose(self, each: Declared) -> None:
        index = self.random.randrange(len(each.parts))
        former, kind = each.parts[index]
        text = self.random.choice(
            [f"{former}\n\nMore.", f"First.\n{former}", self.prose(), "line\u2028separator", former.replace("e", "E")]
        )
        if text == former:
            return
        each.parts[index] = (text, kind)
        if each.key is not None:
            each.refused.add("instructions")
        else:
            each.changed.values.add((each.address, "instructions", index))

    def write(self) -> None:
        """Writes the manifests, before anything is changed."""
        main = Layout(self.random)
        shared: list[tuple[str, Any]] = []
        values: dict[str, Any] = {}
        variables: dict[str, Any] = {}
        entries: dict[str, list[tuple[Declared, dict[str, Any]]]] = {}
        for each in self.resources:
            own: dict[str, Any] = {"target": each.target} if each.target else {}
            if each.key is not None:
                own["for_each"] = [each.key]
            merged: list[str] = []
            for name, value in each.fields.items():
                mode, label = each.modes.get(name, "own"), f"{each.name}-{name}"
                if mode == "alias":
                    shared.append((label, value))
                    own[name] = Raw(f"*{label}")
                elif mode == "merge":
                    shared.append((label, {name: value}))
                    merged.append(f"*{label}")
                    own["<<"] = Raw(f"[{', '.join(merged)}]")
                elif mode == "environment":
                    values.setdefault(each.kind + "s", {}).setdefault(each.name, {})[name] = escaped(value)
                elif mode == "variable":
                    variables[label] = {"type": "string", "default": escaped(value)}
                    own[name] = Raw(f'"${{var.{label}}}"')
                else:
                    own[name] = escaped(value)
            entries.setdefault(each.kind + "s", []).append((each, own))
        self.settings = {"environments": {"prod": values}} if values else {}
        for label, value in shared:
            main.say(f"x-{label}: &{label} {flow(escaped(value))}\n")
        if variables:
            main.say("variables:\n")
            for label, value in variables.items():
                main.say(f"  {label}: {flow(value)}\n")
        fragments: list[tuple[str, str, Path]] = []
        for kind, found in entries.items():
            in_yaml = [(each, own) for each, own in found if not each.in_markdown]
            if in_yaml:
                main.say(f"{kind}:{'   # all' if self.one_in(3) else ''}\n")
            for each, own in in_yaml:
                if self.one_in(3):
                    main.say("\n")
                main.say(f"  {each.name}:\n")
                self._write_entry(main, each, own, fragments)
            for each, own in found:
                if each.in_markdown:
                    self._write_markdown(each, own, main)
        if fragments:
            main.say("instructions:\n")
            for label, fragment, path in fragments:
                main.say(f"  {label}: {{text: ")
                main.say(main.scalar(fragment), value=path)
                main.say("}\n")
        self.files["all.yaml"] = main.pieces

    def _write_entry(self, main: Layout, each: Declared, own: dict[str, Any], fragments: list[Any]) -> None:
        own_layout = EntryLayout(self.random, main.pieces, owner=each.address)
        own_layout.entry(own, 4)
        if not each.parts:
            return
        if len(each.parts) == 1 and each.parts[0][1] == "text" and self.one_in(2):
            main.say("    instructions:")
            own_layout.value(each.parts[0][0], 4, ("instructions", 0))
            return
        main.say("    instructions:\n")
        for index, (text, kind) in enumerate(each.parts):
            path = (each.address, "instructions", index)
            label = f"{each.name}-{index}"
            if kind == "file":
                main.say(f"    - {{file: prompts/{label}.md}}\n")
                self.files[f"prompts/{label}.md"] = [Piece(text, path), Piece(self.random.choice(["", "\n", "\n\n"]))]
            elif kind == "fragment":
                main.say(f"    - {label}\n")
                fragments.append((label, text, path))
            else:
                main.say("    - text:")
                own_layout.value(text, 6, ("instructions", index))

    def _write_markdown(self, each: Declared, own: dict[str, Any], main: Layout) -> None:
        page = Layout(self.random)
        page.say("---\n")
        inside = {name: value for name, value in own.items() if not isinstance(value, Raw) or "var." in value.text}
        for name in own.keys() - inside.keys():  # An alias reaches no other file.
            for key in [name] if name != "<<" else [n for n, mode in each.modes.items() if mode == "merge"]:
                each.modes[key] = "own"
                inside[key] = escaped(each.fields[key])
        EntryLayout(self.random, page.pieces, owner=each.address).entry(inside, 0)
        page.say("---\n" + self.random.choice(["", "\n"]))
        page.say(each.parts[0][0], value=(each.address, "instructions", 0))
        page.say(self.random.choice(["", "\n", "\n\n"]))
        self.files[f"assistants/{each.name}.md"] = page.pieces


@dataclass
class Raw:
    """YAML that is written as it is."""

    text: str


@dataclass
class EntryLayout(Layout):
    """The layout of the entry of one resource. Its pieces are those of the file."""

    owner: str = ""

    def add(self, piece: Piece) -> None:
        value, line, inside = (
            (self.owner, *path) if path else None for path in (piece.value, piece.line, piece.inside)
        )
        self.pieces.append(Piece(piece.text, value, line, inside))

    def inline(self, value: Any, path: Path) -> None:
        if isinstance(value, Raw):
            self.say(value.text)
        else:
            super().inline(value, path)


def escaped(value: Any) -> Any:
    """A value in which `${` is escaped, as manifests have it."""
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


def flow(value: Any) -> str:
    """A value as JSON, which is YAML."""
    return json.dumps(value)


def draw(random: Random) -> Drawing:
    """A project with its manifests; `change` changes its objects."""
    drawing = Drawing(random)
    drawing.declare()
    drawing.write()
    return drawing
