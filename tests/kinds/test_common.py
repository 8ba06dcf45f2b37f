"""Common entries of manifests are accepted without the models; the models accept each of them too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from provisioner.core.assistant_fields import AGENT_FIELDS, ASSISTANT_FIELDS
from provisioner.core.kinds import KINDS, SECTIONS
from provisioner.core.kinds.agent import AgentFields
from provisioner.core.kinds.assistant import AssistantModel
from provisioner.core.kinds.common import is_common
from provisioner.core.kinds.entry_model import EntryModel
from provisioner.core.kinds.sections import IMPORTS, INCLUSION, LISTS, MOVED, REMOVED, VARIABLE
from provisioner.core.kinds.tool import TYPES, types_of
from provisioner.core.kinds.tool_types import FIRST_NAMES

ENTRIES: dict[str, EntryModel] = {
    **{kind.section: kind.entry for kind in KINDS},
    "variable": VARIABLE,
    "include": INCLUSION,
    "import": LISTS[IMPORTS].entry,
    "move": LISTS[MOVED].entry,
    "removal": LISTS[REMOVED].entry,
}
#: Entries that are accepted without the models, by name.
COMMON: dict[str, Any] = {
    "files": {"path": "a.md", "purpose": "user_data", "lifecycle": {"protect": True}},
    "vector_stores": {
        "name": "Handbook",
        "description": "",
        "metadata": {"team": "a"},
        "expires_after": {"days": 7},
        "files": ["books/*.md", {"path": "b.md", "attributes": {"year": "2026", "draft": False}}, {"file": "c"}],
        "exclude": ["books/x.md"],
        "path_attribute": False,
        "exclusive": True,
    },
    "skills": {"path": "skills/a", "exclude": ["*.tmp"]},
    "instructions": {"file": "tone.md"},
    "tools": {"type": "function", "name": "lookup", "parameters": {"type": "object", "properties": {}}},
    "assistants": {
        "name": "Tutor",
        "model": "gpt-6-luna",
        "instructions": ["tone", {"file": "a.md"}, {"text": ""}],
        "tools": [
            "lookup",
            {"type": "file_search", "vector_stores": ["handbook"], "max_num_results": 5},
            {"type": "web_search", "search_context_size": "low"},
            {"type": "code_interpreter"},
        ],
        "reasoning": {"effort": "low"},
        "temperature": 1,
        "top_p": 0.5,
        "metadata": {"team": None},
        "store": False,
    },
    "variable": {"type": "string", "default": [1, {"a": None}]},
    "include": {"folder": "../shared", "with": {"a": 1}, "prefix": "x-"},
    "import": {"to": "vector_store.a", "id": "vs_1"},
    "move": {"from": "vector_store.a", "to": "vector_store.b", "environment": None},
    "removal": {"from": "vector_store.a", "destroy": False},
}
TEXTS = st.one_of(
    st.sampled_from(
        [
            *("", " ", "\x1f", "\u2003", "a", "a\n", "gpt-6-luna", "gpt-6-luna\n", "$MODEL", "provision_a", "a b"),
            *("\nprovision_a", "vs_1", "x" * 64, "x" * 65, "x" * 256, "x" * 257, "x" * 512, "x" * 513, "🜁" * 64),
            *("file_search", "function", "web_search_2025_08_26", "low", "user_data", "last_active_at", "string"),
            *("\udc80", "responses", "auto", "static"),
        ]
    ),
    st.text(max_size=3),
)
NUMBERS = st.one_of(st.integers(), st.integers(-1, 400), st.floats(), st.floats(0, 2), st.booleans())
HUGE = st.sampled_from([10**400, -(10**30), 2**64])
NAMES = sorted(
    {
        *ASSISTANT_FIELDS,
        *("path", "file", "files", "id", "to", "from", "from_", "destroy", "environment", "folder", "with", "with_"),
        *("prefix", "type", "default", "purpose", "lifecycle", "exclude", "attributes", "chunking_strategy", "anchor"),
        *("days", "protect", "retire_after", "vector_stores", "max_num_results", "parameters", "handler", "strict"),
        *("effort", "summary", "expires_after", "exclusive", "path_attribute", "variables", "allowed", "team"),
    }
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), TEXTS, NUMBERS, HUGE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), TEXTS, st.integers(0, 2)), inner, max_size=3),
    ),
    max_leaves=8,
)


@st.composite
def changed_entries(draw: st.DrawFn) -> tuple[str, Any]:
    """The name of an entry and a value: a common one in which a few parts are replaced, removed or added."""
    name = draw(st.sampled_from(sorted(COMMON)))
    return name, _change(draw, COMMON[name], draw(st.integers(0, 3)))


def _change(draw: st.DrawFn, value: Any, times: int) -> Any:
    for _ in range(times):
        value = _change_once(draw, value)
    return value


def _change_once(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        key = draw(st.one_of(st.sampled_from(sorted(value, key=str)), st.sampled_from(NAMES), TEXTS))
        if key in value and not draw(st.integers(0, 3)):
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _change_once(draw, value[key]) if key in value else draw(VALUES)}
    if isinstance(value, list) and value and draw(st.integers(0, 9)):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], _change_once(draw, value[index]), *value[index + 1 :]]
    return draw(VALUES)


def is_valid(entry: EntryModel, value: Any) -> bool:
    try:
        entry.adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@given(changed_entries())
@example(("assistants", {"model": "gpt-6-luna\n"}))
@example(("assistants", {"tools": ["a"] * 129}))
@example(("assistants", {"temperature": float("nan")}))
@example(("assistants", {"temperature": True}))
@example(("assistants", {"metadata": {"provision_a": "b"}}))
@example(("assistants", {"metadata": {"\nprovision_a": "b"}}))
@example(("assistants", {"tools": [{"type": "function"}]}))
@example(("assistants", {"tools": [{"vector_stores": ["a"]}]}))
@example(("assistants", {"tools": [{"type": "file_search", "vector_stores": []}]}))
@example(("tools", "file_search"))
@example(("instructions", {"text": "a", "file": "b"}))
@example(("instructions", {}))
@example(("vector_stores", {"files": [{}]}))
@example(("vector_stores", {"expires_after": {"days": 7.0}}))
@example(("assistants", "\udc80"))
@example(("removal", {"from_": "a", "destroy": False}))
def test_what_is_common_is_valid_for_the_models(changed: tuple[str, Any]) -> None:
    name, value = changed
    entry = ENTRIES[name]
    if is_common(value, entry.common):
        assert is_valid(entry, value)


@pytest.mark.parametrize("name", sorted(COMMON))
def test_common_entries_need_no_models(name: str) -> None:
    assert is_common(COMMON[name], ENTRIES[name].common)
    assert is_valid(ENTRIES[name], COMMON[name])


@pytest.mark.parametrize("name", sorted(ENTRIES))
@pytest.mark.parametrize("value", [{"unknown": 1}, {1: 2}, [], 1, None, True], ids=repr)
def test_other_entries_are_checked_with_the_models(name: str, value: Any) -> None:
    assert not is_common(value, ENTRIES[name].common)


def test_each_common_entry_is_tried() -> None:
    assert {name for name, entry in ENTRIES.items() if entry.common is not None} == set(COMMON)


def test_the_names_are_those_of_the_models() -> None:
    assert tuple(AssistantModel.model_fields) == ASSISTANT_FIELDS
    assert tuple(AgentFields.model_fields) == AGENT_FIELDS
    assert dict(FIRST_NAMES) == {name: types_of(model)[0] for name, model in TYPES.items()}
    assert list(FIRST_NAMES) == list(TYPES)


def test_no_model_is_loaded_twice() -> None:
    for kind in SECTIONS.values():
        assert kind.entry.model is kind.entry.model
        assert kind.entry.adapter is kind.entry.adapter
