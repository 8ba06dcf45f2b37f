"""The writer of manifests: YAML reads back equal, names are valid, a folder is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.errors import UsageError
from provisioner.manifest.declarations import is_name
from provisioner.manifest.loading import load
from provisioner.manifest.parsing.reading import read_yaml
from provisioner.manifest.writing.entries import make_entries
from provisioner.manifest.writing.folder import write_folder
from provisioner.manifest.writing.found import Found, MemberFile
from provisioner.manifest.writing.layout import lay_out
from provisioner.manifest.writing.names import Names, readable_name
from provisioner.manifest.writing.outcomes import Outcome
from provisioner.manifest.writing.yaml_text import write_yaml

#: What a manifest can hold: no control characters, and no line ends except `\n`.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("\n :#-[]{},&*!|>'\"%@`?\\~=<0123456789.eoxnNyYtT_"),
        st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), blacklist_characters="\ufeff"),
    ),
    max_size=60,
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(-1e6, 1e6).map(lambda x: round(x, 4))
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.dictionaries(TEXTS, VALUES, max_size=4))
@example(value={"a": {"b": "no", "c": "0o17", "d": "1_000", "e": "2026-11-20", "f": "1e5", "g": "=", "h": "x \ny "}})
@example(value={"a": {"b": "  leading\nsecond", "c": "\n", "d": "trailing\n\n", "e": " ", "f": "a\n   \n b\n"}})
@example(value={"a": {"b": "0x1F", "c": "on", "d": "~", "e": "null", "f": ".inf", "g": "12:30:45", "h": "+1"}})
def test_yaml_reads_back_equal(value: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(write_yaml(value), encoding="utf-8")
    reading = read_yaml(path)
    errors = [str(each) for each in reading.diagnostics if each.severity == "error"]
    assert not errors, (errors, path.read_text("utf-8"))
    assert reading.document.data == (value or {})


@pytest.mark.thorough
@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text(max_size=80), max_size=12))
@example(texts=["Tutor", "tutor", "TUTOR-2", "con", "", "-", "햄릿", "e\u0301", "\u0301", "a" * 300])
def test_names_are_valid_unique_and_the_same_in_each_run(texts: list[str]) -> None:
    first, second = Names(), Names()
    names = [first.choose("assistants", text, "assistant") for text in texts]
    assert all(map(is_name, names))
    assert len({name.casefold() for name in names}) == len(texts)
    assert names == [second.choose("assistants", text, "assistant") for text in texts]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Math Tutor", "math-tutor"),
        ("수학 선생님", "수학-선생님"),
        ("  --A.B/C  ", "a-b-c"),
        ("???", "x"),
        ("NUL", "x"),
    ],
)
def test_names_are_readable(text: str, name: str) -> None:
    assert readable_name(text, "x") == name


ASSISTANT = Found(
    "assistant",
    "asst_1",
    {
        "id": "asst_1",
        "object": "assistant",
        "name": "Tutor",
        "model": "gpt-4o",
        "instructions": "Be kind.\n\nBe *clear*.\n",
        "tools": [
            {"type": "code_interpreter"},
            {"type": "file_search", "file_search": {"max_num_results": 5}},
            {"type": "function", "function": {"name": "look_up", "description": "Looks up.", "strict": False}},
        ],
        "temperature": 0.2,
        "top_p": 1.0,
        "tool_resources": {
            "code_interpreter": {"file_ids": ["file-abc"]},
            "file_search": {"vector_store_ids": ["vs_1"]},
        },
        "metadata": {"team": "math", "provision_owner": "other"},
    },
    "asst_1",
)
STORE = Found(
    "vector_store", "vs_1", {"name": "Books"}, "vs_1", (MemberFile("file-abc", "a.pdf", {"lang": "ko", "n": 3.0}),)
)
AGENT = Found(
    "agent",
    "agent_1",
    {
        "name": "Tutor",
        "model": "gpt-6-luna",
        "tools": [
            {"type": "function", "name": "look_up", "description": "Looks up."},
            {
                "type": "mcp",
                "server_label": "s",
                "transport": {"type": "http", "server_url": "https://example.org/mcp", "headers": {}},
            },
        ],
        "metadata": {"provision_template": "envtmpl_1"},
    },
    "agent_1",
)
TEMPLATE = Found(
    "environment_template",
    "envtmpl_1",
    {
        "name": "t",
        "files": [{"type": "file_id", "file_id": "file-abc", "path": "/workspace/data/a.pdf"}],
        "network": {"access": "disabled", "allowed_domains": []},
        "packages": {"npm": [], "python": ["pandas"], "system": []},
    },
    "envtmpl_1",
)


@pytest.mark.parametrize("target", ["responses", "agents", "assistants"])
def test_entries_load_on_every_target(target: str, tmp_path: Path) -> None:
    entries = make_entries([STORE, ASSISTANT, AGENT, TEMPLATE], target, imports=True)
    files = lay_out(entries) | {"provision.yaml": f"project: p\ntarget: {target}\n"}
    write_folder(tmp_path / "manifests", files)
    manifest = load(tmp_path / "manifests")
    assert [str(each) for each in manifest.diagnostics if each.severity == "error"] == []
    imported = {str(each.address): each.imported.id for each in manifest.resources if each.imported}
    assert imported["vector_store.books"] == "vs_1"
    assert ("agent_1" in imported.values()) == (target == "agents")
    assert ("asst_1" in imported.values()) == (target == "assistants")
    assert sorted(entries.sections["tools"]) == ["look_up"]


def test_fields_have_one_outcome_each() -> None:
    (report,) = make_entries([ASSISTANT], "agents").objects
    outcomes = {each.path: each.outcome for each in report.fields}
    assert len(outcomes) == len(report.fields)
    assert outcomes["temperature"] is Outcome.HOMELESS
    assert outcomes["tools[1]"] is Outcome.HOMELESS
    assert outcomes["top_p"] is Outcome.DEFAULT
    assert outcomes["metadata.provision_owner"] is Outcome.GIVEN
    assert outcomes["name"] is Outcome.CARRIED


def test_the_default_verbosity_is_left_out_beside_a_format() -> None:
    text = {"format": {"type": "json_schema", "name": "reply", "schema": {"type": "object"}}, "verbosity": "medium"}
    agent = Found("agent", "agent_1", {"model": "gpt-6-luna", "name": "A", "text": text}, "agent_1")
    made = make_entries([agent], "agents")
    assert made.sections["assistants"]["a"]["text"] == {"format": text["format"]}
    assert ("text.verbosity", Outcome.DEFAULT) in {(each.path, each.outcome) for each in made.objects[0].fields}
    alone = replace(agent, fields={**agent.fields, "text": {"verbosity": "medium"}})
    assert "text" not in make_entries([alone], "agents").sections["assistants"]["a"]
    written = make_entries([replace(agent, is_echo=False)], "agents")
    assert written.sections["assistants"]["a"]["text"]["verbosity"] == "medium"


def search_with(ranking: Any) -> tuple[dict[str, Any], dict[str, Outcome]]:
    """The file search of an assistant that the API returned with these options, and the outcomes of its fields."""
    tool = {"type": "file_search", "file_search": {"max_num_results": 5, "ranking_options": ranking}}
    assistant = Found("assistant", "asst_1", {"model": "gpt-4o", "name": "A", "tools": [tool]}, "asst_1")
    made = make_entries([assistant], "assistants")
    return made.sections["assistants"]["a"]["tools"][0], {each.path: each.outcome for each in made.objects[0].fields}


def test_the_default_ranker_is_left_out_beside_a_threshold() -> None:
    tool, outcomes = search_with({"ranker": "default_2024_08_21", "score_threshold": 0.5})
    assert tool == {"type": "file_search", "max_num_results": 5, "ranking_options": {"score_threshold": 0.5}}
    assert outcomes["tools[0].file_search.ranking_options.ranker"] is Outcome.DEFAULT
    tool, _ = search_with({"ranker": "auto", "score_threshold": 0.0})
    assert tool["ranking_options"] == {"ranker": "auto", "score_threshold": 0.0}


@pytest.mark.parametrize("ranking", [[{"ranker": "auto"}], "auto", 1])
def test_ranking_options_of_another_type_are_reported(ranking: Any) -> None:
    tool, outcomes = search_with(ranking)
    assert tool == {"type": "file_search", "max_num_results": 5}
    assert outcomes["tools[0].file_search.ranking_options"] is Outcome.HOMELESS


def store_with(attributes: dict[str, Any], path: str | None = None) -> tuple[Any, dict[str, Outcome]]:
    """The item in `files:` of a store's only member, and the outcomes of the store's fields."""
    member = MemberFile("file-a1", attributes=attributes)
    store = Found("vector_store", "vs_1", {"name": "Books"}, "vs_1", members=(member,))
    file = Found("file", "file-a1", {"filename": "a.md"}, "file-a1", path=path)
    made = make_entries([store, file], "responses")
    outcomes = {field.path: field.outcome for each in made.objects for field in each.fields if each.type != "file"}
    return made.sections["vector_stores"]["books"]["files"][0], outcomes


def test_an_attribute_path_of_somebody_else_is_kept() -> None:
    item, _ = store_with({"path": "shelf 1", "n": 1.0})
    assert item == {"id": "file-a1", "attributes": {"path": "shelf 1", "n": 1}}
    item, _ = store_with({"path": "a.md", "sha256": "0" * 64, "n": 1.0})
    assert item == {"id": "file-a1", "attributes": {"n": 1}}


def test_a_local_file_has_no_attribute_path_of_its_own() -> None:
    item, outcomes = store_with({"path": "shelf 1", "n": 1.0}, path="a.md")
    assert item == {"path": "a.md", "attributes": {"n": 1}}
    assert outcomes["files[file-a1].attributes.path"] is Outcome.HOMELESS
    item, _ = store_with({"path": "shelf 1"}, path="a.md")
    assert item == "a.md"


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("mine")
    with pytest.raises(UsageError, match=r"b\.yaml is in .* already"):
        write_folder(tmp_path, {"a.yaml": "x", "b.yaml": "x"})
    assert sorted(os.listdir(tmp_path)) == ["b.yaml"]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "prompts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="symbolic link"):
        write_folder(tmp_path, {"a.yaml": "x", "prompts/x.md": "x", "c/d.yaml": "x"})
    assert sorted(os.listdir(tmp_path)) == ["b.yaml", "elsewhere", "prompts"]
    assert not os.listdir(tmp_path / "elsewhere")
