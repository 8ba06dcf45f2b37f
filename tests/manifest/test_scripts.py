"""Names, variables and line ends of Unicode."""

# ruff: noqa: E501

from __future__ import annotations

import json
from unicodedata import normalize

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from tests.manifest.conftest import ProjectAt

NAMES = ["हिंदी-सहायक", "ผู้ช่วย", "সহায়ক", "உதவியாளர்", "עוזר", "café", normalize("NFD", "café"), "한국어"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_accepted(name: str, project: ProjectAt) -> None:
    texts = f"instructions: {{{name}: {{text: x}}}}\nassistants: {{{name}: {{model: m, instructions: [{normalize('NFD', name)}]}}}}"
    [resource] = load(project({"a.yaml": texts})).resources
    assert resource.address == Address("assistant", normalize("NFC", name))
    assert Address.parse(str(resource.address)) == resource.address
    assert str(resource.address) == f"assistant.{normalize('NFC', name)}"


def test_the_name_of_a_markdown_file_is_composed(project: ProjectAt) -> None:
    [resource] = load(project({f"assistants/{normalize('NFD', 'café')}.md": "---\nmodel: m\n---\nHello."})).resources
    assert resource.address.name == normalize("NFC", "café")


@pytest.mark.parametrize("name", ["\u0301a", "-a", "a b", "a.b", "a/b", "a" * 129, "a\u200b"])
def test_what_is_no_name_is_refused(name: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest, match="problem"):
        load(project({"a.yaml": json.dumps({"instructions": {name: {"text": "x"}}})}))


def fill(text: str, variables: dict[str, str], project: ProjectAt) -> str:
    part = {"text": text, "variables": variables}
    manifest = json.dumps({"assistants": {"a": {"model": "m", "instructions": [part]}}}, ensure_ascii=False)
    [resource] = load(project({"a.yaml": manifest})).resources
    return str(resource.inputs["instructions"])


@pytest.mark.parametrize("name", ["हिंदी", "ชื่อ", "café", "user.name", "a-b"])
@pytest.mark.parametrize(("here", "there"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFC", "NFC")])
def test_a_variable_in_any_script_is_filled_in(name: str, here: str, there: str, project: ProjectAt) -> None:
    text = f"At {{{{{normalize(here, name)}}}}} and {{{{ {normalize(here, name)} }}}}."  # type: ignore[arg-type]
    assert fill(text, {normalize(there, name): "X"}, project) == "At X and X."  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["{{{x}}}", "{{ x | upper }}", "{{x|upper}}", "{{ x.upper() }}", "{{ x + 1 }}"])
def test_what_only_resembles_a_variable_is_told(written: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        fill(f"At {{{{x}}}} {written}.", {"x": "X"}, project)
    assert written in str(raised.value.diagnostics[0])


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85"])
def test_an_old_line_end_is_told_where_it_stands(character: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        load(project({"a.yaml": f"assistants:\n  a:\n    instructions: |\n      one two{character}three\n"}))
    [told] = raised.value.diagnostics
    assert str(told).startswith("manifests/a.yaml:4:14: the invisible character U+")


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85"])
def test_an_old_line_end_is_a_character_in_json_prompts_and_bodies(character: str, project: ProjectAt) -> None:
    files = {
        "a.yaml": "tools: {t: {type: function, name: f, parameters: {file: s.json}}}\n",
        "s.json": json.dumps({"type": "object", "properties": {}, "description": f"a{character}b"}, ensure_ascii=False),
        "assistants/b.md": f"---\nmodel: m\ntools: [t]\n---\na{character}b",
    }
    [resource] = load(project(files)).resources
    assert resource.inputs["instructions"] == f"a{character}b"
    assert resource.inputs["tools"][0]["parameters"]["description"] == f"a{character}b"
