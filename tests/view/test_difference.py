"""The leaves of two values: nothing that came or went is left out of them."""

from __future__ import annotations

from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.planning.plan import Unknown
from provisioner.review.view.alignment import align
from provisioner.review.view.difference import ABSENT, Difference, compare, to_plain
from provisioner.review.view.member_differences import ATTACHED, compare_members

PROMPT = "Answer in plain words. " * 20
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": PROMPT,
        "parameters": {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(9)}},
    },
}


def leaves(before: Any, after: Any, path: str = "f") -> list[tuple[str, str, Any]]:
    found = compare(path, before, after)
    return [(each.path, each.kind, each.before if each.kind == "removed" else each.after) for each in found]


@pytest.mark.parametrize("side", ["added", "removed"])
def test_a_tool_that_comes_or_goes_is_shown_leaf_by_leaf(side: str) -> None:
    sides = ([], [TOOL]) if side == "added" else ([TOOL], [])
    found = list(compare("tools", *sides))
    below = "tools[function look_up].function"
    assert {each.kind for each in found} == {side}
    assert [each.path for each in found][:2] == [f"{below}.description", f"{below}.name"]
    text = found[0].text
    assert text is not None
    assert [len(hunk.blocks) for hunk in text.hunks] == [1]
    assert (f"{below}.parameters.type", side, "object") in leaves(*sides, "tools")
    assert (f"{below}.parameters.properties.field_8", side, {"type": "string"}) in leaves(*sides, "tools")


def test_a_field_that_comes_with_all_of_its_tools_is_shown_so_too() -> None:
    assert leaves(ABSENT, [TOOL], "tools") == leaves([], [TOOL], "tools") == leaves(None, [TOOL], "tools")
    assert ("tools[function look_up].type", "added", "function") in leaves(ABSENT, [TOOL], "tools")


def test_what_is_short_stays_one_leaf() -> None:
    assert leaves(ABSENT, {"type": "auto"}) == [("f", "added", {"type": "auto"})]
    assert leaves([{"type": "mcp"}], []) == [("f[mcp]", "removed", {"type": "mcp"})]


def test_a_value_of_another_form_is_shown_as_gone_and_come() -> None:
    schema = {"type": "json_schema", "json_schema": {f"field_{n}": "string" for n in range(20)}}
    found = leaves("auto", schema)
    assert found[0] == ("f", "removed", "auto")
    assert ("f.json_schema.field_19", "added", "string") in found
    assert [each[:2] for each in leaves(PROMPT, 5)] == [("f", "removed"), ("f", "added")]


def test_an_id_that_is_not_known_yet_stays_whole() -> None:
    unknown = to_plain(Unknown(Address("vector_store", "p" * 200)))
    assert leaves(ABSENT, unknown) == [("f", "added", unknown)]
    assert leaves(ABSENT, [unknown]) == [("f[0]", "added", unknown)]


def test_long_attributes_of_a_file_are_shown_one_by_one() -> None:
    member = {"file_id": "file-1", "attributes": {"path": "a.md", **{f"k{n}": "v" * 60 for n in range(4)}}}
    found = list(compare_members("files", {}, {'file["a.md"]': member}))
    assert found[0] == Difference("files[a.md]", ABSENT, ATTACHED)
    assert [each.path for each in found[1:]] == [f"files[a.md].attributes.k{n}" for n in range(4)]


