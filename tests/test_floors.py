"""A room imports only from floors beneath it, and nothing goes in a circle. Read from the source; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "provisioner"

# The house, lowest floor first. Rooms on one floor do not import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("authorship", "catalog", "childprocess", "codes", "diagnostic", "equality"),
    ("encodings",),
    ("errors", "files", "redaction"),
    ("address", "rule"),
    ("estimate", "finding", "resource", "sealing", "strictjson"),
    ("stateshape",),
    ("state",),
    ("journal", "plan"),
    ("event", "planbody", "view"),
    ("planfile", "safetext"),
    ("api",),
    ("kinds",),
    ("targets", "objects", "backends", "graph"),
    ("manifest", "diff", "cost", "render"),
    ("engine", "lint"),
    ("project",),
    ("cli",),
)

# The emulator stands beside the house: what it may import, and who may import it.
EMULATOR_IMPORTS = ("authorship", "childprocess", "diagnostic", "errors", "files", "safetext")
EMULATOR_IMPORTED_BY = ("project", "cli")

# Libraries that only some rooms know: the command line's, the SDK, and those of the extra `emulator`.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "click": ("cli",),
    "openai": ("api", "emulator"),
    "starlette": ("emulator",),
    "uvicorn": ("emulator",),
    "multipart": ("emulator",),
    "pypdf": ("emulator",),
    "cryptography": ("sealing",),
}

# What `provision --help` and `provision validate` load; the SDK takes too long to import for these.
LOADED_AT_ONCE = ("cli", "cli.__main__", "manifest")
SLOW_LIBRARY = "openai"

MAX_LINES = 320


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, by its full name. `at_once`: it is loaded together with the module that names it."""

    module: str
    line: int
    at_once: bool


@dataclass(frozen=True, slots=True)
class Module:
    """One source file. `name` is relative to the package: `engine.apply`, or the empty string for the package."""

    name: str
    path: Path
    imports: tuple[Import, ...]

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]


def read_modules(package: Path) -> dict[str, Module]:
    """Every module below `package` by its name, with all it imports."""
    names = {name_of(path, package): path for path in sorted(package.rglob("*.py"))}
    return {name: read_module(name, path, package.name, set(names)) for name, path in names.items()}


