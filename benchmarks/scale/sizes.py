"""Projects of several sizes, generated from a seed, so that every run measures the same project."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

SEED = 14
WORDS = ("answer", "book", "calm", "chapter", "explain", "line", "margin", "page", "question", "short", "step", "verse")
#: The smallest and the largest number of words in a file.
SHORTEST, LONGEST = 5, 60
SETTINGS = "project: benchmark\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of assistants, vector stores and files in a project. The files are spread evenly over the stores."""

    name: str
    assistants: int
    stores: int
    files: int

    @property
    def files_per_store(self) -> int:
        """The number of files in each vector store."""
        return self.files // self.stores

    @property
    def title(self) -> str:
        """The name and the numbers, as a text."""
        return f"{self.name}: {self.assistants:,} assistants, {self.stores:,} vector stores, {self.files:,} files"


SIZES = {
    each.name: each
    for each in (
        Size("S", 4, 2, 10),
        Size("M", 200, 100, 5_000),
        Size("L", 2_000, 500, 100_000),
        Size("XL", 20_000, 5_000, 1_000_000),
    )
}


def write_project(root: Path, size: Size, *, seed: int = SEED) -> None:
    """Writes the manifests and the files of a project of this size into the folder `root`."""
    chance = random.Random(seed)
    manifests = root / "manifests"
    manifests.mkdir(parents=True)
    (manifests / "provision.yaml").write_text(SETTINGS, encoding="utf-8")
    stores = ["vector_stores:"]
    for store in range(size.stores):
        folder = manifests / "books" / str(store)
        folder.mkdir(parents=True)
        for file in range(size.files_per_store):
            text = " ".join(chance.choices(WORDS, k=chance.randint(SHORTEST, LONGEST)))
            (folder / f"{store}-{file}.md").write_text(f"{store}/{file} {text}\n", encoding="utf-8")
        stores.append(f"  s{store}: {{files: [books/{store}/*.md]}}")
    (manifests / "stores.yaml").write_text("\n".join(stores) + "\n", encoding="utf-8")
    assistants = ["assistants:"]
    for each in range(size.assistants):
        search = f"{{type: file_search, vector_stores: [s{each % size.stores}]}}"
        prompt = " ".join(chance.choices(WORDS, k=30))
        assistants.append(f"  a{each}: {{instructions: Assistant {each} {prompt}., tools: [{search}]}}")
    (manifests / "assistants.yaml").write_text("\n".join(assistants) + "\n", encoding="utf-8")


def change_prompt(root: Path) -> None:
    """Changes the instructions of one assistant."""
    path = root / "manifests" / "assistants.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("instructions: Assistant 0 ", "instructions: Changed assistant 0 ", 1), encoding="utf-8"
    )


def change_files(root: Path, size: Size) -> None:
    """Changes one file in each vector store."""
    for store in range(size.stores):
        path = root / "manifests" / "books" / str(store) / f"{store}-0.md"
        path.write_text(f"{store}/0 changed\n", encoding="utf-8")
