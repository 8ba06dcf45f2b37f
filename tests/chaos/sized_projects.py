"""Projects of the sizes that the benchmarks measure, on two targets, for kills with many calls in flight."""

from __future__ import annotations

import re
from functools import partial

from benchmarks.scale.sizes import SIZES, Size, change_files, change_prompt, write_project
from tests.chaos.world import World

#: One in so many assistants is an object of the Assistants API; the others are definitions.
SAVED = 4


def write_sized(world: World, size: Size) -> None:
    """Writes a project of this size."""
    (world.root / "manifests").rmdir()
    write_project(world.root, size)
    path = world.root / "manifests/assistants.yaml"
    saved = re.sub(r"^  a(\d+): {", _choose_target, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(saved, encoding="utf-8")


def _choose_target(found: re.Match[str]) -> str:
    return found[0] if int(found[1]) % SAVED else f"{found[0]}target: assistants, "


def change_sized(world: World, size: Size) -> None:
    """Changes a prompt of a saved assistant and a file of each store; a file moves to another store, and one is new."""
    change_prompt(world.root)
    change_files(world.root, size)
    books = world.root / "manifests/books"
    (books / "0/0-1.md").rename(books / "1/0-1.md")
    world.write("books/0/new.md", "A new file.\n")


def rename_sized(world: World, size: Size) -> None:
    """Gives another name to an assistant."""
    world.edit("assistants.yaml", "  a0: {", "  renamed: {")


#: As in `PROJECTS` of tests/chaos/sweeps.py.
SIZED = {
    f"size {name}": tuple(partial(each, size=SIZES[name]) for each in (write_sized, change_sized, rename_sized))
    for name in ("S", "M")
}
