"""Names, texts and schemas that other languages and tools would take for code, files or variables."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from provisioner.core.address import Address
from provisioner.core.declaredtest import DeclaredTest, Expectation, ExpectationKind, InputMessage
from provisioner.core.diagnostic import Place
from provisioner.review.export import FORMATS, Exported, read_exported
from provisioner.state.records import Record
from tests.export.conftest import state_of

PLACE = Place("tests.yaml")
BOT = Address("assistant", "bot")
#: Texts of which promptfoo would load a file, run code, or write a variable of its process.
ACTIVE = (
    "file://check.py",
    " FILE://check.js",
    "package:evil:check",
    "{{ env.OPENAI_API_KEY }}",
    "a {{{env['OPENAI_API_KEY']}} b",
    "{{ '' | default(env.X) }}",
)


def exported(definition: dict[str, Any], *tests: DeclaredTest) -> Exported:
    record = Record(BOT, "definition", "bot@1", {"model": "m", "tools": [], **definition}, release=1)
    return Exported("p", "e", read_exported(state_of(record), "p", "e").sections, tests)


def promptfoo(exported: Exported) -> tuple[dict[str, Any], list[str]]:
    notes: list[str] = []
    return yaml.safe_load(FORMATS["promptfoo"].render(exported, notes)), notes


def declared(text: str, kind: ExpectationKind, value: Any, description: str = "") -> DeclaredTest:
    expectations = (Expectation(kind, value, PLACE), Expectation(ExpectationKind.CONTAINS, "fine", PLACE))
    return DeclaredTest(
        Address("test", "one"), BOT, (InputMessage(text),), expectations, PLACE, description=description
    )


@pytest.mark.parametrize("text", ACTIVE)
def test_promptfoo_gets_no_definition_that_it_would_not_send_as_it_is(text: str) -> None:
    for definition in (
        {"instructions": text},
        {"tools": [{"type": "function", "name": "f", "parameters": {"properties": {"a": {"description": text}}}}]},
        {"metadata": {text: "x"}},
    ):
        body, notes = promptfoo(exported(definition, declared("Hi", ExpectationKind.CONTAINS, "x")))
        assert (body["providers"], body["tests"]) == ([], [])
        assert notes[0].startswith("`bot` is left out: it contains ")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "https://evil.example/x", "secrets.json#/a"])
def test_promptfoo_gets_no_reference_that_it_would_load(target: str) -> None:
    schema = {"properties": {"a": {"$ref": target}}}
    body, notes = promptfoo(exported({"text": {"format": {"schema": schema}}}))
    assert (body["providers"], len(notes)) == ([], 1)
    for kind in (ExpectationKind.VALID_AGAINST, ExpectationKind.EQUALS_JSON):
        body, notes = promptfoo(exported({}, declared("Hi", kind, schema)))
        assert body["tests"][0]["assert"] == [{"type": "contains", "value": "fine"}]
        assert "which promptfoo would load" in notes[0]


@pytest.mark.parametrize("text", ACTIVE)
def test_promptfoo_gets_no_test_that_loads_runs_or_reads(text: str) -> None:
    for kind in (ExpectationKind.CONTAINS, ExpectationKind.MATCHES, ExpectationKind.EQUALS_JSON):
        body, notes = promptfoo(exported({}, declared("Hi", kind, text)))
        assert body["tests"][0]["assert"] == [{"type": "contains", "value": "fine"}]
        assert notes[0].startswith(f"`{kind}` in the test `one` is left out: it contains ")
    for test in (
        declared(text, ExpectationKind.CONTAINS, "x"),
        declared("Hi", ExpectationKind.CONTAINS, "x", description=text),
    ):
        body, notes = promptfoo(exported({}, test))
        assert body["tests"] == []
        assert notes[0].startswith("the test `one` is left out: it contains ")


def test_promptfoo_gets_no_runtime_value_that_is_a_template() -> None:
    name = "X'] }}{{ env.OPENAI_API_KEY }}{{ env['X"
    tool = {"type": "mcp", "server_label": "w", "authorization": {"runtime": name}}
    body, notes = promptfoo(exported({"tools": [tool]}))
    assert (body["providers"], len(notes)) == ([], 1)


def test_plain_braces_and_references_stay_in_the_configuration_of_promptfoo() -> None:
    schema = {"$defs": {"a": {"type": "string"}}, "properties": {"b": {"$ref": "#/$defs/a"}}}
    definition = {"instructions": "Fill {{name}}; the environment is {{x}}.", "text": {"format": {"schema": schema}}}
    body, notes = promptfoo(exported(definition))
    assert (body["providers"][0]["config"]["instructions"], notes) == (definition["instructions"], [])


@pytest.mark.parametrize("key", ['a"__proto__', '"__proto__', "__proto__", 'x"__proto__": 1, "y'])
def test_no_key_breaks_the_literals_of_typescript(key: str) -> None:
    parameters = {"properties": {key: {"description": '; evil(); //\n"__proto__": 1'}}}
    tools = [{"type": "function", "name": "f", "parameters": parameters}]
    text = FORMATS["typescript"].render(exported({"tools": tools}), [])
    [literal] = re.findall(r"^const definitions: .*? = (\{.*?^\});$", text, re.MULTILINE | re.DOTALL)
    # A computed key is the only difference from JSON.
    found = json.loads(re.sub(r'^( *)\["__proto__"\]:', r'\1"__proto__":', literal, flags=re.MULTILINE))
    assert found["bot"]["tools"] == tools
