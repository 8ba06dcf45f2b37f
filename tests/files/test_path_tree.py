"""A glob finds the same files in a tree of paths as by a comparison with each path, in fewer steps."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.files.path_tree import PathTree
from provisioner.core.files.patterns import Budget, Pattern, parse_pattern

NAMES = st.sampled_from(["a", "b", "a.md", "b.md", ".a", "[a]", "*"])
PATHS = st.frozensets(st.lists(NAMES, min_size=1, max_size=4).map("/".join), max_size=8)
PARTS = st.sampled_from(["a", "b", "*", "**", "*.md", "?", "[ab]", "a*", ".a", ".*", "[[]a]", ".."])
GLOBS = st.tuples(st.lists(PARTS, min_size=1, max_size=4).map("/".join), st.sampled_from(["", "/"])).map("".join)


def compared(pattern: Pattern, name: str, is_folder: bool) -> bool:
    """Returns whether the glob matches one path, name by name; for a folder, whether it can match a path below."""
    budget, positions = Budget(), pattern.begin
    for part in name.split("/"):
        positions = pattern.step(positions, part, budget)
    return bool(positions) if is_folder else pattern.is_end(positions) and not pattern.folders


def tree_of(paths: Iterable[str]) -> PathTree:
    tree = PathTree()
    for path in paths:
        *folder, name = path.split("/")
        tree.add(folder, [name], [path])
    return tree


@given(PATHS, PATHS, GLOBS)
def test_the_same_files_are_found(files: frozenset[str], folders: frozenset[str], glob: str) -> None:
    pattern = parse_pattern(glob, ("a",), Budget())
    if pattern is None:
        return
    found = set(tree_of(files | folders).matching(pattern, Budget(), folders))
    assert found == {path for path in files | folders if compared(pattern, path, path in folders)}


@given(st.lists(NAMES, max_size=6), GLOBS)
def test_the_names_in_a_folder_are_compared_as_each_name_alone(names: list[str], glob: str) -> None:
    pattern = parse_pattern(glob, (), Budget())
    if pattern is None:
        return
    alone, together = Budget(), Budget()
    matches = [pattern.step(pattern.begin, name, alone) for name in names]
    expected = [pattern.is_end(following) and not pattern.folders for following in matches]
    assert list(map(bool, pattern.matches(pattern.begin, names, together))) == expected
    assert together == alone


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("glob", ["books/{}/*.md", "books/{}/**", "books/{}/[0-9]*.md"])
def test_folders_that_a_glob_does_not_lead_to_cost_nothing(glob: str) -> None:
    def comparisons(count: int) -> int:
        names = [f"books/{folder}/{file}.md" for folder in range(count) for file in range(10)]
        tree, budget = tree_of(names), Budget()
        before = budget.comparisons
        for folder in range(count):
            pattern = parse_pattern(glob.format(folder), (), budget)
            assert pattern is not None
            assert len(list(tree.matching(pattern, budget))) == 10
        return before - budget.comparisons

    assert comparisons(200) <= 2 * comparisons(100)
