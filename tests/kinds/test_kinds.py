"""The declarations of kinds carry their own documentation, and the parser finds every kind in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from provisioner.core.kinds import KINDS, SECTIONS, tool
from provisioner.core.kinds.agent import AgentFields
from provisioner.manifest.project_settings.settingsmodel import SettingsModel


def models_in(annotation: Any, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Every model that an annotation leads to."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        for info in annotation.model_fields.values():
            yield from models_in(info.annotation, seen)
    for part in get_args(annotation):
        yield from models_in(part, seen)


def every_model() -> list[type[BaseModel]]:
    seen: set[type[BaseModel]] = set()
    return [model for root in (*(kind.entry.model for kind in KINDS), SettingsModel) for model in models_in(root, seen)]


@pytest.mark.parametrize("model", every_model(), ids=lambda model: model.__name__)
def test_every_model_and_field_says_what_it_is(model: type[BaseModel]) -> None:
    assert model.__doc__
    silent = [name for name, info in model.model_fields.items() if not info.description and name != "type"]
    assert not silent, f"{model.__name__} has fields without a description"


@pytest.mark.parametrize("model", every_model(), ids=lambda model: model.__name__)
def test_every_model_refuses_unknown_fields_and_wrong_types(model: type[BaseModel]) -> None:
    # `agents:` was always a free mapping: fields that are newer than this tool stand in it without `extra:`.
    assert model.model_config.get("extra") == ("allow" if model is AgentFields else "forbid")
    assert model.model_config.get("strict") is True


def test_every_kind_has_its_word_and_its_section_once() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) == len(SECTIONS)
    assert [kind.name for kind in KINDS] == [
        *("file", "vector_store", "skill", "instructions", "tool", "assistant", "test")
    ]
    assert all(kind.summary for kind in KINDS)


@pytest.mark.parametrize("name", sorted(tool.TYPES))
def test_a_tool_is_told_by_its_type(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SECTIONS["tools"].entry.adapter.validate_python({"type": name, "surely_unknown": 1})
    locations = {error["loc"] for error in refused.value.errors()}
    tag = f"<{tool.types_of(tool.TYPES[name])[0]}>"
    assert (tag, "surely_unknown") in locations
    assert all(location[0] == tag for location in locations)
