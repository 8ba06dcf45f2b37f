"""Names and texts are normalised in one module, which takes no quadratic time for combining marks in any order."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest
from provisioner.core.files.root import is_forbidden
from provisioner.core.text.composition import SORTED_MARKS, to_nfc, to_nfkc
from provisioner.manifest import load
from provisioner.review.view.words import differ_in_composition_only
from tests.cputime import at_most

PACKAGE = Path(__file__).parents[2] / "provisioner"
SAFE = "core/text/composition.py"
#: Marks of several classes; characters that are no marks and decompose into some, in both forms or in one of them;
#: letters that are composed with marks, and others.
CHARACTERS = (
    "\u0301\u0327\u0323\u0345\u0308\u0f71\u0f73\u0f81\u0344\uff9e\u3099か가\u11a8aéǖ \u00a8\u200d\U0001d15f\u0300"
)
#: The standard library takes several seconds for this in either form.
MARKS = "a" + "\u0301\u0327" * 30_000
SECONDS = 2.5


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(CHARACTERS, min_size=1, max_size=4), st.sampled_from([1, 2, SORTED_MARKS, 3 * SORTED_MARKS])),
        max_size=6,
    )
)
def test_the_forms_are_those_of_the_standard_library(pieces: list[tuple[str, int]]) -> None:
    text = "".join(piece * count for piece, count in pieces)
    assert to_nfc(text) == unicodedata.normalize("NFC", text)
    assert to_nfkc(text) == unicodedata.normalize("NFKC", text)


def test_what_begins_with_a_mark_consists_of_marks() -> None:
    for character in map(chr, (*range(0x300, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x20000))):
        text = unicodedata.normalize("NFKD", character)
        assert not unicodedata.combining(text[0]) or all(map(unicodedata.combining, text)), hex(ord(character))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("marks", ["\u0301\u0327", "\u0f73", "\u0f81\u0f71", "\uff9e\u0301", "\u0344\u0345\u0323"])
def test_marks_without_end_take_time_in_proportion(marks: str) -> None:
    with at_most(SECONDS):
        to_nfc("a" + marks * 60_000)
        to_nfkc("a" + marks * 60_000)


BASE = "assistants: {h: {model: m, instructions: Hi%s}}\n"
MANIFESTS = {
    "a fragment": f'assistants: {{h: {{model: m, instructions: ["{MARKS}"]}}}}\n',
    "a tool": BASE % f', tools: ["{MARKS}"]',
    "a store": BASE % f', tools: [{{type: file_search, vector_stores: ["{MARKS}"]}}]',
    "a file in a container": BASE % f', tools: [{{type: code_interpreter, container: {{files: ["{MARKS}"]}}}}]',
    "a path": f'instructions: {{p: {{file: "{MARKS}"}}}}\n',
    "a glob": f'vector_stores: {{s: {{files: ["{MARKS}*"]}}}}\n',
    "a file": f'vector_stores: {{s: {{files: ["{MARKS}"]}}}}\n',
    "an upload": f'files: {{f: {{file: "{MARKS}"}}}}\n',
    "a variable": f'assistants: {{h: {{instructions: [{{text: "{{{{a}}}}", variables: {{? "{MARKS}" : 1}}}}]}}}}\n',
    "an assistant": f'assistants: {{? "{MARKS}" : {{name: x}}}}\n',
    "a declared tool": f'tools: {{? "{MARKS}" : {{type: function, name: x}}}}\n',
}  # fmt: skip


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_with_marks_without_end_is_read_soon(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "provision.yaml").write_text("project: helpers\n", encoding="utf-8")
    (folder / "a.yaml").write_text(MANIFESTS[name], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with at_most(SECONDS), suppress(InvalidManifest):
        load(folder)


@pytest.mark.parametrize(
    "read",
    [
        lambda: Address.parse(f"assistant.{MARKS}"),
        lambda: is_forbidden(MARKS),
        lambda: differ_in_composition_only(MARKS, MARKS + "b"),
    ],
    ids=["address", "name of a file", "difference"],
)
def test_other_names_with_marks_without_end_are_read_soon(read: Callable[[], object]) -> None:
    with at_most(SECONDS):
        read()


def test_nothing_else_normalises() -> None:
    texts = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    found = [
        f"{name}: {ast.unparse(node)}"
        for name, text in texts.items()
        if name != SAFE and "unicodedata" in text
        for node in ast.walk(ast.parse(text))
        if _normalises(node)
    ]
    assert SAFE in texts
    assert not found, "call to_nfc or to_nfkc of provisioner/core/text/composition.py here"


def _normalises(node: ast.AST) -> bool:
    """Whether a node names a function of `unicodedata` that normalises, or gives the module another name."""
    if isinstance(node, ast.ImportFrom) and node.module == "unicodedata":
        return any(each.name in ("normalize", "is_normalized", "*", "ucd_3_2_0") for each in node.names)
    if isinstance(node, ast.Import):
        return any(each.name == "unicodedata" and each.asname for each in node.names)
    return isinstance(node, ast.Attribute) and node.attr in ("normalize", "is_normalized") and _is_module(node.value)


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "unicodedata"


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".ENV.local",
        ".git",
        ".Git. ",
        ".provision",
        "\u2024env",
        "\uff0egit",
        "\u200b.git",
        ".g\u200bit",
        ".ｅnv",
    ],
)
def test_spellings_of_forbidden_names_are_forbidden(name: str) -> None:
    assert is_forbidden(name)


@given(st.text(max_size=12) | st.text(".git env", max_size=8))
def test_a_name_without_a_dot_at_its_beginning_is_decided_without_normalisation(name: str) -> None:
    visible = "".join(each for each in to_nfkc(name) if unicodedata.category(each) != "Cf").casefold()
    expected = visible.rstrip(". ") in (".git", ".provision") or visible.startswith(".env")
    assert is_forbidden(name) == expected
