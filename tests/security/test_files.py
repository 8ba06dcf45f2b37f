"""Files are opened, listed, written and removed in `provisioner/core/files` only. The source is read, not run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.sources import dotted, syntax_tree

PACKAGE = Path(__file__).parents[2] / "provisioner"
SAFE = "core/files/"

#: Functions of modules that open files or change folders, also where they are imported by name.
MODULES: dict[str, frozenset[str]] = {
    "os": frozenset(
        {"open", "fdopen", "walk", "fwalk", "listdir", "scandir", "mkdir", "makedirs", "mkfifo", "mknod", "symlink"}
        | {
            "link",
            "rename",
            "renames",
            "replace",
            "unlink",
            "remove",
            "removedirs",
            "rmdir",
            "truncate",
            "chmod",
            "chown",
        }
    ),
    "io": frozenset({"open", "open_code", "FileIO"}),
    "sqlite3": frozenset({"connect"}),
    "codecs": frozenset({"open"}),
    "mmap": frozenset({"mmap"}),
}
#: Modules every function of which does.
WHOLE_MODULES = frozenset({"glob", "tempfile", "shutil", "fileinput", "linecache", "zipfile", "tarfile", "gzip", "dbm"})
#: Methods of paths. `replace` is not among them: texts have it, too, and a path's needs a name that was written.
METHODS = frozenset(
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob", "rglob", "walk", "touch"}
    | {"unlink", "mkdir", "rmdir", "rename", "symlink_to", "hardlink_to", "chmod"}
)

#: What is allowed elsewhere, with its reason.
ALLOWED: dict[tuple[str, str], str] = {
    ("core/catalog/data.py", "files('provisioner.core.catalog').joinpath('catalog.json').read_text"): "package data",
    ("review/cost/prices.py", "files('provisioner.review.cost').joinpath(LIST).read_text"): "package data",
    ("review/render/html/page.py", "resources.files(__package__).joinpath(name).read_text"): "package data",
    ("manifest/files/referenced_files.py", "tree.open"): "is Root.open",
    ("manifest/files/referenced_files.py", "files.open"): "is FolderFiles.open",
    ("manifest/files/project_files.py", "self.selection.root.open"): "is Root.open",
    ("manifest/files/folder_contents.py", "listings.walk"): "is Listings.walk",
    ("manifest/migration/python_source.py", "ast.walk"): "no files: the nodes of a syntax tree",
    ("manifest/writing/folder.py", "folder.rmdir"): "an empty folder that this run has made",
    ("manifest/writing/yaml_text.py", "dumper.open"): "no file: a text in memory",
    ("project/local_files.py", "Listings(base).walk"): "is Listings.walk",
    ("project/local_files.py", "os.fdopen"): "of a descriptor from open_beneath",
    ("project/trial.py", "tempfile.TemporaryDirectory"): "a new folder of its own, outside the project",
    ("state/backends/local.py", "JournalFile.open"): "is ours, and uses open_own",
    ("emulator/storage/connection.py", "sqlite3.connect"): "after check_own: SQLite opens the file itself",
    ("emulator/process.py", "tempfile.TemporaryFile"): "a file without a name, outside the project",
    ("state/backends/gitstore.py", "tempfile.TemporaryDirectory"): "a new folder of its own, outside the project",
    ("emulator/endpoints/store_files.py", "stores.touch"): "no file: a row of the database",
    ("emulator/endpoints/search.py", "stores.touch"): "no file: a row of the database",
    ("emulator/endpoints/turn_tooling.py", "stores.touch"): "no file: a row of the database",
    (
        "emulator/answering/interpreter.py",
        "tempfile.TemporaryDirectory",
    ): "a new folder of its own, outside the project",
    ("emulator/answering/sandbox.py", "os.open"): "a new file in the folder that its parent has made",
    ("emulator/answering/scripts/reading.py", "files(__package__).joinpath(SHIPPED).read_text"): "package data",
    ("emulator/endpoints/batches.py", "stores.touch"): "no file: a row of the database",
    ("emulator/file_indexing/office_files.py", "zipfile.ZipFile"): "of bytes in memory",
    ("emulator/file_indexing/office_files.py", "zipfile.ZipInfo"): "a type",
    ("emulator/file_indexing/office_files.py", "archive.open"): "of a part of bytes in memory",
    ("emulator/file_indexing/office_files.py", "zipfile.BadZipFile"): "an exception",
    ("emulator/file_indexing/office_files.py", "zipfile.ZIP_STORED"): "a constant",
    ("emulator/file_indexing/office_files.py", "zipfile.ZIP_DEFLATED"): "a constant",
    ("core/childprocess.py", "shutil.which"): "in absolute folders of PATH, whose programs are trusted",
    ("manifest/project_settings/statefolder.py", "os.scandir"): "names and kinds, links not followed",
    ("manifest/project_settings/statefolder.py", "os.listdir"): "names only",
    ("project/credentials.py", "os.listdir"): "names only",
    ("cli/terminal.py", "shutil.get_terminal_size"): "no file: the terminal",
    ("core/childstreams.py", "os.listdir"): "of /proc, which lists processes",
    ("core/childstreams.py", "(PROCESSES / str(each) / 'stat').read_bytes"): "of /proc, which lists processes",
    ("engine/running/function_process.py", "glob.glob"): "of /proc, in a process of a local function",
    ("cli/dialogues.py", "runner.open"): "no file: a dialogue with an assistant",
    ("engine/testing/sampling.py", "partner.open"): "no file: a dialogue with an assistant",
    ("engine/testing/answer_checker.py", "tempfile.TemporaryFile"): "a file without a name, outside the project",
    ("engine/running/function_process.py", "open"): "of os.devnull, in a process of a local function",
    ("engine/running/function_process.py", "os.fdopen"): "of a standard stream, which is open",
    ("manifest/json_schemas/signatures.py", "ast.walk"): "no file: a syntax tree",
    ("cli/failure.py", "os.open"): "of os.devnull, whose name is fixed",
    ("cli/nullstreams.py", "os.open"): "of os.devnull, whose name is fixed",
    ("cli/nullstreams.py", "os.fdopen"): "of the standard streams, which are open",
}


def opening_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the name of every call in a module that can open or change files."""
    nodes = tuple(ast.walk(tree))
    names = dict(_imported(nodes))
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id, "")
            if module in WHOLE_MODULES or node.attr in MODULES.get(module, ()):
                yield node.lineno, f"{module}.{node.attr}"
                continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            text = dotted(node.func)
            if text.partition(".")[0] not in (*MODULES, *WHOLE_MODULES):
                yield node.lineno, text
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "open" or names.get(node.func.id, "").startswith("!"):
                yield node.lineno, names.get(node.func.id, "open").removeprefix("!")
            elif node.func.id == "dotenv_values" and not any(word.arg == "stream" for word in node.keywords):
                yield node.lineno, "dotenv_values"