def name_of(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_module(name: str, path: Path, package: str, names: set[str]) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    full_name = f"{package}.{name}".rstrip(".")
    parent = full_name if path.name == "__init__.py" else full_name.rpartition(".")[0]
    imports = [
        Import(module, node.lineno, at_once)
        for node, at_once in import_statements(tree, at_once=True)
        for module in imported_modules(node, parent, {f"{package}.{each}".rstrip(".") for each in names})
    ]
    return Module(name, path, tuple(imports))


def import_statements(node: ast.AST, *, at_once: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import below `node`; those in functions and under TYPE_CHECKING are not carried out at once."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, at_once
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for child in node.body:
            yield from import_statements(child, at_once=False)
        for child in node.orelse:
            yield from import_statements(child, at_once=at_once)
    else:
        inside = at_once and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for each in ast.iter_child_nodes(node):
            yield from import_statements(each, at_once=inside)


def imported_modules(node: ast.Import | ast.ImportFrom, parent: str, known: set[str]) -> Iterator[str]:
    """The full names of the modules that one statement imports: `from a import b` is `a.b` where that is a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        above = parent.split(".")[: len(parent.split(".")) - (node.level - 1)]
        base = ".".join([*above, base]).rstrip(".")
    yield from dict.fromkeys(
        f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names
    )


def own(module: str, package: str) -> str | None:
    """`module` relative to the package, the empty string for the package itself, or None if it is not ours."""
    if module == package:
        return ""
    return module.removeprefix(f"{package}.") if module.startswith(f"{package}.") else None


def unknown_rooms(modules: Iterable[Module]) -> list[str]:
    known = {"", "emulator", *(room for floor in FLOORS for room in floor)}
    return sorted({module.room for module in modules} - known)


def misplaced_imports(modules: Iterable[Module], package: str) -> list[str]:
    """Imports of our own rooms that go upwards or sideways, as `path:line: what is wrong`."""
    return [
        f"{module.path}:{each.line}: {module.room or package} may not import {target.partition('.')[0]}"
        for module in modules
        for each in module.imports
        if (target := own(each.module, package)) and not may_import(module.room, target.partition(".")[0])
    ]


def may_import(room: str, other: str) -> bool:
    if other in ("", room):  # the package itself holds the version
        return True
    if room == "emulator":
        return other in EMULATOR_IMPORTS
    if other == "emulator":
        return room in EMULATOR_IMPORTED_BY
    heights = {name: height for height, floor in enumerate(FLOORS) for name in floor}
    return heights.get(other, len(FLOORS)) < heights.get(room, -1)


def misplaced_libraries(modules: Iterable[Module]) -> list[str]:
    """Imports of libraries that belong to other rooms, as `path:line: what is wrong`."""
    return [
        f"{module.path}:{each.line}: only {' and '.join(LIBRARIES[library])} may import {library}"
        for module in modules
        for each in module.imports
        if (library := each.module.partition(".")[0]) in LIBRARIES and module.room not in LIBRARIES[library]
    ]


def circle(modules: Mapping[str, Module], package: str) -> list[str]:
    """The modules of one import circle, or nothing. Imports in functions and for types count too."""
    edges = {
        name: {target for each in module.imports if (target := own(each.module, package)) in modules}
        for name, module in modules.items()
    }
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def loads_slow_library(modules: Mapping[str, Module], package: str) -> list[str]:
    """Chains of imports that load the SDK together with a module of LOADED_AT_ONCE, written `a > b > openai`."""
    chains: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(name, (name,)) for name in LOADED_AT_ONCE if name in modules]
    found = []
    while waiting:
        name, chain = waiting.pop(0)
        if name in chains:
            continue
        chains[name] = chain
        for each in modules[name].imports:
            if not each.at_once:
                continue
            if each.module.partition(".")[0] == SLOW_LIBRARY:
                found.append(" > ".join([*chain, each.module]))
            target = own(each.module, package)
            waiting.extend((step, (*chain, step)) for step in packages_and_self(target) if step in modules)
    return found


def packages_and_self(name: str | None) -> list[str]:
    """What Python loads for `name`: the packages around it, outermost first, and itself."""
    parts = name.split(".") if name else []
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


@pytest.fixture(scope="module")
def modules() -> dict[str, Module]:
    return read_modules(PACKAGE)


def test_every_room_has_a_floor(modules: dict[str, Module]) -> None:
    unknown = unknown_rooms(modules.values())
    assert not unknown, f"provisioner/{unknown[0]} has no floor: put it into the table FLOORS in {__file__}"


def test_imports_go_only_downward(modules: dict[str, Module]) -> None:
    assert not misplaced_imports(modules.values(), PACKAGE.name)


def test_modules_do_not_import_in_a_circle(modules: dict[str, Module]) -> None:
    assert not circle(modules, PACKAGE.name)


def test_libraries_stay_in_their_rooms(modules: dict[str, Module]) -> None:
    assert not misplaced_libraries(modules.values())


def test_the_command_line_and_the_manifests_load_without_the_sdk(modules: dict[str, Module]) -> None:
    assert not loads_slow_library(modules, PACKAGE.name)


def test_modules_are_small(modules: dict[str, Module]) -> None:
    lines = {str(m.path): len(m.path.read_text(encoding="utf-8").splitlines()) for m in modules.values()}
    assert not {path: count for path, count in lines.items() if count >= MAX_LINES}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house in which every rule is broken once."""
    sources = {
        "__init__.py": "",
        "attic.py": "",
        "errors.py": "from .diagnostic import Place\n",
        "diagnostic.py": "def late():\n    from provisioner import errors\n",
        "diff.py": "import provisioner.render.text\n",
        "render/__init__.py": "",
        "render/text.py": "import click\nfrom provisioner import __version__\n",
        "emulator/__init__.py": "import provisioner.state\n",
        "state.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import openai\n",
        "api/__init__.py": "def connect():\n    import openai\n",
        "kinds/__init__.py": "import openai.types\n",
        "kinds/file.py": "",
        "manifest/__init__.py": "import provisioner.kinds.file\nimport provisioner.api\n",
    }
    root = tmp_path / "provisioner"
    for name, text in sources.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_every_broken_rule_is_found(house: Path) -> None:
    modules = read_modules(house)
    assert unknown_rooms(modules.values()) == ["attic"]
    assert misplaced_imports(modules.values(), "provisioner") == [
        f"{house}/diagnostic.py:2: diagnostic may not import errors",
        f"{house}/diff.py:1: diff may not import render",
        f"{house}/emulator/__init__.py:1: emulator may not import state",
    ]
    assert sorted(set(circle(modules, "provisioner"))) == ["diagnostic", "errors"]
    assert [line.partition(": ")[2] for line in misplaced_libraries(modules.values())] == [
        "only api and emulator may import openai",
        "only cli may import click",
        "only api and emulator may import openai",
    ]
    assert loads_slow_library(modules, "provisioner") == ["manifest > kinds > openai.types"]
