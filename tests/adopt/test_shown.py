"""What the plan of an adoption shows: what differs as updates, what matches as unchanged, in every form of the plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.resource import Import, Ref, Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning import planfile
from provisioner.planning.diff import Actual, make_plan
from provisioner.planning.diff.actual import Match
from provisioner.planning.diff.file_matching import BY_DIGEST, BY_NAME, BY_TEXT
from provisioner.planning.plan import Plan
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.render.json_text import dumps, plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.records import State

STORE = Address("vector_store", "handbook")
DIGESTS = {name: letter * 64 for name, letter in (("a.md", "a"), ("b.md", "b"), ("c.md", "c"), ("d.md", "d"))}


def file(name: str) -> Resource:
    inputs = {"filename": name, "bytes": 15, "purpose": "assistants", "sha256": DIGESTS[name]}
    return Resource(Address("file", f"docs/{name}"), "file", inputs)


def upload(number: int, filename: str) -> Live:
    return Live(f"file-{number}", {"filename": filename, "bytes": 15, "purpose": "assistants"})


def attributes(name: str) -> dict[str, str]:
    return {"path": f"docs/{name}", "sha256": DIGESTS[name]}


def member(name: str) -> dict[str, Any]:
    return {"file_id": Ref(file(name).address), "attributes": attributes(name)}


def store(**inputs: Any) -> Resource:
    return Resource(STORE, "vector_store", inputs, imported=Import("vs_1"))


def plan_of(resources: list[Resource], imports: Mapping[Address, Live], matches: Mapping[Address, Match]) -> Plan:
    return make_plan(resources, State("lineage"), Actual(imports=imports, matches=matches))


def whole_plan() -> Plan:
    """A store with three members that are local files: by digest under another name, by name, and complete."""
    files = [file(name) for name in DIGESTS]
    desired = {str(each.address): member(each.inputs["filename"]) for each in files}
    there = {
        "file-1": {"attributes": {"sha256": DIGESTS["a.md"], "team": "theirs"}},
        "file-2": {"attributes": {"team": "theirs"}},
        "file-3": {"attributes": attributes("c.md")},
    }
    handbook = store(name="Rules", metadata={"topic": "rules", "team": "ours"}, files=desired)
    live = Live("vs_1", {"name": "Handbook", "metadata": {"topic": "rules", "team": "theirs"}, "files": there})
    lives = [upload(1, "old.md"), upload(2, "b.md"), upload(3, "c.md")]
    found = dict(zip([each.address for each in files], lives, strict=False))
    means = (BY_DIGEST, BY_NAME, BY_TEXT)
    matches = {address: Match(each, STORE, how) for (address, each), how in zip(found.items(), means, strict=True)}
    return plan_of([*files, handbook], {STORE: live, **found}, matches)


def reread(plan: Plan) -> Plan:
    """The plan after it was written to a plan file and read again, which keeps only the texts of its reasons."""
    reviewed = planfile.Reviewed(1.0, "campus", "default", "account", None, (), plan)
    return planfile.parse(planfile.dump(reviewed), "plan.json").plan


def forms(plan: Plan) -> dict[str, str]:
    return {
        "text": plan_text(plan, Style()),
        "json": str(dumps(plan_json(plan))),
        "markdown": plan_markdown(plan),
        "html": unescape(plan_html(plan, Heading("campus", "default", "account", 0))),
    }


def changes(plan: Plan) -> dict[str, Any]:
    return {each["address"]: each for each in json.loads(dumps(plan_json(plan)))["changes"]}


def test_an_adopted_upload_has_no_differences() -> None:
    found = changes(whole_plan())
    by_digest, by_name = found['file["docs/a.md"]'], found['file["docs/b.md"]']
    assert by_digest["differences"] == by_name["differences"] == []
    assert by_digest["unchanged"] == ["bytes", "purpose", "sha256"]
    assert by_name["unchanged"] == ["bytes", "filename", "purpose"]


def test_the_members_show_only_what_is_completed() -> None:
    found = changes(whole_plan())[str(STORE)]
    assert {each["path"]: (each.get("before"), each.get("after")) for each in found["differences"]} == {
        "name": ("Handbook", "Rules"),
        "metadata.team": ("theirs", "ours"),
        "files[docs/a.md].attributes.path": (None, "docs/a.md"),
        "files[docs/b.md].attributes": (None, attributes("b.md")),
        "files[docs/d.md]": (None, "attached"),
    }
    assert found["unchanged"] == ["files[docs/c.md]", "metadata.topic"]
    assert "files: 3 of 4 are in it already, and are neither uploaded nor indexed again" in found["reasons"]


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_every_form_shows_the_same(form: str) -> None:
    plan = whole_plan()
    shown = forms(plan)[form]
    again = forms(reread(plan))[form]
    assert again == shown if form != "json" else json.loads(again) == json.loads(shown)
    for means in (BY_DIGEST, BY_NAME, BY_TEXT):
        assert f"has {means}; it is taken over, and nothing is uploaded" in shown
    assert "at OpenAI it is still called `old.md`, and citations show that name" in shown
    assert "files: 3 of 4 are in it already, and are neither uploaded nor indexed again" in shown
    assert "the new content" not in shown
    if form != "json":
        assert "nchanged: metadata.topic, 1 file" in shown
        assert "nchanged: bytes, filename, purpose" in shown


def test_many_adopted_files_are_counted_by_how_they_were_recognized() -> None:
    files = [
        Resource(Address("file", f"{n}.md"), "file", {**file("a.md").inputs, "filename": f"{n}.md"}) for n in range(12)
    ]
    lives = {each.address: upload(n, f"{n}.md") for n, each in enumerate(files)}
    desired = {
        str(each.address): {"file_id": Ref(each.address), "attributes": {"path": each.address.name}} for each in files
    }
    there: dict[str, Any] = {each.id: {"attributes": {}} for each in lives.values()}
    matches = {address: Match(each, STORE, BY_NAME) for address, each in lives.items()}
    imports = {STORE: Live("vs_1", {"name": "Handbook", "files": there}), **lives}
    shown = plan_text(plan_of([*files, store(name="Handbook", files=desired)], imports, matches), Style())
    taken = "the upload in vector_store.handbook has the same name and size; it is taken over, and nothing is uploaded"
    assert f"{taken} (12)" in shown
    assert "unchanged: name" in shown


AGENT = {"name": "Poet", "model": "gpt-6-luna", "instructions": "Rhyme."}
PACKAGES: dict[str, list[str]] = {"npm": [], "python": ["pandas"], "system": []}
CONTENT = {"SKILL.md": "a" * 64, "notes.md": "b" * 64}
SKILL = {"name": "essay", "description": "Writes.", "bytes": 9, "content": CONTENT}


@pytest.mark.parametrize(
    ("kind", "type_", "live", "edited"),
    [
        ("assistant", "agent", AGENT, {"instructions": "Rhyme well."}),
        ("assistant", "assistant", {**AGENT, "model": "gpt-4o"}, {"model": "gpt-4.1"}),
        ("environment", "environment_template", {"packages": PACKAGES}, {"packages": {**PACKAGES, "npm": ["vite"]}}),
        ("skill", "skill", SKILL, {"content": {**CONTENT, "notes.md": "c" * 64}}),
        ("vector_store", "vector_store", {"name": "Handbook", "files": {}}, {"name": "Rules"}),
    ],
)
def test_each_type_shows_what_differs_and_what_matches(
    kind: str, type_: str, live: dict[str, Any], edited: dict[str, Any]
) -> None:
    address = Address(kind, "poet")

    def adopted(inputs: Mapping[str, Any]) -> dict[str, Any]:
        resource = Resource(address, type_, inputs, imported=Import("x_1"))
        found: dict[str, Any] = changes(plan_of([resource], {address: Live("x_1", live)}, {}))[str(address)]
        return found

    equal, differing = adopted(live), adopted({**live, **edited})
    assert equal["differences"] == []
    assert equal["unchanged"] == sorted(paths(live))
    [difference] = [each for each in differing["differences"] if each["path"].startswith(next(iter(edited)))]
    assert "before" in difference or difference["kind"] == "added" or "text" in difference
    assert len(differing["differences"]) == 1
    assert set(equal["unchanged"]) - set(differing["unchanged"]) <= {next(iter(edited)), "content[notes.md]"}


def paths(live: Mapping[str, Any]) -> list[str]:
    """The fields of an object, with each file of a skill on its own."""
    return [
        *(name for name in live if name not in ("content", "files")),
        *(f"content[{path}]" for path in live.get("content", {})),
    ]
