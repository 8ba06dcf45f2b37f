"""Values are replaced, added and taken away in the text of a file; every other byte stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.core.equality import same
from provisioner.core.text.prose import normalise_lines
from provisioner.manifest.editing.differences import find_edits
from provisioner.manifest.editing.node_edits import NodeEdits, NotEditable
from provisioner.manifest.editing.source_text import Overlapping, SourceText, replace_lines
from provisioner.manifest.editing.spans import Spans
from provisioner.manifest.parsing.nodes import Builder, compose
from provisioner.manifest.writing.yaml_text import write_yaml


def read(text: str) -> Any:
    return Builder().build(compose(normalise_lines(text)))


def edit(text: str, after: Any, *, is_json: bool = False) -> str:
    """The text after the edits that lead to `after`; it is read as `after`."""
    source = SourceText(text)
    spans = Spans(source, compose(source.text))
    edited = source.replaced(NodeEdits(spans, is_json).splices(list(find_edits(read(text), after))))
    assert same(read(edited), after), edited
    return edited


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a: 1  # one\nb: 2\n", {"a": 3, "b": 2}, "a: 3  # one\nb: 2\n"),
        ("a: 'x'\nb: \"y\"\n", {"a": "it's", "b": 'z"'}, "a: 'it''s'\nb: \"z\\\"\"\n"),
        ("a: 1\r\nb: {c: 2}\r\n", {"a": 1, "b": {"c": 2, "d": 3}}, "a: 1\r\nb: {c: 2, d: 3}\r\n"),
        ("\ufeffa: 1\n", {"a": 2}, "\ufeffa: 2\n"),
        ("a: |\n  x\n  y\n\n# end\nb: 1\n", {"a": "x\nz\n", "b": 1}, "a: |\n  x\n  z\n\n# end\nb: 1\n"),
        ("a:\n  b: 1  # gone\n  # stays\n  c: 2\n", {"a": {"c": 2}}, "a:\n  # stays\n  c: 2\n"),
        ("a:\n  b: 1\nc: 2\n", {"c": 2}, "c: 2\n"),
        ("a:\nb: 1\n", {"a": {"x": 1}, "b": 1}, "a: {x: 1}\nb: 1\n"),
        ("a: ~\n", {"a": "x"}, "a: x\n"),
        ("a: 1", {"a": 1, "b": {"c": "d"}}, "a: 1\nb: {c: d}"),
        ("a: [1, 2, 3] # list\n", {"a": [1, 3]}, "a: [1, 3] # list\n"),
        ("a:\n- x # first\n- y\n", {"a": ["x", "y", "z"]}, "a:\n- x # first\n- y\n- z\n"),
        ("a:\n  - x\n  - y # gone\n  - z\n", {"a": ["x", "z"]}, "a:\n  - x\n  - z\n"),
        ("a: &kept 1\nb: 2\n", {"a": 5, "b": 2}, "a: &kept 5\nb: 2\n"),
        ("a: |-  # why\n  x\n  y\nb: 1\n", {"a": "x\nz", "b": 1}, "a: |-  # why\n  x\n  z\nb: 1\n"),
        ("a: >2 # why\n    x\nb: 1\n", {"a": "x: y", "b": 1}, "a: |- # why\n    x: y\nb: 1\n"),
        ("a: |  # why\n  x\n", {"a": " x"}, "a: ' x'  # why\n"),
        ("a: |  # why\n  x\n", {"a": [1, {"b": "c"}]}, "a: [1, {b: c}]  # why\n"),
        ("a: 'x'  # why\nb: 1\n", {"a": "x\ny", "b": 1}, 'a: "x\\ny"  # why\nb: 1\n'),
        ("a: [1] # why\n", {"a": {"b": {"c": 1}}}, "a: {b: {c: 1}} # why\n"),
        ("x: &s 1\na:\n  b: *s\n  c: 2\n", {"x": 1, "a": {"b": 1, "c": 3}}, "x: &s 1\na:\n  b: *s\n  c: 3\n"),
        (
            "x: &s {b: 1}\na:\n  <<: *s\n  c: 2\n",
            {"x": {"b": 1}, "a": {"b": 1, "c": 3}},
            "x: &s {b: 1}\na:\n  <<: *s\n  c: 3\n",
        ),
        ("{\n  b: 1, # one\n  c: 2\n}\n", {"b": 1, "c": 2, "d": 3}, "{\n  b: 1, # one\n  c: 2,\n  d: 3\n}\n"),
    ],
)
def test_only_what_differs_is_written(before: str, after: Any, expected: str) -> None:
    assert edit(before, after) == expected


def test_json_stays_json() -> None:
    assert edit('{\n  "a": "x",\n  "b": [1]\n}\n', {"a": "y\n", "b": [1, 2], "c": None}, is_json=True) == (
        '{\n  "a": "y\\n",\n  "b": [1, 2],\n  "c": null\n}\n'
    )


@pytest.mark.parametrize(
    "text",
    ["base: &b {x: 1}\na: *b\n", "base: &b {x: 1}\na: {<<: *b, y: 2}\n", "a: &b {x: 1}\nother: *b\n"],
)
def test_what_is_shared_is_refused(text: str) -> None:
    data = read(text)
    after = {**data, "a": {**data["a"], "x": 2}}
    source = SourceText(text)
    with pytest.raises(NotEditable):
        list(NodeEdits(Spans(source, compose(source.text))).splices(list(find_edits(data, after))))


def test_prose_keeps_lines_that_are_equal() -> None:
    source = SourceText("\ufeffOne.\r\nTwo.\nThree.\r\n")
    assert source.replaced(replace_lines("One.\nTwo.\nThree.", "One.\n2.\n2b.\nThree.")) == (
        "\ufeffOne.\r\n2.\n2b.\nThree.\r\n"
    )


def test_a_line_before_the_first_one_does_not_repeat_the_bom() -> None:
    source = SourceText("\ufeffOne.\r\n")
    assert source.replaced(replace_lines("One.", "Zero.\nOne.")) == "\ufeffZero.\r\nOne.\r\n"


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.characters(codec="ascii"), max_size=6)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.dictionaries(st.sampled_from("abcd"), VALUES, min_size=1, max_size=4)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@example({"a": [{"a": None}]}, {"a": [{}]}, 0)
@example({"a": [{"a": None}]}, {"a": [{}]}, 3)
@example({"a": [False]}, {"a": [None, None, False]}, 0)
@example({"a": None}, {"a": ":0"}, 0)
@example({"a": None}, {"a": "\n"}, 0)
@example({"a": ["x\n"]}, {"a": ["x"]}, 3)
@example({"a": [None, "0"]}, {"a": [None, "\x7f\x85\u2028"]}, 0)
@example({"a": [None, [None]]}, {"a": [None, [False, None]]}, 3)
@example({"a": [None, None, [None]]}, {"a": [None, [], [False, None]]}, 3)
@example({"a": [[[0]]]}, {"a": [[[1, {"b": 2, "c": [3]}, 0]]]}, 3)
@given(before=ENTRIES, after=ENTRIES, levels=st.integers(0, 3))
def test_any_edit_is_read_as_what_was_meant_or_is_refused(before: Any, after: Any, levels: int) -> None:
    text = "# first\n" + write_yaml(before, levels=levels) + "# last\n"
    source = SourceText(text)
    try:
        edited = source.replaced(
            NodeEdits(Spans(source, compose(source.text))).splices(list(find_edits(before, after)))
        )
    except (NotEditable, Overlapping):
        return
    assert edited.startswith("# first\n")
    assert without_empty(read(edited) or {}) == without_empty(after)


def without_empty(value: Any) -> Any:
    """A value without the maps and lists that are empty: taking everything out of one takes it away."""
    if isinstance(value, dict):
        items = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in ({}, [], None)}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


def test_the_file_is_not_rewritten_if_it_was_changed_meanwhile(tmp_path: Path) -> None:
    from provisioner.core.errors import Blocked, UsageError
    from provisioner.core.files.root import Root
    from provisioner.project.rewriting import rewrite

    root, file = Root(tmp_path.resolve()), tmp_path.resolve() / "a.yaml"
    file.write_bytes(b"new")
    with pytest.raises(Blocked, match="was changed"):
        rewrite(root, {file: b"old"}, {file: b"mine"})
    assert file.read_bytes() == b"new"
    link = tmp_path.resolve() / "link.yaml"
    link.symlink_to(file)
    with pytest.raises(UsageError, match="is a link"):
        rewrite(root, {link: b"new"}, {link: b"mine"})
    assert rewrite(root, {file: b"new"}, {file: b"mine"}) == [file]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
