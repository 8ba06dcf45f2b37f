"""Characters that YAML's parsers trip over, numbers as they are written, and places that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from tests.manifest.conftest import ProjectAt

SETTINGS = "project: helpers\ndefaults: {model: gpt-4.1}\n"


def attempt(project: ProjectAt, text: str, name: str = "a.yaml") -> list[str]:
    try:
        load(project({"provision.yaml": SETTINGS, name: text}))
    except InvalidManifest as invalid:
        return [str(item) for item in invalid.diagnostics]
    return []


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2003", "\u202f", "\u200b", "\u2060"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("assistants:\n__a:\n____model: m\n", "2:1"),
        ("assistants:\n  a:\n    model: m\n____instructions: x\n", "4:1"),
        ("assistants:\n  a:\n    model: m\n  __instructions: x\n", "4:3"),
        ("assistants:\n  a:\n    model:_m\n    instructions: x\n", "3:11"),
        ("assistants:\n  a:\n    model:_m\n", "3:5"),
        ("assistants:\n  a:\n    tools:\n      -_web_search\n", "4:7"),
        ("assistants:\n  a: {model:_m}\n", "2:7"),
        ("assistants:\n  a:\n    model_: m\n", "3:5"),
    ],
)
def test_another_space_is_reported_where_it_stands(text: str, place: str, space: str, project: ProjectAt) -> None:
    said, *more = attempt(project, re.sub("(?<!web)_", space, text))
    assert len(more) == text.count("____model")
    assert said.startswith(f"manifests/a.yaml:{place}: ")
    assert f"the invisible character U+{ord(space):04X}" in said
    assert "is where YAML needs an ordinary space; replace it" in said


@pytest.mark.parametrize(
    "text", ["a\u00a0b", "\u00a0 a", "Note:\u00a0a", "Prix\u00a0: 3", "a\n      \u3000b", "-\u00a0a"]
)
def test_in_a_text_it_is_a_character(text: str, project: ProjectAt) -> None:
    for written in (f"|\n      {text}", json.dumps(text, ensure_ascii=False).replace("\\n", " ")):
        assert attempt(project, f"assistants:\n  a:\n    instructions: {written}\n") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("assistants: {}\n\ufefftools: {}\n", "2:1"),
        ("assistants:\n  a: {name: a\ufeffb}\n", "2:14"),
        ("assistants:\n  a: {name: 'a\ufeffb'}\n", "2:15"),
        ("\ufeff\ufeffassistants: {}\n", "1:1"),
    ],
)
def test_a_byte_order_mark_inside_a_file_is_reported(text: str, place: str, project: ProjectAt) -> None:
    [said] = attempt(project, text)
    assert said.startswith(f"manifests/a.yaml:{place}: the invisible character U+FEFF is here")
    (Path("manifests") / "a.yaml").unlink()
    [said] = attempt(project, "---\nmodel: m\nname: a\ufeffb\n---\nA.\n", "assistants/a.md")
    assert said.startswith("manifests/assistants/a.md:3:8: the invisible character U+FEFF")


def test_a_byte_order_mark_can_be_written_and_stands_in_bodies(project: ProjectAt) -> None:
    assert attempt(project, 'assistants: {a: {instructions: "a\\uFEFFb"}}\n') == []
    assert attempt(project, "\ufeff---\nmodel: m\n---\nA\ufeffB.\n", "assistants/b.md") == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"\\ud83d\\ude00 a"', "\U0001f600 a"),
        ('"\\uD83D\\uDE00\\ud83d\\udE00"', "\U0001f600\U0001f600"),
        ('"\\\\ud83d\\\\ude00"', "\\ud83d\\ude00"),
        ('"\\\\\\ud83d\\ude00"', "\\\U0001f600"),
        ("'\\ud83d\\ude00'", "\\ud83d\\ude00"),
        ("a \\ud83d\\uDE00", "a \\ud83d\\uDE00"),
        ('|\n      a \\ud83d\\ude00 "\\ud83d\\ude00"', 'a \\ud83d\\ude00 "\\ud83d\\ude00"'),
    ],
)
def test_a_pair_of_surrogates_is_a_character_in_double_quotes(written: str, expected: str, project: ProjectAt) -> None:
    folder = project({"a.yaml": f"assistants:\n  a:\n    model: m\n    instructions: {written}\n"})
    [resource] = load(folder).resources
    assert resource.inputs["instructions"] == expected
    [said] = (
        attempt(project, f"assistants:\n  a: {{instructions: {written}, nmae: x}}\n") if "|" not in written else [""]
    )
    column = len(f"  a: {{instructions: {written}, ") + 1
    assert not said or said.startswith(f"manifests/a.yaml:2:{column}: there is no field `nmae`")


def test_pairs_in_json_and_in_keys(project: ProjectAt) -> None:
    dumped = json.dumps({"type": "object", "properties": {"\U0001f600": {"type": "string"}}})
    assert "\\ud83d\\ude00" in dumped
    text = f"assistants: {{a: {{model: m, tools: [{{type: function, name: f, parameters: {dumped}}}]}}}}\n"
    [resource] = load(project({"a.yaml": text})).resources
    assert list(resource.inputs["tools"][0]["parameters"]["properties"]) == ["\U0001f600"]


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\ud83d\\u0041"])
def test_half_a_pair_is_reported(half: str, project: ProjectAt) -> None:
    [said] = attempt(project, f'assistants:\n  a: {{instructions: "a {half}"}}\n')
    assert said.startswith("manifests/a.yaml:2:")
    assert "half of a surrogate pair needs its other half" in said


@pytest.mark.parametrize("number", ["1e1", "10.0", "1.0e+1", "0x1F", "0o17", "1000000000000000000000", "+9", "3.000"])
def test_a_number_is_reported_as_it_is_written(number: str, project: ProjectAt) -> None:
    fields = f"temperature: {number}, name: {number}, max_tool_calls: -{number.lstrip('+')}"
    told = attempt(project, f"assistants:\n  a: {{{fields}}}\n")
    assert f"`{number}` is too large; write at most 2" in told[0]
    assert f"a text is expected here, not `{number}`; put it in quotes" in told[1]


def test_a_number_of_the_settings_is_reported_as_it_is_written(project: ProjectAt) -> None:
    folder = project({"provision.yaml": "project: helpers\ndelete_threshold: 1e3\ntarget: 0x10\n"})
    with pytest.raises(InvalidManifest) as raised:
        load(folder)
    assert ["`1e3` is too large" in str(raised.value.diagnostics[0]), "`0x10`" in str(raised.value.diagnostics[1])] == [
        True,
        True,
    ]


BROKEN = [
    "assistants:\n  a: {", "a: [", "a: 'x", 'a: "x', "a: |\n  x\n b: 1\n", "a:\n\tb: 1\n", "a: *x", "- a\n- b: [\n\n\n",
    "a: b: c", "&", "*", "!!int x", "? ", "a: {b: [1, 2}\n\n", "assistants:\n  a:\n", "assistants:", "tools:\n\n\n\n  ",
    "a: >\n\n\n", "%YAML", "a: 1\n...\nb", "---\n---\n", "{\r\n\r\n", "a: [\r\r", "assistants: {a: \n\n\n\n}", "\n\n\n",
]  # fmt: skip


def places_exist(folder: Path, text: str, name: str) -> None:
    try:
        diagnostics = load(folder).diagnostics
    except InvalidManifest as invalid:
        diagnostics = tuple(invalid.diagnostics)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for item in diagnostics:
        if item.place is not None and item.place.file.endswith(name):
            assert item.place.line <= len(lines), str(item)
            assert item.place.column <= max(1, len(lines[item.place.line - 1])), str(item)


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("name", ["a.yaml", "assistants/a.md"])
def test_every_place_exists(text: str, name: str, project: ProjectAt) -> None:
    whole = text if name == "a.yaml" else f"---\n{text}\n---"
    places_exist(project({"provision.yaml": SETTINGS, name: whole}), whole, name)


@pytest.mark.thorough
@given(st.text(alphabet="ab:-[]{}\"'|>\\n\n\n  \t#*&!\u00a0\ufeff\u2028é😀\r", max_size=40))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_place_exists_in_any_text(project: ProjectAt, text: str) -> None:
    whole = f"assistants:\n  a:\n    model: {text}"
    places_exist(project({"provision.yaml": SETTINGS, "a.yaml": whole}), whole, "a.yaml")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: 1\nb: \xff\n", "2:4"),
        ("a: é\nb: éé".encode() + b"\xff", "2:6"),
        ("\ufeffé".encode() + b"\xff", "1:2"),
        (b"a: 1\rb: \xff\r", "2:4"),
        (b"\xff", "1:1"),
    ],
)
def test_the_place_of_what_is_not_utf_8(data: bytes, place: str, project: ProjectAt) -> None:
    folder = project({"provision.yaml": SETTINGS})
    (folder / "a.yaml").write_bytes(data)
    with pytest.raises(InvalidManifest) as raised:
        load(folder)
    assert str(raised.value.diagnostics[0]).startswith(f"manifests/a.yaml:{place}: this is not UTF-8")
