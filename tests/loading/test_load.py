"""What an application gets from `load` and `load_id`, and which errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import provisioner
from provisioner import load, load_id
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.errors import Blocked, InvalidManifest, NewerState, StateError, UsageError
from provisioner.core.objecttype import TYPES
from provisioner.project.loading.recorded import OTHER_KINDS
from tests.conftest import Provision
from tests.loading.conftest import POET, SETTINGS, Project, definition, stored

SEARCH = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp"}


def test_a_definition_is_what_the_state_records(project: Project) -> None:
    project.state(definition())
    assert load("poet") == POET


def test_what_a_caller_changes_is_not_seen_by_others(project: Project) -> None:
    project.state(definition(inputs={**POET, "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}))
    mine: Any = load("poet")
    mine["tools"][0]["vector_store_ids"].append("vs_2")
    mine["tools"].append({})
    mine["model"] = "other"
    assert load("poet")["tools"] == [{"type": "file_search", "vector_store_ids": ["vs_1"]}]
    assert load("poet")["model"] == "gpt-6-luna"


def test_the_project_is_found_from_a_folder_below(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.state(definition())
    (project.root / "app/web").mkdir(parents=True)
    monkeypatch.chdir(project.root / "app/web")
    assert load("poet")["model"] == "gpt-6-luna"
    monkeypatch.chdir("/")
    assert load("poet", path=project.root)["model"] == "gpt-6-luna"


def test_the_environment_is_chosen_as_for_the_command(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.settings(f"{SETTINGS}default_environment: dev\nenvironments:\n  dev: {{}}\n  prod:\n    protected: true\n")
    for name in ("dev", "prod"):
        project.state(definition(inputs={**POET, "instructions": name}), environment=name)
    assert load("poet")["instructions"] == "dev"
    assert load("poet", env="prod")["instructions"] == "prod"
    monkeypatch.setenv("PROVISION_ENV", "prod")
    assert load("poet")["instructions"] == "prod"
    assert load("poet", env="dev")["instructions"] == "dev"
    with pytest.raises(InvalidManifest) as raised:
        load("poet", env="stage")
    assert "there is no environment `stage`" in raised.value.__notes__[0]


@pytest.mark.parametrize("name", ["튜터", 'tutor["math"]', "reading room", "a.b"])
def test_every_name_of_a_manifest_is_a_name_here(project: Project, name: str) -> None:
    project.state(definition(name))
    assert load(name) == POET


def test_an_unknown_name_lists_those_that_exist(project: Project) -> None:
    project.state(definition("poet"), definition("tutor"), stored("agent", "agent", "agent_1"))
    with pytest.raises(
        UsageError, match=r"no assistant called `poem` is recorded in state/default\.json; there are: ag"
    ):
        load("poem")
    with pytest.raises(
        UsageError, match=r"vector_store\.poems is not recorded in state/default\.json; no vector_store"
    ):
        load_id("vector_store.poems")
    with pytest.raises(UsageError, match="is a text, not int"):
        load(7)  # type: ignore[arg-type]


def test_ids(project: Project) -> None:
    project.state(
        definition(),
        stored("writer", "agent", "agent_1"),
        stored("writer", "environment_template", "envtmpl_1", "environment"),
        stored("old", "assistant", "asst_1"),
        stored("hamlet", "vector_store", "vs_1", "vector_store"),
    )
    assert load_id("writer") == "agent_1"
    assert load_id("assistant.writer") == "agent_1"
    assert load_id("environment.writer") == "envtmpl_1"
    assert load_id("old") == "asst_1"
    assert load_id("vector_store.hamlet") == "vs_1"


@pytest.mark.parametrize(("type_", "target"), [("agent", "agents"), ("assistant", "assistants")])
def test_an_assistant_on_another_target_names_load_id(project: Project, type_: str, target: str) -> None:
    project.state(stored("writer", type_, "x_1"))
    with pytest.raises(UsageError, match=f"`{target}`") as raised:
        load("writer")
    assert 'load_id("writer")' in (raised.value.hint or "")
    assert raised.value.__notes__ == [raised.value.hint]


def test_a_definition_has_no_id(project: Project) -> None:
    project.state(definition())
    with pytest.raises(UsageError, match="has no id") as raised:
        load_id("poet")
    assert 'load("poet")' in (raised.value.hint or "")


def test_runtime_values_are_filled_in(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = {**SEARCH, "authorization": {"runtime": "WIKI"}, "headers": {"X-Team": {"runtime": "TEAM"}, "Accept": "a"}}
    project.state(definition(inputs={**POET, "tools": [tool]}))
    filled: Any = load("poet", secrets={"WIKI": "w", "TEAM": "t"})["tools"]
    assert filled == [{**SEARCH, "authorization": "w", "headers": {"X-Team": "t", "Accept": "a"}}]
    monkeypatch.setenv("WIKI", "from the environment")
    monkeypatch.setenv("TEAM", "")
    with pytest.raises(UsageError, match=r"a value that is not set: TEAM \(tools\[0\]\.headers\.X-Team\)"):
        load("poet")


def test_all_missing_values_are_named_at_once(project: Project) -> None:
    tools = [
        {**SEARCH, "authorization": {"runtime": "WIKI"}},
        {**SEARCH, "authorization": {"runtime": "WIKI"}, "headers": {"Key": {"runtime": "KEY"}}},
    ]
    project.state(definition(inputs={**POET, "tools": tools}))
    with pytest.raises(UsageError) as raised:
        load("poet", secrets={})
    assert "needs 2 values" in raised.value.message
    assert "KEY (tools[1].headers.Key), WIKI (tools[0].authorization, tools[1].authorization)" in raised.value.message


def test_schemas_may_have_a_property_called_runtime(project: Project) -> None:
    schema = {"type": "object", "properties": {"runtime": {"enum": ["a"]}}, "default": {"runtime": "python"}}
    inputs = {
        **POET,
        "tools": [{"type": "function", "name": "run", "parameters": schema}],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}},
    }
    project.state(definition(inputs=inputs))
    assert load("poet", secrets={}) == inputs


def test_without_a_state_the_error_says_what_to_do(project: Project) -> None:
    with pytest.raises(StateError, match=r"there is no state in state/default\.json") as raised:
        load("poet")
    assert "provision apply" in raised.value.__notes__[0]


def test_without_a_project_the_error_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"there is no provision\.yaml"):
        load("poet")


def test_problems_of_the_settings_are_in_the_traceback(project: Project) -> None:
    project.settings("project: library\nstaet: ../state\n")
    with pytest.raises(InvalidManifest) as raised:
        load("poet")
    [note] = raised.value.__notes__
    assert note.startswith("manifests/provision.yaml:2:1: ")


def test_a_state_that_was_edited_is_refused(project: Project) -> None:
    project.state(definition())
    text = project.path().read_text(encoding="utf-8").replace("Rhyme.", "Curse.")
    project.path().write_text(text, encoding="utf-8")
    with pytest.raises(Blocked, match="edited by hand"):
        load("poet")


def test_the_state_of_another_project_is_refused(project: Project) -> None:
    project.state(definition(), project="other")
    with pytest.raises(Blocked, match="belongs to other/default, not to library/default"):
        load("poet")


@pytest.mark.parametrize("text", ["", "{", "[]", "<<<<<<< ours\n", '{"format": 1}'])
def test_a_damaged_state_is_an_error(project: Project, text: str) -> None:
    project.path().parent.mkdir()
    project.path().write_text(text, encoding="utf-8")
    with pytest.raises(StateError, match=r"state/default\.json"):
        load("poet")


@pytest.mark.thorough
def test_an_encrypted_state_is_read_with_its_key(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cryptography")
    from provisioner.state.backends.serialization import Serializer
    from provisioner.state.sealing import Seal

    project.settings(f"{SETTINGS}state_encryption: {{key: {{env: STATE_KEY}}}}\n")
    key = "correct horse battery staple"
    state = project.state(definition())
    project.path().write_bytes(Serializer("default", Seal(key)).dump(state))
    with pytest.raises(UsageError, match="STATE_KEY"):
        load("poet")
    monkeypatch.setenv("STATE_KEY", key)
    assert load("poet") == POET
    with pytest.raises(UsageError, match="is an encrypted state"):
        load("poet", path=project.path())


class TestFile:
    """A file that is shipped with the application."""

    def write(self, project: Project, body: Any) -> Path:
        path = project.root / "shipped.json"
        path.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
        return path

    def test_an_exported_file(self, project: Project) -> None:
        body = {
            "format": 1,
            "project": "library",
            "environment": "prod",
            "assistants": {
                "poet": {"target": "responses", "release": 3, "definition": POET},
                "writer": {"target": "agents", "id": "agent_1", "environment_template_id": "envtmpl_1"},
            },
            "vector_stores": {"hamlet": {"id": "vs_1"}},
            "files": {'file["books/hamlet.pdf"]': {"id": "file-1"}},
        }
        path = self.write(project, body)
        assert load("poet", path=path) == load("poet", path=str(path), env="prod", release=3) == POET
        assert load_id("writer", path=path) == "agent_1"
        assert load_id("environment.writer", path=path) == "envtmpl_1"
        assert load_id("vector_store.hamlet", path=path) == "vs_1"
        assert load_id('file["books/hamlet.pdf"]', path=path) == "file-1"
        with pytest.raises(UsageError, match="is for the environment `prod`, not for `dev`"):
            load("poet", path=path, env="dev")
        with pytest.raises(UsageError, match="has only release 3 of `poet`, not 2"):
            load("poet", path=path, release=2)

    def test_a_state(self, project: Project) -> None:
        project.state(definition(), environment="prod")
        assert load("poet", path="state/prod.json") == POET
        with pytest.raises(UsageError, match="is for the environment `prod`"):
            load("poet", path="state/prod.json", env="dev")

    @pytest.mark.parametrize(
        "body",
        [
            *("", "{}", "[]", "no JSON", {"assistants": []}, {"assistants": {"poet": {}}}),
            *({"assistants": {"poet": {"target": "responses"}}}, {"assistants": {"poet": {"target": "x"}}}),
            {"assistants": {}, "files": {"a": []}},
        ],
    )
    def test_another_file_is_refused(self, project: Project, body: Any) -> None:
        path = self.write(project, body)
        with pytest.raises(StateError, match=r"shipped\.json is neither an exported file nor a state"):
            load("poet", path=path)

    def test_a_newer_format_is_refused(self, project: Project) -> None:
        path = self.write(project, {"format": 2, "assistants": {}})
        with pytest.raises(NewerState, match="has format 2"):
            load("poet", path=path)

    def test_a_missing_file_says_how_it_is_made(self, project: Project) -> None:
        with pytest.raises(UsageError, match=r"there is no file missing\.json") as raised:
            load("poet", path="missing.json")
        assert "provision export" in (raised.value.hint or "")

    def test_no_settings_are_needed(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        path = self.write(project, {"assistants": {"poet": {"target": "responses", "release": 1, "definition": POET}}})
        monkeypatch.chdir("/")
        assert load("poet", path=path) == POET


def test_the_module_has_the_names_of_the_documents() -> None:
    for name in provisioner.__all__:
        assert getattr(provisioner, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = provisioner.nothing


def test_the_kinds_of_addresses_are_those_of_the_object_types() -> None:
    kinds = {declared.kind.name for declared in TYPES.values()}
    assert {each[:-1] for each in OTHER_KINDS} == kinds - {ASSISTANT_KIND.name}


class TestRelease:
    """An earlier release, from the releases that the backend keeps."""

    def apply(self, provision: Provision, project: Project, text: str) -> None:
        manifest = f"assistants: {{poet: {{instructions: {text}}}}}\n"
        (project.root / "manifests/poet.yaml").write_text(manifest, encoding="utf-8")
        ended = provision("apply", "--yes")
        assert ended.code == 0, ended.stderr

    @pytest.mark.thorough
    def test_each_release_can_be_loaded(self, project: Project, provision: Provision) -> None:
        project.settings(f"{SETTINGS}defaults: {{model: gpt-6-luna}}\n")
        for text in ("One.", "Two.", "Three."):
            self.apply(provision, project, text)
        assert load("poet")["instructions"] == "Three."
        assert [load("poet", release=number)["instructions"] for number in (1, 2, 3)] == ["One.", "Two.", "Three."]
        with pytest.raises(UsageError, match=r"release 4 of assistant\.poet is not kept; there are 1 to 3"):
            load("poet", release=4)
        with pytest.raises(UsageError, match="is an integer"):
            load("poet", release="2")  # type: ignore[arg-type]
        (project.root / "state").rename(project.root / "moved")
        assert load("poet", release=2)["instructions"] == "Two."
