"""What holds whatever is written: order does not matter, scalars are those of YAML 1.2, and all errors are ours."""

from __future__ import annotations

import json
import math
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from provisioner.manifest.parsing.nodes import Builder, compose
from tests.manifest.conftest import CASES

BLOCKS = (
    "instructions:\n  one: {text: One.}\n",
    "vector_stores:\n  docs: {files: [a.md, {path: b.md, attributes: {n: 1}}]}\n",
    "assistants:\n  first: {instructions: [one], tools: [look, {type: file_search, vector_stores: [docs]}]}\n",
    "assistants:\n  second: {tools: [{type: code_interpreter, container: {files: [a.md, {file: c}]}}]}\n",
    "tools:\n  look: {type: function, name: look, parameters: {type: object, properties: {}}}\n",
    "files:\n  c: {path: c.md}\n",
)
SNIPPETS = st.sampled_from(
    [
        *(
            "assistants:",
            "tools:",
            "files:",
            "vector_stores:",
            "instructions:",
            "bot:",
            "type: function",
            "name:",
            "- ",
        ),
        *(
            "{",
            "}",
            "[",
            "]",
            "&a",
            "*a",
            "<<: *a",
            "!x",
            "!!str",
            "|",
            ">",
            "---",
            "...",
            "\n",
            "\n  ",
            "\n    ",
            "\t",
        ),
        *('"', "'", "\\", '"\\0"', '"\\ud800"', "#", ": ", "null", "~", "1", ".inf", "0x1", "*.md", "**", "../x", "/"),
        *(
            "file:",
            "text:",
            "path:",
            "files: [x]",
            "exclude: [x]",
            "x-",
            "extra:",
            "metadata:",
            "model:",
            "target: agents",
        ),
        *(
            "strict: true",
            "parameters: {}",
            "parameters: {file: a.yaml}",
            "variables: {a: 1}",
            "environment:",
            "mount:",
        ),
        *(
            "type: file_search",
            "vector_stores: [a]",
            "type: mcp",
            "type: namespace",
            "tools: [1]",
            "chunking_strategy:",
        ),
        *(
            "static:",
            "type: shell",
            "container: {files: [x]}",
            "lifecycle: {protect: 1}",
            "한",
            "\u1112",
            "\ufeff",
            "\x85",
        ),
    ]
)
ANYTHING = st.one_of(st.text(max_size=200), st.lists(SNIPPETS, max_size=30).map("".join))
NAMES = """
type name function file_search code_interpreter container files file path text tools parameters strict vector_stores
instructions metadata chunking_strategy static attributes lifecycle extra environment variables exclude target model
properties required anyOf items mount setup_commands namespace mcp shell server_url headers expires_after days bot
"""
WORDS = st.sampled_from(NAMES.split())
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["a.md", "*", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"provision.yaml": "project: helpers\ndefaults: {model: m}\n", **files}.items():
        path = folder / "manifests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return folder / "manifests"


