"""Mappings in `defaults:`, in an environment's `defaults:` and in an assistant are merged by one rule."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from tests.manifest.conftest import ProjectAt

SETTINGS = """\
project: helpers
defaults:
  model: gpt-4.1
  metadata: {team: a, cost: x}
  text: {verbosity: low}
  reasoning: {summary: auto, effort: low}
environments:
  dev: {}
  prod: {defaults: {metadata: {cost: null, stage: prod}, reasoning: {effort: high}}}
"""


def inputs(project: ProjectAt, fields: str, environment: str = "dev", settings: str = SETTINGS) -> dict[str, Any]:
    folder = project({"provision.yaml": settings, "a.yaml": f"assistants: {{a: {{{fields}}}}}\n"})
    [resource] = load(folder, environment).resources
    return dict(resource.inputs)


@pytest.mark.parametrize(
    ("fields", "environment", "name", "expected"),
    [
        ("metadata: {owner: b}", "dev", "metadata", {"team": "a", "cost": "x", "owner": "b"}),
        ("metadata: {team: b}", "dev", "metadata", {"team": "b", "cost": "x"}),
        ("metadata: {team: null}", "dev", "metadata", {"cost": "x"}),
        ("metadata: {other: null}", "dev", "metadata", {"team": "a", "cost": "x"}),
        ("metadata: {team: b}", "prod", "metadata", {"team": "b", "stage": "prod"}),
        ("metadata: {cost: y}", "prod", "metadata", {"team": "a", "stage": "prod", "cost": "y"}),
        ("metadata: null", "prod", "metadata", None),
        ("reasoning: {effort: null}", "prod", "reasoning", {"summary": "auto"}),
        ("", "prod", "reasoning", {"summary": "auto", "effort": "high"}),
        ("text: {format: {type: text}}", "dev", "text", {"verbosity": "low", "format": {"type": "text"}}),
    ],
)
def test_mappings_are_merged_key_by_key(
    fields: str, environment: str, name: str, expected: object, project: ProjectAt
) -> None:
    assert inputs(project, fields, environment).get(name) == expected


def test_an_assistant_adds_to_the_metadata_of_the_project(project: ProjectAt) -> None:
    settings = SETTINGS.replace("cost: null, ", "")
    assert inputs(project, "metadata: {owner: b}", "prod", settings)["metadata"] == {
        "team": "a",
        "cost": "x",
        "stage": "prod",
        "owner": "b",
    }


def test_a_mapping_of_another_form_is_replaced_whole(project: ProjectAt) -> None:
    form = "format: {type: json_schema, name: x, schema: {type: object}}"
    settings = (
        f"project: helpers\ndefaults: {{model: gpt-4.1, text: {{{form}}}, tool_choice: {{type: custom, name: x}}}}\n"
    )
    made = inputs(project, "text: {format: {type: text}}, tool_choice: auto", None, settings)  # type: ignore[arg-type]
    assert (made["text"], made["tool_choice"]) == ({"format": {"type": "text"}}, "auto")


def test_an_environment_of_agents_is_merged_and_its_network_replaced(project: ProjectAt) -> None:
    packages, network = "packages: {python: [a]}", "network: {access: restricted, allowed_domains: [a.org]}"
    settings = f"project: h\ntarget: agents\ndefaults: {{model: m, environment: {{{packages}, {network}}}}}\n"
    own = "environment: {packages: {npm: [b]}, network: {access: disabled}}"
    folder = project({"provision.yaml": settings, "a.yaml": f"assistants: {{a: {{{own}}}}}\n"})
    template = next(each for each in load(folder).resources if each.type == "environment_template")
    assert template.inputs["packages"] == {"python": ["a"], "npm": ["b"]}
    assert template.inputs["network"] == {"access": "disabled"}


def test_what_a_target_refuses_is_reported_where_its_key_stands(project: ProjectAt) -> None:
    settings = "project: h\ntarget: agents\ndefaults:\n  model: m\n  reasoning:\n    context: auto\n"
    folder = project({"provision.yaml": settings, "a.yaml": "assistants: {a: {reasoning: {effort: low}}}\n"})
    with pytest.raises(InvalidManifest) as raised:
        load(folder)
    [told] = raised.value.diagnostics
    assert str(told.place) == "manifests/provision.yaml:6:5"


def test_pairs_of_metadata_are_counted_once_they_are_merged(project: ProjectAt) -> None:
    def pairs(begin: str) -> str:
        return ", ".join(f"{begin}{n}: x" for n in range(10))

    settings = f"project: h\ndefaults: {{model: m, metadata: {{{pairs('a')}}}}}\n"
    folder = project({"provision.yaml": settings, "a.yaml": f"assistants: {{a: {{metadata: {{{pairs('b')}}}}}}}\n"})
    with pytest.raises(InvalidManifest, match="problem") as raised:
        load(folder)
    assert "these are 20 pairs" in str(raised.value.diagnostics[0])
