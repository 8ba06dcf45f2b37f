"""A package imports only from layers beneath it, and no imports form a cycle. Read from the source; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import syntax_tree

PACKAGE = Path(__file__).parent.parent / "provisioner"

Layers = tuple[tuple[str, ...], ...]

# The packages, lowest layer first. Packages of one layer do not import each other.
LAYERS: Layers = (
    ("core",),
    ("state",),
    ("openai_api",),
    ("manifest", "planning"),
    ("review",),
    ("engine",),
    ("project",),
    ("cli",),
)

# The same within the packages that have parts, lowest layer first.
INNER_LAYERS: Mapping[str, Layers] = {
    "core": (
        ("addresskind", "childstreams", "jsondepth"),
        (
            *("assistant_fields", "authorship", "catalog", "childprocess", "defaults", "diagnostic"),
            *("distribution", "endpoint"),
            *("equality", "exitcode", "leaves", "objecttype", "posix", "refreshmode", "runtime_values", "text"),
            "versionid",
        ),
        ("errors", "files", "kinds", "target_names"),
        ("address", "rule"),
        ("addresschanges", "declaredtest", "estimate", "finding", "localfunction", "resource", "strictjson"),
        ("testresult",),
    ),
    "state": (
        ("damage", "hashing", "sealing", "shape"),
        ("large_json", "origin", "pinning", "retired"),
        ("large_text",),
        ("records",),
        ("record_texts",),
        ("record_columns",),
        ("member_summary", "operations", "parsing", "partial_uploads", "renaming", "versions"),
        ("journal", "releases"),
        ("backends", "folding"),
        ("release_storage", "upload_log"),
    ),
    "openai_api": (("definition", "http"), ("collections", "targets"), ("turns",)),
    "planning": (
        (
            *("action", "dependency_graph", "fieldpath", "pins", "reason", "recorded_fields", "shown_objects"),
            "unmanaged",
        ),
        ("plan",),
        ("event", "planbody"),
        ("diff", "planfile"),
        ("environments",),
    ),
    "manifest": (
        ("limits",),
        ("parsing",),
        ("validation",),
        ("json_schemas", "project_settings", "silences"),
        ("expressions",),
        ("declarations",),
        ("files",),
        ("resources",),
        ("secret_scan",),
        ("includes",),
        ("sources",),
        ("assistants", "values"),
        ("loading", "taken_names"),
        ("writing",),
        ("editing", "migration"),
    ),
    "emulator": (
        ("faults", "options", "storage"),
        ("file_indexing", "process"),
        ("answering",),
        ("messages",),
        ("checks",),
        ("endpoints",),
        ("serving",),
        ("__main__",),
    ),
    "review": (("view",), ("cost", "lint", "render"), ("export",)),
}

# The emulator stands beside the layers: what it may import, and which packages may import it.
EMULATOR_IMPORTS = ("core",)
EMULATOR_IMPORTED_BY = ("project", "cli")

# Libraries that only some packages import: the command line's, the SDK, and those of the extra `emulator`.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "click": ("cli",),
    "openai": ("openai_api.http", "openai_api.definition", "emulator"),
    "starlette": ("emulator",),
    "uvicorn": ("emulator",),
    "multipart": ("emulator",),
    "pypdf": ("emulator",),
    "cryptography": ("state.sealing",),
    "prompt_toolkit": ("cli.typed_lines",),
    "ijson": ("manifest.migration",),
    "hcl2": ("manifest.migration",),
    "tree_sitter": ("manifest.migration",),
    "tree_sitter_typescript": ("manifest.migration",),
}

# All packages make their value types with msgspec's Struct. Only these modules also read, write or check JSON with it.
STRUCT_NAMES = {"UNSET", "Struct", "field", "to_builtins", "replace", "asdict", "force_setattr"}
JSON_MODULES = (
    *("state.large_json", "state.record_texts", "manifest.files.digest_cache", "openai_api.http.decoding"),
    *("emulator.storage.packing", "core.kinds.common"),
)

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
    def package(self) -> str:
        """The package directly below the top, or the module where it is in none."""
        return self.name.partition(".")[0]


def read_modules(package: Path) -> dict[str, Module]:
    """Every module below `package` by its name, with all it imports."""
    names = {name_of(path, package): path for path in sorted(package.rglob("*.py"))}
    return {name: read_module(name, path, package.name, set(names)) for name, path in names.items()}


def name_of(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_module(name: str, path: Path, package: str, names: set[str]) -> Module:
    tree = syntax_tree(path)
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


def unplaced_packages(modules: Iterable[Module]) -> list[str]:
    """Packages, and parts of packages that have layers of their own, which stand in no layer."""
    known = {"", "emulator", *(name for layer in LAYERS for name in layer)}
    known |= {f"{package}.{name}" for package, layers in INNER_LAYERS.items() for layer in layers for name in layer}
    return sorted({part for module in modules for part in parts(module.name)} - known)


def parts(name: str) -> list[str]:
    """The package of a module, and its part of that package where the package has inner layers."""
    package, _, rest = name.partition(".")
    inner = [f"{package}.{rest.partition('.')[0]}"] if rest and package in INNER_LAYERS else []
    return [package, *inner]


def misplaced_imports(modules: Iterable[Module], package: str) -> list[str]:
    """Imports of our own packages that go upwards or sideways, as `path:line: what is wrong`."""
    return [
        f"{module.path}:{each.line}: {importer or package} may not import {imported}"
        for module in modules
        for each in module.imports
        if (target := own(each.module, package)) is not None
        for importer, imported in [compared_parts(module.name, target)]
        if not may_import(importer, imported)
    ]


def compared_parts(name: str, target: str) -> tuple[str, str]:
    """The packages of a module and of what it imports: their parts where both are in one package with layers."""
    importer, imported = parts(name), parts(target)
    depth = 1 if importer[0] == imported[0] and len(importer) == len(imported) == 2 else 0
    return importer[depth], imported[depth]


def may_import(package: str, other: str) -> bool:
    if other in ("", package):  # the top holds the version
        return True
    if package == "":  # and the functions for programs, which it loads when they are first used
        return other == "project"
    if package == "emulator":
        return other in EMULATOR_IMPORTS
    if other == "emulator":
        return package in EMULATOR_IMPORTED_BY
    outer, _, part = package.partition(".")
    heights = heights_of(INNER_LAYERS[outer] if part else LAYERS)
    return heights.get(other.rpartition(".")[2], len(heights)) < heights.get(part or outer, -1)


def heights_of(layers: Layers) -> dict[str, int]:
    return {name: height for height, layer in enumerate(layers) for name in layer}


def misplaced_libraries(modules: Iterable[Module]) -> list[str]:
    """Imports of libraries that belong to other packages, as `path:line: what is wrong`."""
    return [
        f"{module.path}:{each.line}: only {' and '.join(LIBRARIES[library])} may import {library}"
        for module in modules
        for each in module.imports
        if (library := each.module.partition(".")[0]) in LIBRARIES
        and not any(f"{module.name}.".startswith(f"{package}.") for package in LIBRARIES[library])
    ]


def cycle(modules: Mapping[str, Module], package: str) -> list[str]:
    """The modules of one import cycle, or nothing. Imports in functions and for types count too."""
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


def test_every_package_has_a_layer(modules: dict[str, Module]) -> None:
    unplaced = unplaced_packages(modules.values())
    assert not unplaced, f"{unplaced[0]} has no layer: put it into LAYERS or INNER_LAYERS in {__file__}"


def test_the_package_shows_at_most_ten_entries() -> None:
    entries = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py")} - {"__init__.py"}
    assert len(entries) <= 10, entries


def test_each_layer_says_what_it_is(modules: dict[str, Module]) -> None:
    tops = [name for layer in LAYERS for name in layer] + ["emulator"]
    assert all(ast.get_docstring(syntax_tree(modules[name].path)) for name in tops)


def test_imports_go_only_downward(modules: dict[str, Module]) -> None:
    assert not misplaced_imports(modules.values(), PACKAGE.name)


def test_imports_form_no_cycle(modules: dict[str, Module]) -> None:
    assert not cycle(modules, PACKAGE.name)


def test_libraries_stay_in_their_packages(modules: dict[str, Module]) -> None:
    assert not misplaced_libraries(modules.values())


def test_json_is_read_with_msgspec_only_where_its_differences_are_checked(modules: dict[str, Module]) -> None:
    used = {module.name: names for module in modules.values() if (names := names_from_msgspec(module.path))}
    assert {name for name, names in used.items() if names - STRUCT_NAMES} == set(JSON_MODULES)


def names_from_msgspec(path: Path) -> set[str]:
    """The names that a module imports from msgspec; `msgspec` itself where it imports the whole package."""
    found: set[str] = set()
    for node, _ in import_statements(syntax_tree(path), at_once=True):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names if each.name.partition(".")[0] == "msgspec"}
        elif (node.module or "").partition(".")[0] == "msgspec":
            found |= {each.name for each in node.names}
    return found


def test_the_command_line_and_the_manifests_load_without_the_sdk(modules: dict[str, Module]) -> None:
    assert not loads_slow_library(modules, PACKAGE.name)


def test_modules_are_small(modules: dict[str, Module]) -> None:
    lines = {str(m.path): len(m.path.read_text(encoding="utf-8").splitlines()) for m in modules.values()}
    assert not {path: count for path, count in lines.items() if count >= MAX_LINES}


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A package in which every rule is broken once."""
    sources = {
        "__init__.py": "",
        "attic.py": "",
        "core/__init__.py": "",
        "core/cellar.py": "",
        "core/errors.py": "from .diagnostic import Place\n",
        "core/diagnostic.py": "def late():\n    from provisioner.core import errors\n",
        "core/kinds/__init__.py": "import openai.types\n",
        "core/kinds/file.py": "",
        "planning/__init__.py": "import provisioner.review.render.text\n",
        "review/render/__init__.py": "import provisioner.review.lint\n",
        "review/render/text.py": "import click\nfrom provisioner import __version__\n",
        "review/lint/__init__.py": "",
        "emulator/__init__.py": "import provisioner.state.records\n",
        "state/records.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import openai\n",
        "openai_api/http/__init__.py": "def connect():\n    import openai\n",
        "openai_api/targets/__init__.py": "def express():\n    import openai\n",
        "manifest/__init__.py": "import provisioner.core.kinds.file\nimport provisioner.openai_api.http\n",
    }
    root = tmp_path / "provisioner"
    for name, text in sources.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_every_broken_rule_is_found(broken: Path) -> None:
    modules = read_modules(broken)
    assert unplaced_packages(modules.values()) == ["attic", "core.cellar"]
    assert misplaced_imports(modules.values(), "provisioner") == [
        f"{broken}/core/diagnostic.py:2: core.diagnostic may not import core.errors",
        f"{broken}/emulator/__init__.py:1: emulator may not import state",
        f"{broken}/planning/__init__.py:1: planning may not import review",
        f"{broken}/review/render/__init__.py:1: review.render may not import review.lint",
    ]
    assert sorted(set(cycle(modules, "provisioner"))) == ["core.diagnostic", "core.errors"]
    assert [line.partition(": ")[2] for line in misplaced_libraries(modules.values())] == [
        "only openai_api.http and openai_api.definition and emulator may import openai",
        "only openai_api.http and openai_api.definition and emulator may import openai",
        "only cli may import click",
        "only openai_api.http and openai_api.definition and emulator may import openai",
    ]
    assert loads_slow_library(modules, "provisioner") == ["manifest > core.kinds > openai.types"]
