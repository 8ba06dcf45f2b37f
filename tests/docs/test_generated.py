"""What is generated in the documents is as the code has it now, and the samples leave nothing out."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from provisioner.core.kinds.agent import AgentFields
from provisioner.core.kinds.assistant import AssistantModel, Reasoning
from provisioner.core.kinds.text import Text
from provisioner.core.kinds.tool import TYPES
from tests.docs import samples
from tests.docs.pages import CHECKOUT, FILES, GENERATED, part, read, renewed, write, write_file
from tests.docs.targets import ERROR, NOT_SENT, Sample, differences, realise
from tests.test_layers import INNER_LAYERS, LAYERS


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("document", "name"), GENERATED)
def test_generated_parts_are_fresh(document: str, name: str, rewrite: bool) -> None:
    if rewrite:
        write(document, name)
    assert part(read(document), name).strip() == GENERATED[document, name](), f"{document} is stale: run `make docs`"


@pytest.mark.parametrize("name", FILES)
def test_generated_files_are_fresh(name: str, rewrite: bool) -> None:
    if rewrite:
        write_file(name)
    assert read(name) == FILES[name](), f"{name} is stale: run `make docs`"


def test_a_part_is_replaced_and_the_rest_is_kept() -> None:
    text = "a\n<!-- generated: x (make docs) -->\nold\n<!-- end: x -->\nb\n"
    fresh = renewed(text, "x", "new")
    assert fresh == "a\n<!-- generated: x (make docs) -->\n\nnew\n\n<!-- end: x -->\nb\n"
    assert renewed(fresh, "x", "new") == fresh


def test_every_field_of_an_assistant_has_a_sample() -> None:
    inner: dict[str, type[BaseModel]] = {"text": Text, "reasoning": Reasoning, "agents": AgentFields}
    wanted = names_of(AssistantModel) - samples.UNSENT - inner.keys()
    wanted |= {f"{field}.{name}" for field, model in inner.items() for name in names_of(model)}
    assert set(samples.FIELDS) == wanted | {"agents.new_field"}


def names_of(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def test_every_type_of_tool_has_a_sample() -> None:
    assert set(samples.TOOLS) == set(TYPES)


def test_what_a_target_refuses_and_leaves_out_is_told() -> None:
    realised = realise([Sample("temperature", {}, {"temperature": 0.2})])
    assert "error" in realised.said["having-0-agents"]
    assert realised.inputs["having-0-responses"]["temperature"] == 0.2
    table = GENERATED["docs/targets.md", "fields"]()
    assert f"| `temperature` | same | {ERROR} | same |" in table
    assert f"| `description` | {NOT_SENT} | {NOT_SENT} | same |" in table


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({}, {"text": {"format": {"x": 1, "y": 2}}}, ["text.format"]),
        ({}, {"wanted": {"x": 1}}, ["wanted"]),
        ({}, {"both": {"x": 1, "y": 2}}, ["both"]),
        ({"tools": [{"a": 1}]}, {"tools": [{"a": 2}]}, ["tools[].a"]),
        ({"tools": []}, {"tools": [{"a": 2}]}, ["tools"]),
        ({"a": 1}, {}, ["a"]),
    ],
)
def test_differences_are_named_by_their_paths(before: object, after: object, paths: list[str]) -> None:
    assert list(differences(before, after, "wanted")) == paths


def test_the_picture_shows_every_layer() -> None:
    picture = part(read("docs/architecture.md").replace("<!-- layers -->", "<!-- generated: layers -->"), "layers")
    shown = [
        tuple(re.findall(r"^(\w+)  ", layer, re.MULTILINE))
        for layer in picture.replace("```text", "").replace("```", "").split("\n---\n")
    ]
    assert [sorted(layer) for layer in shown] == [sorted(layer) for layer in reversed(LAYERS)]


def test_the_architecture_names_every_part_that_is_a_package() -> None:
    named = part(read("docs/architecture.md").replace("<!-- parts -->", "<!-- generated: parts -->"), "parts")
    packages = {
        f"{package}.{name}"
        for package, layers in INNER_LAYERS.items()
        for layer in layers
        for name in layer
        if (CHECKOUT / "provisioner" / package / name).is_dir()
    }
    assert set(re.findall(r"^(\w+\.\w+) ", named, re.MULTILINE)) == packages


def test_the_readme_is_what_packages_show() -> None:
    assert 'readme = "README.md"' in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