def test_short_texts_that_look_the_same_say_what_differs() -> None:
    (blanks,) = compare("name", "Hello  there", "Hello there")
    assert blanks.text is not None
    assert blanks.text.blanks_only
    (composed,) = compare("name", "caf\u00e9", "cafe\u0301")
    assert composed.text is not None
    assert [hunk.note() for hunk in composed.text.hunks] == ["only how letters are composed differs"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["x", "y", "z"], ["w", "x", "z"], [("f[0]", "added", "w"), ("f[1]", "removed", "y")]),
        ([{"k": n} for n in range(5)], [{"k": n} for n in range(1, 5)], [("f[0]", "removed", {"k": 0})]),
        ([1, 2, 3], [1, 5, 3], [("f[1]", "changed", 5)]),
        (
            [{"k": 1, "v": "a", "w": 1}, {"q": 7}],
            [{"z": 1}, {"y": 2}, {"k": 1, "v": "b", "w": 1}],
            [("f[0]", "added", {"z": 1}), ("f[1]", "added", {"y": 2}), ("f[2].v", "changed", "b")],
        ),
        (["d", "a", "x", "b"], ["a", "b", "y"], [("f[0]", "removed", "d"), ("f[2 before]", "removed", "x")]),
    ],
)
def test_items_without_names_are_found_wherever_they_stand(
    before: list[Any], after: list[Any], expected: list[tuple[str, str, Any]]
) -> None:
    found = leaves(before, after)
    assert set(map(repr, expected)) <= set(map(repr, found))
    assert len({path for path, *_ in found}) == len(found)
    assert len(found) <= len(expected) + 1


ITEMS = st.lists(st.sampled_from(["a", "b", 1, None, True]), max_size=8)


@given(ITEMS, ITEMS)
def test_an_alignment_makes_one_list_of_the_other(before: list[Any], after: list[Any]) -> None:
    steps = align(before, after)
    gone, come = {i for i, _ in steps if i is not None}, {j for _, j in steps if j is not None}
    stayed = [repr(item) for i, item in enumerate(before) if i not in gone]
    assert stayed == [repr(item) for j, item in enumerate(after) if j not in come]
    paths = [each.path for each in compare("f", before, after)]
    assert len(paths) == len(set(paths))


def test_items_with_keys_that_begin_with_underscores_are_compared_by_these_keys() -> None:
    before = [{"__a": 1, "__b": "text", "__c": "text"}]
    after = [{"__d": "another", "__e": "another", "__f": "another"}, {"__g": 1}]
    assert align(before, after) == [(0, None), (None, 0), (None, 1)]


KEYS = st.sampled_from(["a", "b", "c", "__d", "e f"])
VALUES = st.recursive(
    st.sampled_from(["a", "b", 1, 2, None, True]),
    lambda inside: (
        st.dictionaries(KEYS, inside, max_size=3)
        | st.dictionaries(KEYS, inside, max_size=3).map(lambda held: [{**held, "name": "one"}, {"name": "two"}])
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


class Items(dict[str, Any]):
    """The items of a list by their names."""


@settings(max_examples=40)
@given(OBJECTS, OBJECTS)
def test_differences_are_where_deepdiff_finds_them(before: dict[str, Any], after: dict[str, Any]) -> None:
    """An independent check that nothing is left out: DeepDiff is given the items of lists by their names."""
    found = DeepDiff(
        by_name(before), by_name(after), view="tree", ignore_private_variables=False, threshold_to_diff_deeper=0
    )
    expected = {path_of(level) for levels in found.values() for level in levels}
    shown = [each.path for each in compare("f", before, after)]
    # A long value that is added or removed is shown in parts, and a value of another type as both.
    assert all(any(path.startswith(each) for path in shown) for each in expected)
    assert all(any(path.startswith(each) for each in expected) for path in shown)


def by_name(value: Any) -> Any:
    if isinstance(value, list):
        return Items({item["name"]: by_name(item) for item in value})
    return {key: by_name(item) for key, item in value.items()} if isinstance(value, dict) else value


def path_of(level: Any) -> str:
    """The path as differences have it. A key that is no plain name is in brackets, as a list's item is."""
    path, above = "f", level.all_up
    while above is not level:
        key = above.t1_child_rel.param if above.t1_child_rel else above.t2_child_rel.param
        path += f"[{key}]" if isinstance(above.t1, Items) or " " in key else f".{key}"
        above = above.down
    return path
