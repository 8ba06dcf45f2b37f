"""What programs read: the shapes are promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.conftest import Finished, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply, edit, output, plan
from tests.warm.commands import WarmProvision

ACTIONS = {"create", "update", "replace", "delete", "adopt", "forget", "no-op"}
MANIFEST = """
vector_stores:
  notes: {files: [notes/a.txt], metadata: {term: spring}}
assistants:
  reader: {instructions: Read., tools: [{type: file_search, vector_stores: [notes]}]}
"""
FILE = 'file["manifests/notes/a.txt"]'


@pytest.fixture
def notes(project: WriteProject) -> Path:
    return project({"notes.yaml": MANIFEST, "notes/a.txt": "alpha"})


def pure(finished: Finished) -> Any:
    """Standard output, which is one JSON text and nothing else, letters as they are."""
    assert "\\u" not in finished.stdout
    return json.loads(finished.stdout)


def counted(**given: int) -> dict[str, int]:
    return {**dict.fromkeys(ACTIONS, 0), **{name.replace("_", "-"): number for name, number in given.items()}}


def test_a_plan_has_its_promised_shape(provision: WarmProvision, notes: Path) -> None:
    planned = provision("plan", "--json", "--detailed-exitcode")
    assert planned.code == 2
    body = pure(planned)
    assert body.keys() == {"format_version", "summary", "changes", "shared", "drift", "diagnostics", "cost"}
    assert body["format_version"] == "1.2"
    assert body["summary"] == counted(create=3)
    assert [change["address"] for change in body["changes"]] == [FILE, "vector_store.notes", "assistant.reader"]
    for change in body["changes"]:
        assert change.keys() == {"address", "action", "reasons", "before", "after", "differences"}
        assert change["action"] == "create"
        assert change["before"] is None
        assert change["reasons"]
    store, reader = (change["after"] for change in body["changes"][1:])
    assert store["files"][FILE]["file_id"] == {"known_after_apply": f"{FILE}.id"}
    assert reader["tools"][0]["vector_store_ids"] == [{"known_after_apply": "vector_store.notes.id"}]
    assert body["drift"] == body["diagnostics"] == []


@pytest.mark.thorough
def test_a_plan_counts_what_stays_and_shows_before_and_after(provision: WarmProvision, notes: Path) -> None:
    apply(provision)
    assert plan(provision)["summary"] == counted(no_op=3)
    assert plan(provision)["changes"] == []
    edit(notes / "manifests/notes.yaml", "Read.", "읽어요.")
    body = plan(provision)
    assert body["summary"] == counted(update=1, no_op=2)
    (change,) = body["changes"]
    assert (change["before"]["instructions"], change["after"]["instructions"]) == ("Read.", "읽어요.")
    assert change["reasons"] == ["instructions changed"]


@pytest.mark.thorough
def test_a_plan_tells_drift_and_diagnostics(provision: WarmProvision, notes: Path, account: Account) -> None:
    apply(provision)
    store = account.stores()["notes"]
    account.client.vector_stores.update(store.id, metadata={**store.metadata, "term": "autumn"})
    stranger = account.client.files.create(file=("b.txt", b"beta"), purpose="assistants").id
    account.client.vector_stores.files.create_and_poll(stranger, vector_store_id=store.id)
    body = plan(provision)
    assert body["drift"] == [
        {
            "address": "vector_store.notes",
            "field": "metadata.term",
            "recorded": "spring",
            "actual": "autumn",
            "overwritten": True,
            "differences": [{"path": "metadata.term", "kind": "changed", "before": "spring", "after": "autumn"}],
        }
    ]
    diagnostic, guard = body["diagnostics"]
    assert guard["severity"] == "blocked"
    assert "this would undo what others changed: vector_store.notes (metadata.term)" in guard["message"]
    assert diagnostic.keys() == {"severity", "message", "file", "line", "column", "address"}
    assert diagnostic["severity"] == "info"
    assert (diagnostic["file"], diagnostic["line"]) == ("manifests/notes.yaml", 2)
    assert diagnostic["address"] == "vector_store.notes"


def test_problems_in_manifests_come_in_the_same_shape(provision: WarmProvision, project: WriteProject) -> None:
    project({"wrong.yaml": "assistants:\n  poet: {instruction: Rhyme.}\n"})
    for command in ("plan", "apply", "destroy"):
        refused = provision(command, "--json")
        assert refused.code == 1
        body = pure(refused)
        assert body.keys() == {"format_version", "summary", "changes", "shared", "drift", "diagnostics", "cost"}
        assert body["summary"] == counted()
        (diagnostic,) = body["diagnostics"]
        assert diagnostic["severity"] == "error"
        assert (diagnostic["file"], diagnostic["line"], diagnostic["column"]) == ("manifests/wrong.yaml", 2, 10)
        assert refused.requests == ()
    assert pure(provision("validate", "--json")).keys() == {"diagnostics"}


def test_an_apply_tells_its_plan_and_what_came_of_it(provision: WarmProvision, notes: Path) -> None:
    applied = provision("apply", "--yes", "--json")
    assert applied.code == 0
    body = pure(applied)
    assert body["summary"] == counted(create=3)
    outcome = body["outcome"]
    assert outcome.keys() == {"applied", "failed", "skipped", "seconds"}
    assert {each["address"]: each["action"] for each in outcome["applied"]} == {
        FILE: "create",
        "vector_store.notes": "create",
        "assistant.reader": "create",
    }
    assert outcome["failed"] == outcome["skipped"] == []
    assert "Plan: 3 to create" in applied.stderr
    again = pure(provision("apply", "--yes", "--json"))
    assert again["summary"] == counted(no_op=3)
    assert again["outcome"]["applied"] == []


def test_an_apply_that_is_blocked_says_so_in_json_too(provision: WarmProvision, project: WriteProject) -> None:
    project({"store.yaml": "vector_stores: {notes: {lifecycle: {protect: true}}}"})
    apply(provision)
    refused = provision("destroy", "--yes", "--json")
    assert refused.code == 3
    assert [each["severity"] for each in pure(refused)["diagnostics"]] == ["blocked"]


@pytest.mark.thorough
def test_output_names_every_id_on_every_target(
    provision: WarmProvision, project: WriteProject, account: Account
) -> None:
    root = project({"notes.yaml": MANIFEST, "notes/a.txt": "alpha"})
    (root / "manifests/more.yaml").write_text(
        "assistants:\n"
        "  agent: {target: agents, name: agent, tools: [code_interpreter]}\n"
        "  old: {target: assistants, name: old}\n",
        encoding="utf-8",
    )
    apply(provision)
    store, file = account.stores()["notes"].id, account.files()["a.txt"]
    told = output(provision)
    assert told == {
        "assistants": {
            "agent": {
                "target": "agents",
                "id": account.agents()["agent"].id,
                "environment_template_id": account.templates()[0].id,
            },
            "old": {"target": "assistants", "id": account.assistants()["old"].id},
            "reader": {
                "target": "responses",
                "release": 1,
                "definition": {
                    "model": "gpt-6-luna",
                    "instructions": "Read.",
                    "tools": [{"type": "file_search", "vector_store_ids": [store]}],
                },
            },
        },
        "vector_stores": {"notes": {"id": store}},
        "skills": {},
        "files": {FILE: {"id": file}},
    }
    assert pure(provision("output", "reader")) == told["assistants"]["reader"]
    assert provision("output", "reeder").code == 1


def test_show_is_the_record_as_it_is_in_the_state(provision: WarmProvision, notes: Path) -> None:
    apply(provision)
    records = pure(provision("show", "--json"))
    assert {record["address"] for record in records} == {FILE, "vector_store.notes", "assistant.reader"}
    assert pure(provision("show", "vector_store.notes", "--json")) in records


@pytest.mark.thorough
def test_the_schema_knows_a_good_manifest_from_a_bad_one(provision: WarmProvision) -> None:
    schema = pure(provision("schema", online=False))
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    assert judge.is_valid(yaml.safe_load(MANIFEST))
    assert not judge.is_valid(yaml.safe_load(MANIFEST.replace("instructions", "instruction")))
