"""A glob finds the same files in a tree of paths as by a comparison with each path, in fewer steps."""

from __future__ import annotations

from pathlib import Path

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


@given(PATHS, PATHS, GLOBS)
def test_the_same_files_are_found(files: frozenset[str], folders: frozenset[str], glob: str) -> None:
    pattern = parse_pattern(glob, ("a",), Budget())
    if pattern is None:
        return
    names = {Path(name): name.split("/") for name in files | folders}
    linked = frozenset(map(Path, folders))
    found = set(PathTree(names).matching(pattern, Budget(), linked))
    assert found == {path for path in names if compared(pattern, path.as_posix(), path in linked)}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("glob", ["books/{}/*.md", "books/{}/**", "books/{}/[0-9]*.md"])
def test_folders_that_a_glob_does_not_lead_to_cost_nothing(glob: str) -> None:
    def comparisons(count: int) -> int:
        names = [["books", str(folder), f"{file}.md"] for folder in range(count) for file in range(10)]
        tree, budget = PathTree({Path(*parts): parts for parts in names}), Budget()
        before = budget.comparisons
        for folder in range(count):
            pattern = parse_pattern(glob.format(folder), (), budget)
            assert pattern is not None
            assert len(list(tree.matching(pattern, budget))) == 10
        return before - budget.comparisons

    assert comparisons(200) <= 2 * comparisons(100)