def attempt(files: dict[str, str]) -> None:
    """Loads the files: an error without a place, or another than InvalidManifest, fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            load(write(Path(folder), files))
        except InvalidManifest as invalid:
            diagnostics = invalid.diagnostics
        else:
            return
    assert diagnostics
    assert all(item.place is not None for item in diagnostics)


@pytest.mark.thorough
@given(order=st.permutations(range(len(BLOCKS))), cuts=st.sets(st.integers(1, len(BLOCKS) - 1)))
@settings(max_examples=30)
def test_the_order_of_files_does_not_matter(order: list[int], cuts: set[int]) -> None:
    texts = {"a.md": "A", "b.md": "B", "c.md": "C"}
    first = {f"{index}.yaml": block for index, block in enumerate(BLOCKS)}
    second = {f"{place}.yaml": BLOCKS[index] for place, index in enumerate(order)}
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        a, b = load(write(Path(one), texts | first)), load(write(Path(two), texts | second))
    assert [(r.address, r.inputs, r.sources) for r in a.resources] == [
        (r.address, r.inputs, r.sources) for r in b.resources
    ]


@pytest.mark.thorough
@given(ANYTHING)
@example("a: &a [*a]")
@example("[" * 5000)
@example("? [a]\n: b")
@example('files: {a: {path: "\\0"}}')
@example('assistants: {a: {instructions: "\\ud800"}}')
@example("vector_stores: {a: {files: ['[z-a]', '[', '**', '***', '']}}")
@example("files: {a: {path: " + "x" * 5000 + "}}")
def test_any_text_is_read_or_refused(text: str) -> None:
    attempt({"a.yaml": text, "assistants/b.md": f"---\n{text}\n---\n{text}"})


@pytest.mark.thorough
@given(ANYTHING)
def test_any_settings_are_read_or_refused(text: str) -> None:
    attempt({"provision.yaml": text})
    attempt({"provision.yaml": f"project: a\n{text}"})


@pytest.mark.thorough
@given(st.dictionaries(st.sampled_from(["assistants", "tools", "vector_stores", "files", "instructions"]), VALUES))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_data_is_accepted_or_refused(data: dict[str, Any]) -> None:
    attempt({"a.yaml": json.dumps(data), "a.md": "A"})


@pytest.mark.thorough
@given(
    st.sampled_from(["assistants", "tools", "vector_stores", "files", "instructions"]),
    st.dictionaries(WORDS, VALUES, max_size=5),
    st.sampled_from(["function", "file_search", "code_interpreter", "namespace", "mcp", "shell", "custom"]),
)
def test_any_entry_is_accepted_or_refused(section: str, entry: dict[str, Any], kind: str) -> None:
    tool = {**entry, "type": kind, "name": "f"}
    data = {section: {"x": entry}, "tools": {"t": tool}, "assistants": {"b": {"tools": [tool, "t"]}}}
    attempt({"a.yaml": json.dumps(data), "a.md": "A"})


# Line ends of YAML 1.1 that 1.2 does not know; the C loader still does.
OLD_BREAKS = "\x85\u2028\u2029"


@pytest.mark.thorough
@given(st.sampled_from(sorted(CASES.glob("good, */manifests/[!.]*.yaml"))), st.data())
@settings(max_examples=200)
def test_a_good_manifest_with_one_thing_changed_is_accepted_or_refused(path: Path, data: st.DataObject) -> None:
    names = [each for each in path.parent.rglob("*") if each.suffix in (".yaml", ".md", ".csv", ".pdf")]
    files = {each.relative_to(path.parent).as_posix(): each.read_text(encoding="utf-8") for each in names}
    whole = read(files[path.name])
    changed = json.dumps(change(whole, data), default=str)
    attempt(files | {path.name: changed})


def change(value: Any, data: st.DataObject) -> Any:
    """The value with one part, somewhere inside, replaced or taken away."""
    if not isinstance(value, dict | list) or not value or not data.draw(st.integers(0, 4)):
        return data.draw(VALUES)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = data.draw(st.sampled_from(keys))
    inside = change(value[key], data)
    if isinstance(value, dict):
        return {name: (inside if name == key else item) for name, item in value.items() if name != key or inside != 0}
    return [inside if index == key else item for index, item in enumerate(value)]


@given(st.text(st.characters(codec="utf-8", exclude_characters=OLD_BREAKS), max_size=60))
def test_a_quoted_text_is_read_as_it_is(text: str) -> None:
    quoted = "".join(letter if letter.isalnum() or letter == " " else f"\\U{ord(letter):08x}" for letter in text)
    assert read(f'"{quoted}"') == text


@given(st.integers())
def test_an_integer_is_an_integer(number: int) -> None:
    assert read(str(number)) == number
    assert type(read(str(number))) is int


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_a_float(number: float) -> None:
    assert read(repr(number)) == number


@given(st.from_regex(re.compile(r"[A-Za-z0-9_.+~-]{1,8}", re.ASCII), fullmatch=True))
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str) -> None:
    # YAML 1.2.2, 10.3.2; a number with leading zeros stays a text here, so that 0123 is no 123.
    value = read(f"- {text}")
    value = value[0] if isinstance(value, list) else value
    if text in ("null", "Null", "NULL", "~"):
        assert value is None
    elif text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        assert value is (text.lower() == "true")
    elif re.fullmatch(r"0o[0-7]+", text):
        assert value == int(text[2:], 8)
    elif re.fullmatch(r"0x[0-9a-fA-F]+", text):
        assert value == int(text[2:], 16)
    elif re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", text):
        assert value == int(text)
    elif re.fullmatch(r"[-+]?0[0-9]+", text):
        assert value == text
    elif re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text) and math.isfinite(float(text)):
        assert value == float(text)
    elif not re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[-+.0-9eE]+|-+", text):
        assert value == text


@pytest.mark.parametrize("text", ["NO", "no", "on", "off", "yes", "Y", "2026-11-20", "0123", "12:30:45", "1_000"])
def test_what_yaml_1_1_would_bend_stays_a_text(text: str) -> None:
    assert read(text) == text
    assert read(f"{text}: {text}") == {text: text}


def read(text: str) -> Any:
    return Builder().build(compose(text))