def _imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """What imported names stand for: a module, or `!module.function` where that opens files."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                if module in WHOLE_MODULES or alias.name in MODULES.get(module, ()):
                    yield alias.asname or alias.name, f"!{module}.{alias.name}"


def found_in_package() -> set[tuple[str, str]]:
    return {(where, call) for where, _, call in _everywhere()}


@cache
def _everywhere() -> tuple[tuple[str, int, str], ...]:
    return tuple(
        (name, line, call)
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (name := path.relative_to(PACKAGE).as_posix()).startswith(SAFE)
        for line, call in opening_calls(syntax_tree(path))
    )


def test_files_are_opened_in_one_package() -> None:
    wrong = [f"provisioner/{name}:{line}: {call}" for name, line, call in _everywhere() if (name, call) not in ALLOWED]
    assert not wrong, f"use provisioner.core.files instead: {wrong}"


def test_nothing_is_allowed_that_is_gone() -> None:
    assert not set(ALLOWED) - found_in_package()


def test_every_way_to_open_a_file_is_found() -> None:
    source = """
import os, tempfile, sqlite3 as sql
from glob import glob as search
from os import open as raw
open("a")
os.open("a", 0)
os.fdopen(3)
raw("a", 0)
search("*")
tempfile.mkstemp()
sql.connect("a")
path.open()
path.read_text()
(folder / "x").write_bytes(b"")
folder.iterdir()
dotenv_values(path)
scan = os.walk
"""
    assert {call for _, call in opening_calls(ast.parse(source))} == {
        "open", "os.open", "os.fdopen", "glob.glob", "tempfile.mkstemp", "sqlite3.connect", "path.open",
        "path.read_text", "(folder / 'x').write_bytes", "folder.iterdir", "dotenv_values", "os.walk",
    }  # fmt: skip
