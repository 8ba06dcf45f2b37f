"""Common settings are accepted without the models; the models accept each of them too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.manifest.project_settings.common_settings import are_certainly_valid
from provisioner.manifest.project_settings.settings import OVERRIDABLE
from provisioner.manifest.project_settings.settingsmodel import SETTINGS, Overridable

TEXTS = st.sampled_from(
    [
        *("p", "campus-helpers", "P", "_p", "", " ", "../state", "a b", "a\nb", "${var.x}", "s3://b/p", "ftp://x"),
        *("git:r#b", "git:", "responses", "agents", "gpt-6-luna", "gpt-6 luna", "$MODEL", "{m}", "proj_1", "prüfung"),
        *(
            "http://127.0.0.1:80/v1",
            "http://",
            "https://h:0",
            "a‐b",
            "<m>",
            "%MODEL%",
            "*.md",
            "x\x7f",
            "postgresql://h",
        ),
    ]
)
VALUES = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-1, 10_001),
    st.floats(),
    st.lists(TEXTS, max_size=2),
    st.dictionaries(st.sampled_from(["model", "store", "tools", "extra", "parallel_tool_calls"]), TEXTS, max_size=2),
    st.dictionaries(st.sampled_from(["model", "store", "parallel_tool_calls"]), st.booleans(), max_size=2),
)
FIELDS = [name for name in Overridable.model_fields if name != "prices"]
LAYER = st.dictionaries(st.sampled_from([*FIELDS, "ignore", "variables", "unknown"]), VALUES, max_size=3)
PROJECTS = st.builds(
    lambda project, layer, environments, more: {"project": project, **layer, **environments, **more},
    TEXTS,
    LAYER,
    st.one_of(
        st.just({}),
        st.builds(lambda name, block: {"environments": {name: block}}, TEXTS, st.one_of(LAYER, st.none(), TEXTS)),
    ),
    st.dictionaries(st.sampled_from(["root", "default_environment", "lint"]), VALUES, max_size=2),
)


@given(PROJECTS)
def test_what_is_certainly_valid_is_valid_for_the_models(settings: dict[str, Any]) -> None:
    if are_certainly_valid(settings):
        SETTINGS.adapter.validate_python(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"project": "p"},
        {"project": "p", "state": "../state", "defaults": {"model": "gpt-6-luna"}, "target": None},
        {"project": "p", "environments": {"dev": None, "prod": {"protected": True, "openai_project": "proj_1"}}},
        {"project": "p", "state": "s3://bucket/prefix", "keep_releases": 5, "delete_threshold": 30, "ignore": ["x"]},
    ],
)
def test_common_settings_need_no_model(settings: dict[str, Any]) -> None:
    assert are_certainly_valid(settings)
    SETTINGS.adapter.validate_python(settings)


@pytest.mark.parametrize("settings", [{}, {"project": "P"}, {"project": "p", "x": 1}, {"project": "p", "lint": {}}])
def test_other_settings_need_the_models(settings: dict[str, Any]) -> None:
    assert not are_certainly_valid(settings)


def test_the_settings_that_callers_can_override_are_those_without_fields_of_their_own() -> None:
    blocks = {"defaults", "lifecycle", "model_prices", "prices", "state_encryption"}
    assert tuple(name for name in Overridable.model_fields if name not in blocks) == OVERRIDABLE
