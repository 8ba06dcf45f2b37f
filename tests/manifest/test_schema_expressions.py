"""The JSON Schema for editors knows expressions, `for_each` and variables."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from provisioner.manifest import json_schema

VALIDATOR = Draft202012Validator(json_schema())
STORE = "vector_stores: {{kb: {{{}}}}}"
ASSISTANT = "assistants: {{a: {{{}}}}}"


def is_valid(text: str) -> bool:
    data: Any = yaml.safe_load(text)
    return VALIDATOR.is_valid(data)


@pytest.mark.thorough
def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    "text",
    [
        "variables: {x: {type: number, default: 5, allowed: [5, 6]}, y: null}",
        STORE.format("for_each: [a, b], exclusive: '${var.x}', expires_after: {days: '${var.n}'}"),
        STORE.format("for_each: {a: {b: 1}}"),
        STORE.format("for_each: '${var.x}', metadata: '${var.m}', files: '${var.files}'"),
        ASSISTANT.format(
            "temperature: '${var.t}', tools: '${var.tools}', reasoning: '${var.r}', truncation: '${var.a}'"
        ),
        ASSISTANT.format("tools: [{type: function, name: f, strict: '${var.s}'}]"),
        "tools: {f: {for_each: [a], type: function, name: f}}",
        "imports: [{for_each: {a: vs_1}, to: 'vector_store.kb', id: '${each.value}'}]",
        "{project: p, defaults: {temperature: '${var.t}'}, environments: {dev: {variables: {t: 1}}}, allowed_env: [A]}",
    ],
)
def test_expressions_are_allowed_where_values_of_other_types_are(text: str) -> None:
    assert is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "variables: {x: {type: numeric}}",
        "variables: {x: 5}",
        STORE.format("for_each: 5"),
        STORE.format("for_each: [a, a]"),
        STORE.format("for_each: some text"),
        STORE.format("exclusive: 'yes'"),
        ASSISTANT.format("temperature: 'x ${var.t}'"),
        ASSISTANT.format("tools: [{for_each: [a], type: function, name: f}]"),
        "{project: p, defaults: {for_each: [a]}}",
        "{project: p, protected: '${var.x}'}",
    ],
)
def test_what_is_wrong_stays_wrong(text: str) -> None:
    assert not is_valid(text)
