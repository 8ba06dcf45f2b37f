"""A project of a given size whose manifests and files are changed at random, and what they declare at any moment.

Names are taken from a bounded pool, so that a name that was deleted is used again, and the state does not grow with the
number of edits. Files of several stores have the same names, and often the same size.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from benchmarks.scale.sizes import WORDS, Size

SETTINGS = "project: soak\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
#: The target of the next assistant is chosen from these. Agents have no file search.
TARGETS = ("responses", "responses", "responses", "assistants", "assistants", "agents")
#: The numbers of resources stay between these shares of the numbers of the size.
FEWEST, MOST = 0.8, 1.2
#: The number of edits in one round is chosen from these.
EDITS = (0, 1, 1, 1, 2, 3, 5, 10)


@dataclass(slots=True)
class DeclaredAssistant:
    """One assistant of the manifests. `store` is the name of the store that it searches in."""

    prompt: str
    target: str
    store: str


@dataclass(slots=True)
class EditedProject:
    """The project in the folder `root`. `stores` has the texts of the files by store and file name."""

    root: Path
    size: Size
    dice: random.Random
    stores: dict[str, dict[str, str]] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    assistants: dict[str, DeclaredAssistant] = field(default_factory=dict)

    def write_first(self) -> None:
        """Writes the project in its first form."""
        self.manifests.mkdir(parents=True)
        (self.manifests / "provision.yaml").write_text(SETTINGS, encoding="utf-8")
        for _ in range(self.size.stores):
            self.add_store()
        for _ in range(self.size.assistants):
            self.add_assistant()
        self._write()

    def edit(self) -> int:
        """Makes some random edits, writes them, and returns their number."""
        count = self.dice.choice(EDITS)
        for _ in range(count):
            self.dice.choice(self.KINDS)(self)
        if count:
            self._write()
        return count

    @property
    def manifests(self) -> Path:
        return self.root / "manifests"

    def change_prompt(self) -> None:
        self._any_assistant().prompt = self._words()

    def change_target(self) -> None:
        self._any_assistant().target = self.dice.choice(TARGETS)

    def change_search(self) -> None:
        self._any_assistant().store = self._any_store()

    def add_assistant(self) -> None:
        name = self._new_name("a", self.assistants, self.size.assistants)
        if name is None:
            return self.delete_assistant()
        self.assistants[name] = DeclaredAssistant(self._words(), self.dice.choice(TARGETS), self._any_store())

    def delete_assistant(self) -> None:
        if len(self.assistants) <= self.size.assistants * FEWEST:
            return self.add_assistant()
        del self.assistants[self.dice.choice(sorted(self.assistants))]

    def rename_assistant(self) -> None:
        name = self._new_name("a", self.assistants, self.size.assistants)
        if name is not None:
            self.assistants[name] = self.assistants.pop(self.dice.choice(sorted(self.assistants)))

    def change_days(self) -> None:
        self.days[self._any_store()] = self.dice.randint(1, 60)

    def add_store(self) -> None:
        name = self._new_name("s", self.stores, self.size.stores)
        if name is None:
            return self.delete_store()
        self.stores[name] = {}
        self.days[name] = 30
        for _ in range(self.size.files_per_store):
            self._add_file(name)

    def delete_store(self) -> None:
        if len(self.stores) <= max(1, self.size.stores * FEWEST):
            return self.add_store()
        store = self._any_store()
        for file in sorted(self.stores[store]):
            self._delete_file(store, file)
        del self.stores[store], self.days[store]
        for each in self.assistants.values():
            if each.store == store:
                each.store = self._any_store()

    def add_file(self) -> None:
        store = self._any_store()
        if len(self.stores[store]) >= self.size.files_per_store * MOST:
            return self.delete_file()
        self._add_file(store)

    def change_file(self) -> None:
        store = self._any_store()
        self._write_file(store, self._any_file(store), self._words())

    def delete_file(self) -> None:
        store = self._any_store()
        if len(self.stores[store]) > max(1, self.size.files_per_store * FEWEST):
            self._delete_file(store, self._any_file(store))

    def move_file(self) -> None:
        """Moves a file to another store, or gives it another name in its own."""
        store, target = self._any_store(), self._any_store()
        if store != target and len(self.stores[store]) <= 1:
            return
        file = self._any_file(store)
        text = self.stores[store][file]
        self._delete_file(store, file)
        self._write_file(target, self._new_file(target), text)

    KINDS: ClassVar[tuple[Callable[[EditedProject], None], ...]] = (
        *(change_prompt, change_prompt, change_target, change_search),
        *(add_assistant, delete_assistant, rename_assistant),
        *(change_days, add_store, delete_store),
        *(add_file, change_file, change_file, delete_file, move_file),
    )

    def _add_file(self, store: str) -> None:
        self._write_file(store, self._new_file(store), self._words())

    def _new_file(self, store: str) -> str:
        """Returns a file name that the store does not have. Other stores may have it."""
        number = self.dice.randrange(self.size.files_per_store * 2 + 2)
        while f"{number}.md" in self.stores[store]:
            number += 1
        return f"{number}.md"

    def _path(self, store: str, file: str) -> Path:
        return self.manifests / "books" / store / file

    def _write_file(self, store: str, file: str, text: str) -> None:
        path = self._path(store, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.stores[store][file] = text

    def _delete_file(self, store: str, file: str) -> None:
        self._path(store, file).unlink()
        del self.stores[store][file]

    def _any_store(self) -> str:
        return self.dice.choice(sorted(self.stores))

    def _any_file(self, store: str) -> str:
        return self.dice.choice(sorted(self.stores[store]))

    def _any_assistant(self) -> DeclaredAssistant:
        return self.assistants[self.dice.choice(sorted(self.assistants))]

    def _words(self) -> str:
        return " ".join(self.dice.choices(WORDS, k=self.dice.randint(5, 30)))

    def _new_name(self, prefix: str, taken: dict[str, object] | dict, count: int) -> str | None:
        """Returns a free name of the pool, or None if there are as many resources as there may be."""
        pool = max(count + 1, int(count * MOST))
        if len(taken) >= pool:
            return None
        return self.dice.choice([name for number in range(pool + 1) if (name := f"{prefix}{number}") not in taken])

    def _write(self) -> None:
        stores = [f"  {name}: {{{self._store(name)}}}" for name in self.stores]
        self._write_manifest("stores.yaml", ["vector_stores:", *stores])
        assistants = [f"  {name}: {{{_assistant(each)}}}" for name, each in self.assistants.items()]
        self._write_manifest("assistants.yaml", ["assistants:", *assistants])

    def _write_manifest(self, name: str, lines: list[str]) -> None:
        (self.manifests / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _store(self, name: str) -> str:
        expiry = f"{{anchor: last_active_at, days: {self.days[name]}}}"
        return f"files: [books/{name}/*.md], expires_after: {expiry}"


def _assistant(declared: DeclaredAssistant) -> str:
    fields = f"instructions: {declared.prompt}, target: {declared.target}"
    if declared.target == "agents":
        return fields
    return f"{fields}, tools: [{{type: file_search, vector_stores: [{declared.store}]}}]"
