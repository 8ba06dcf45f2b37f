"""Every type of object is declared once: what other modules know of types is derived, and no type is missing there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.core.kinds import KINDS
from provisioner.core.objecttype import ADDRESS_KINDS, DELETE_ORDER, OBJECT_KINDS, TYPES, MarkPlace
from provisioner.core.target_names import TARGET_OF
from provisioner.openai_api.collections import FIELDS, REMOTE
from provisioner.openai_api.collections.marks import MARKINGS
from provisioner.openai_api.targets import TARGETS
from tests.sources import dotted, syntax_tree

PACKAGE = Path(__file__).parent.parent / "provisioner"
#: Where the words of an API stand that happen to be those of types: the emulator knows no types.
ELSEWHERE = ("emulator", "core/objecttype.py", "core/files")
WORDS = {*TYPES, *ADDRESS_KINDS}


def test_every_type_has_a_collection_and_every_collection_a_type() -> None:
    assert set(FIELDS) == set(TYPES)
    assert {each.declared.name for each in REMOTE} == {each.name for each in TYPES.values() if not each.local}


def test_every_type_has_its_place_among_deletions() -> None:
    assert {each.kind.name for each in TYPES.values()} == set(DELETE_ORDER)
    assert len({kind.delete_rank for kind in OBJECT_KINDS}) == len(OBJECT_KINDS)
    assert DELETE_ORDER == ("assistant", "environment", "vector_store", "skill", "file")


def test_users_are_deleted_before_what_they_use() -> None:
    """Columns of graphs lead from users to what they use; so does the order of deleting."""
    assert [kind.column for kind in OBJECT_KINDS] == sorted(kind.column for kind in OBJECT_KINDS)


def test_every_kind_that_manifests_declare_has_words() -> None:
    assert {kind.name for kind in KINDS} <= set(ADDRESS_KINDS)
    assert {kind.section for kind in KINDS} <= {kind.section for kind in ADDRESS_KINDS.values()}


def test_every_assistant_type_has_a_target() -> None:
    assert set(TARGET_OF) == {each.name for each in TYPES.values() if each.kind.name == "assistant"}
    assert {target.type: target.name for target in TARGETS.values()} == TARGET_OF


def test_every_place_of_a_mark_can_be_written_and_read() -> None:
    assert set(MARKINGS) == set(MarkPlace)
    for declared in TYPES.values():
        fields = FIELDS[declared.name]
        assert (declared.mark is MarkPlace.METADATA) == ("metadata" in fields)
        if declared.mark is MarkPlace.NAME:
            assert fields["name"].mode == "local"


def test_what_declarations_name_are_fields_of_the_type() -> None:
    for declared in TYPES.values():
        members = {name for name, field in FIELDS[declared.name].items() if field.mode == "members"}
        assert {declared.members} - {None} == members
        assert set(declared.content) <= set(FIELDS[declared.name])


def test_versions_and_what_they_are_versions_of_name_each_other() -> None:
    for declared in TYPES.values():
        if declared.versions is not None:
            version = TYPES[declared.versions.type]
            assert (version.version_of, version.kind) == (declared.name, declared.kind)
            modes = {name: field.mode for name, field in FIELDS[declared.name].items()}
            named = (declared.versions.content, declared.versions.default, declared.versions.latest)
            assert [modes[name] for name in named] == ["versioned", "pointer", "shown"]
            assert [list(modes.values()).count(mode) for mode in ("versioned", "pointer", "shown")] == [1, 1, 1]
        if declared.version_of is not None:
            owner = TYPES[declared.version_of].versions
            assert owner is not None
            assert owner.type == declared.name


def compared_words(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a type is asked for by a word: in comparisons with a type or a kind, in addresses, among collections."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others) if any(map(is_word, (left, *others))):
                if any(isinstance(side, ast.Attribute) and side.attr in ("type", "kind") for side in (left, *others)):
                    yield node
            case ast.Call(func=ast.Name(id="Address"), args=[first, *_]) if is_word(first):
                yield node
            case ast.Subscript(value=value, slice=key) if is_word(key) and dotted(value).endswith("collections"):
                yield node


def is_word(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in WORDS


@pytest.mark.parametrize(
    "source",
    [
        'record.type == "file"',
        '"vector_store" != change.address.kind',
        'Address("environment", name)',
        'self.collections["file"]',
    ],
)
def test_the_rule_finds_what_it_is_for(source: str) -> None:
    assert list(compared_words(ast.parse(source)))


def test_no_module_asks_for_a_type_by_a_word_of_its_own() -> None:
    found = [
        f"{path}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.relative_to(PACKAGE).as_posix().startswith(ELSEWHERE)
        for node in compared_words(syntax_tree(path))
        if "i.kind" not in ast.unparse(node)  # what the list of a folder shows: a file, a folder or a link
    ]
    assert found == []
