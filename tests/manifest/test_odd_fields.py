"""Fields whose names look like what pydantic puts into the path of an error: reported under their own names."""

from __future__ import annotations

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from tests.manifest.conftest import ProjectAt

TOOL = "assistants: {h: {model: m, instructions: hi, tools: [{type: function, name: x, %s}]}}"


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ('assistants: {h: {model: m, "<script>": [f]}}', 28, "there is no field `<script>` here"),
        ('assistants: {h: {model: m, "[key]": 1}}', 28, "there is no field `[key]` here"),
        ('assistants: {h: {model: m, "<text>": {"[key]": 1}}}', 28, "there is no field `<text>` here"),
        (TOOL % '"<function>": 1', 80, "there is no field `<function>` here"),
        (TOOL % '"<function>": {"<function>": 1}', 80, "there is no field `<function>` here"),
        (TOOL % '"[key]": x', 80, "there is no field `[key]` here"),
        ('assistants: {h: {model: m, metadata: {"<function>": 5}}}', 53, "a text is expected here, not `5`"),
        ('assistants: {h: {model: m, metadata: {"[key]": [1]}}}', 48, "a text is expected here, not a list"),
        (
            'assistants: {h: {model: m, tool_choice: {type: function, name: x, "<named>": 2}}}',
            67,
            "there is no field `<named>` here",
        ),
    ],
)
def test_a_field_of_a_manifest(text: str, column: int, said: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        load(project({"a.yaml": text}))
    assert any(
        str(each).startswith(f"manifests/a.yaml:1:{column}:") and said in str(each) for each in raised.value.diagnostics
    ), raised.value.diagnostics


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ('"<x>": 1', 1, "there is no field `<x>` here"),
        ('"[key]": 1', 1, "there is no field `[key]` here"),
        ('environments: {"<x>": {}}', 16, "`<x>` cannot be a name here"),
        ('environments: {"[key]": {}}', 16, "`[key]` cannot be a name here"),
        ('environments: {a: {"[key]": a}}', 20, "there is no field `[key]` here"),
    ],
)
def test_a_field_of_the_settings(text: str, column: int, said: str, project: ProjectAt) -> None:
    with pytest.raises(InvalidManifest) as raised:
        load(project({"provision.yaml": f"project: helpers\n{text}\n", "a.yaml": "{}"}))
    assert any(
        str(each).startswith(f"manifests/provision.yaml:2:{column}:") and said in str(each)
        for each in raised.value.diagnostics
    ), raised.value.diagnostics
