"""Projects of a given size, written into a folder that the benchmark throws away."""

from __future__ import annotations

from pathlib import Path

SETTINGS = "project: benchmark\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
PARAGRAPH = "The tutor answers calmly, in short sentences, shows every step, and asks what was not understood. "


def write_library(root: Path, *, stores: int, files: int, assistants: int = 0, settings: str = SETTINGS) -> None:
    """Stores of `files` files each, a few bytes long, and assistants that search in them."""
    manifests = _begin(root, settings)
    lines = ["vector_stores:"]
    for store in range(stores):
        books = manifests / "books" / str(store)
        books.mkdir(parents=True)
        for file in range(files):
            (books / f"{file}.md").write_text(f"{store}/{file}\n", encoding="utf-8")
        lines.append(f"  s{store}: {{files: [books/{store}/*.md]}}")
    if assistants:
        lines.append("assistants:")
    for each in range(assistants):
        search = f"{{type: file_search, vector_stores: [s{each % stores}]}}"
        lines.append(f"  a{each}: {{instructions: Answer from book {each}., tools: [{search}]}}")
    (manifests / "library.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_prose(root: Path, *, assistants: int, bytes_in_all: int) -> int:
    """Assistants with long instructions, in ten manifests; returns how many bytes of YAML they are."""
    manifests = _begin(root)
    paragraphs = bytes_in_all // assistants // (len(PARAGRAPH) + 7)
    prose = "".join(f"      {PARAGRAPH}\n" for _ in range(paragraphs))
    for part in range(10):
        blocks = [f"  a{each}:\n    instructions: |\n{prose}" for each in range(part, assistants, 10)]
        (manifests / f"part{part}.yaml").write_text("assistants:\n" + "".join(blocks), encoding="utf-8")
    return sum(path.stat().st_size for path in manifests.glob("part*.yaml"))


def _begin(root: Path, settings: str = SETTINGS) -> Path:
    manifests = root / "manifests"
    manifests.mkdir(parents=True)
    (manifests / "provision.yaml").write_text(settings, encoding="utf-8")
    return manifests
