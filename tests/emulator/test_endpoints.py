"""Every endpoint, as the SDK drives it, against the emulator as a process of its own."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from provisioner.emulator.endpoints.routes import ROUTES
from tests.emulator.conversation_drives import drive_sessions, drive_threads

HAMLET = "햄릿: 죽느냐 사느냐, 그것이 문제로다.".encode()


@pytest.fixture(autouse=True)
def quiet() -> None:
    warnings.filterwarnings("ignore", "deprecated|The Assistants API", DeprecationWarning)


def test_files(api: OpenAI) -> None:
    data = b'{"a": 1}\n'
    file = api.files.create(
        file=("rows.jsonl", data), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert (file.filename, file.bytes, file.purpose, file.status) == ("rows.jsonl", 9, "user_data", "processed")
    assert file.expires_at == file.created_at + 3600
    assert api.files.retrieve(file.id) == file
    assert api.files.content(file.id).content == data
    assert file in list(api.files.list(purpose="user_data"))
    assert file not in list(api.files.list(purpose="vision"))
    assert api.files.delete(file.id).deleted
    with pytest.raises(NotFoundError):
        api.files.retrieve(file.id)


def test_an_upload_in_parts(api: OpenAI) -> None:
    upload = api.uploads.create(bytes=9, filename="rows.jsonl", mime_type="text/jsonl", purpose="user_data")
    assert (upload.status, upload.bytes, upload.expires_at - upload.created_at) == ("pending", 9, 3600)
    second = api.uploads.parts.create(upload.id, data=b": 1}\n")
    first = api.uploads.parts.create(upload.id, data=b'{"a"')
    assert first.upload_id == upload.id
    md5 = hashlib.md5(b'{"a": 1}\n').hexdigest()
    done = api.uploads.complete(upload.id, part_ids=[first.id, second.id], md5=md5)
    assert done.status == "completed"
    assert done.file is not None
    assert api.files.retrieve(done.file.id) == done.file
    assert (done.file.filename, done.file.bytes, done.file.purpose) == ("rows.jsonl", 9, "user_data")
    assert api.files.content(done.file.id).content == b'{"a": 1}\n'


def test_an_upload_that_is_cancelled(api: OpenAI) -> None:
    upload = api.uploads.create(bytes=9, filename="a.md", mime_type="text/markdown", purpose="assistants")
    part = api.uploads.parts.create(upload.id, data=b"123456789")
    assert api.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(BadRequestError, match="no longer pending"):
        api.uploads.complete(upload.id, part_ids=[part.id])


def test_a_name_in_korean_and_a_batch_purpose(api: OpenAI) -> None:
    file = api.files.create(file=("햄릿 1막.txt", HAMLET), purpose="batch")
    assert file.filename == "햄릿 1막.txt"
    assert file.expires_at == file.created_at + 30 * 86400


def test_contents_of_assistants_files_are_not_given_back(api: OpenAI) -> None:
    file = api.files.create(file=("a.txt", b"a"), purpose="assistants")
    with pytest.raises(BadRequestError):
        api.files.content(file.id)


def test_vector_stores(api: OpenAI) -> None:
    file = api.files.create(file=("hamlet.txt", HAMLET), purpose="assistants")
    store = api.vector_stores.create(
        name="햄릿",
        description="never read back",
        file_ids=[file.id],
        metadata={"a": "1", "b": "2"},
        expires_after={"anchor": "last_active_at", "days": 7},
    )
    assert (store.file_counts.total, store.file_counts.completed, store.status) == (1, 1, "completed")
    assert store.usage_bytes == len(HAMLET)
    assert store.expires_at == (store.last_active_at or 0) + 7 * 86400
    assert not hasattr(store, "description")
    changed = api.vector_stores.update(store.id, name="왕자", metadata={"b": "3"}, expires_after=None)
    assert (changed.name, changed.metadata, changed.expires_after) == ("왕자", {"b": "3"}, None)
    assert api.vector_stores.update(store.id, metadata=None).metadata == {}
    assert api.vector_stores.retrieve(store.id).name == "왕자"
    assert next(iter(api.vector_stores.list())).id == store.id
    assert api.vector_stores.delete(store.id).deleted
    with pytest.raises(NotFoundError):
        api.vector_stores.retrieve(store.id)
    assert api.files.retrieve(file.id).id == file.id


def test_files_of_a_vector_store(api: OpenAI) -> None:
    store = api.vector_stores.create()
    file = api.files.create(file=("hamlet.md", HAMLET), purpose="assistants")
    member = api.vector_stores.files.create_and_poll(
        file.id,
        vector_store_id=store.id,
        attributes={"act": 1, "draft": False, "path": "books/hamlet.md"},
        chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}},
    )
    assert member.attributes == {"act": 1.0, "draft": False, "path": "books/hamlet.md"}
    assert member.to_dict()["chunking_strategy"] == {
        "type": "static",
        "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50},
    }
    assert api.vector_stores.files.update(file.id, vector_store_id=store.id, attributes={"act": 2}).attributes == {
        "act": 2.0
    }
    assert api.vector_stores.files.retrieve(file.id, vector_store_id=store.id).status == "completed"
    assert [part.text for part in api.vector_stores.files.content(file.id, vector_store_id=store.id)] == [
        HAMLET.decode()
    ]
    assert [each.id for each in api.vector_stores.files.list(store.id, filter="completed")] == [file.id]
    assert not list(api.vector_stores.files.list(store.id, filter="failed"))
    assert api.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted
    assert api.vector_stores.retrieve(store.id).file_counts.total == 0


def test_a_deleted_file_leaves_every_store(api: OpenAI) -> None:
    file = api.files.create(file=("hamlet.md", HAMLET), purpose="assistants")
    stores = [api.vector_stores.create(file_ids=[file.id]) for _ in range(2)]
    api.files.delete(file.id)
    assert [api.vector_stores.retrieve(store.id).file_counts.total for store in stores] == [0, 0]


def test_file_batches(api: OpenAI) -> None:
    store = api.vector_stores.create()
    ids = [api.files.create(file=(f"{n}.txt", b"text"), purpose="assistants").id for n in range(3)]
    batch = api.vector_stores.file_batches.create(store.id, file_ids=ids[:2], attributes={"n": 1})
    assert batch.id.startswith("vsfb_")
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    second = api.vector_stores.file_batches.create(
        store.id, attributes={"ignored": 1}, files=[{"file_id": ids[2], "attributes": {"n": 2}}]
    )
    assert api.vector_stores.file_batches.retrieve(second.id, vector_store_id=store.id).file_counts.total == 1
    members = list(api.vector_stores.file_batches.list_files(second.id, vector_store_id=store.id))
    assert [(member.id, member.attributes) for member in members] == [(ids[2], {"n": 2.0})]
    assert api.vector_stores.file_batches.cancel(second.id, vector_store_id=store.id).status == "completed"
    assert api.vector_stores.retrieve(store.id).file_counts.total == 3


def test_search_in_korean_and_by_attributes(api: OpenAI) -> None:
    store = api.vector_stores.create()
    for name, text, act in [("1.txt", "유령이 나타난다", 1), ("2.txt", "햄릿 왕자가 나타난다", 2), ("3.txt", "끝", 3)]:
        file = api.files.create(file=(name, text.encode()), purpose="assistants")
        api.vector_stores.files.create(store.id, file_id=file.id, attributes={"act": act, "kind": "play"})
    found = api.vector_stores.search(store.id, query="햄릿 나타난다")
    assert [(each.filename, each.score) for each in found] == [("2.txt", 1.0), ("1.txt", 0.5898)]
    assert found.data[0].content[0].text == "햄릿 왕자가 나타난다"
    late = api.vector_stores.search(
        store.id,
        query=["나타난다", "끝"],
        filters={
            "type": "and",
            "filters": [
                {"type": "gte", "key": "act", "value": 2},
                {"type": "or", "filters": [{"type": "in", "key": "kind", "value": ["play", "poem"]}]},
            ],
        },
        max_num_results=5,
    )
    assert {each.filename for each in late} == {"2.txt", "3.txt"}
    assert not list(api.vector_stores.search(store.id, query="없는말"))
    assert not list(api.vector_stores.search(store.id, query="?!"))


def test_assistants(api: OpenAI) -> None:
    file = api.files.create(file=("a.csv", b"a,b"), purpose="assistants")
    store, other = api.vector_stores.create(), api.vector_stores.create()
    assistant = api.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "code_interpreter"}, {"type": "file_search", "file_search": {"max_num_results": 3}}],
        tool_resources={
            "code_interpreter": {"file_ids": [file.id]},
            "file_search": {"vector_store_ids": [store.id]},
        },
        temperature=0.2,
    )
    assert api.beta.assistants.retrieve(assistant.id) == assistant
    assert assistant in list(api.beta.assistants.list())
    changed = api.beta.assistants.update(
        assistant.id, name="비서", temperature=None, tool_resources={"file_search": {"vector_store_ids": [other.id]}}
    )
    assert (changed.name, changed.temperature, changed.tools) == ("비서", 1.0, assistant.tools)
    assert changed.tool_resources is not None
    assert changed.tool_resources.to_dict() == {
        "code_interpreter": {"file_ids": [file.id]},
        "file_search": {"vector_store_ids": [other.id]},
    }
    assert api.beta.assistants.delete(assistant.id).deleted
    with pytest.raises(NotFoundError):
        api.beta.assistants.retrieve(assistant.id)


def test_an_assistant_can_bring_its_store(api: OpenAI) -> None:
    file = api.files.create(file=("hamlet.md", HAMLET), purpose="assistants")
    assistant = api.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id], "metadata": {"a": "b"}}]}},
    )
    resources = assistant.tool_resources
    assert resources is not None
    assert resources.file_search is not None
    [identifier] = resources.file_search.vector_store_ids or []
    assert api.vector_stores.retrieve(identifier).file_counts.total == 1


def test_agents(api: OpenAI) -> None:
    agent = api.beta.agents.create(model="gpt-6-luna", name="비서", reasoning={"effort": "low", "summary": "auto"})
    assert api.beta.agents.retrieve(agent.id) == agent
    assert agent in list(api.beta.agents.list(limit=100))
    changed = api.beta.agents.update(
        agent.id,
        name=None,
        reasoning={"effort": "high"},
        metadata={"a": "b"},
        experimental={"time_awareness": True},
        multi_agent={"enabled": True},
    )
    assert (changed.name, changed.reasoning.effort, changed.reasoning.summary) == (None, "high", None)
    assert changed.multi_agent.max_concurrent_subagents == 6
    assert [each.compaction and each.compaction.async_ for each in (agent, changed)] == [False, False]
    assert changed.experimental is not None
    assert changed.experimental.time_awareness
    kept = api.beta.agents.update(agent.id, experimental={}, metadata=None)
    assert kept.experimental == changed.experimental
    assert (kept.metadata, kept.multi_agent) == ({}, changed.multi_agent)
    assert api.beta.agents.delete(agent.id).deleted
    with pytest.raises(NotFoundError):
        api.beta.agents.retrieve(agent.id)


def test_environment_templates_keep_no_secrets(api: OpenAI) -> None:
    file = api.files.create(file=("a.csv", b"a,b"), purpose="user_data")
    templates = api.beta.agents.environments.templates
    template = templates.create(
        name="비서 abc",
        env={"TOKEN": "hidden"},
        setup_commands=[{"command": "echo hidden"}],
        files=[
            {"type": "file_id", "file_id": file.id, "path": "/workspace/data/a.csv"},
            {"type": "inline", "data": "aGlkZGVu", "path": "/workspace/b.txt"},
        ],
        network={"access": "restricted", "blocked_domains": ["hidden.example"]},
        packages={"python": ["pandas"]},
        skills=[{"type": "skill_reference", "skill_id": "skill_1"}],
    )
    assert "hidden" not in template.to_json()
    assert template.to_dict()["files"][1] == {"type": "inline", "path": "/workspace/b.txt", "size_bytes": 6}  # type: ignore[index]
    assert (template.packages.python, template.packages.npm) == (["pandas"], [])
    assert templates.retrieve(template.id) == template
    assert template in list(templates.list())
    changed = templates.update(template.id, packages=None, network={"access": "enabled"})
    assert (changed.packages.python, changed.network.access, changed.files) == ([], "enabled", template.files)
    assert templates.delete(template.id).deleted
    with pytest.raises(NotFoundError):
        templates.retrieve(template.id)


def test_skills_and_their_versions(api: OpenAI) -> None:
    first = [("review/SKILL.md", b"---\nname: review\ndescription: Reviews.\n---\n"), ("review/run.py", b"print(1)")]
    skill = api.skills.create(files=first)
    assert (skill.name, skill.description, skill.default_version, skill.latest_version) == (
        "review", "Reviews.", "1", "1",
    )  # fmt: skip
    assert skill in list(api.skills.list())
    second = api.skills.versions.create(skill.id, files=archive("review", name="reviewer"))
    assert (second.version, second.name, second.skill_id) == ("2", "reviewer", skill.id)
    found = api.skills.retrieve(skill.id)
    assert (found.name, found.default_version, found.latest_version) == ("review", "1", "2")
    assert api.skills.update(skill.id, default_version="2").name == "reviewer"
    assert [each.version for each in api.skills.versions.list(skill.id)] == ["2", "1"]
    assert api.skills.versions.retrieve("2", skill_id=skill.id) == second
    with zipfile.ZipFile(io.BytesIO(api.skills.versions.content.retrieve("1", skill_id=skill.id).content)) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == dict(first)
    assert api.skills.content.retrieve(skill.id).content == archive("review", name="reviewer")[1]
    third = api.skills.versions.create(skill.id, files=archive("review"), default=True)
    assert api.skills.retrieve(skill.id).default_version == third.version == "3"
    deleted = api.skills.versions.delete("1", skill_id=skill.id)
    assert (deleted.deleted, deleted.version) == (True, "1")
    assert api.skills.delete(skill.id).deleted
    with pytest.raises(NotFoundError):
        api.skills.retrieve(skill.id)
    with pytest.raises(NotFoundError):
        api.skills.versions.retrieve("3", skill_id=skill.id)


def archive(folder: str, *, name: str = "review") -> tuple[str, bytes]:
    """A ZIP archive of a skill with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        text = f"---\nname: {name}\ndescription: Reviews.\n---\n"
        opened.writestr(zipfile.ZipInfo(f"{folder}/SKILL.md"), text)
    return f"{folder}.zip", packed.getvalue()


def test_models(api: OpenAI) -> None:
    shutdown = {model.id: model.shutdown_date for model in api.models.list()}
    assert {"gpt-6-luna", "gpt-5", "gpt-5-mini", "o3-mini"} <= shutdown.keys()
    assert shutdown["gpt-4o"] == shutdown["gpt-4.1-mini"] == "2027-01-14"
    assert (shutdown["gpt-5-mini"], shutdown["gpt-4o-2024-05-13"]) == ("2026-12-11", "2026-10-23")
    assert api.models.retrieve("gpt-6-luna").shutdown_date is None
    with pytest.raises(NotFoundError):
        api.models.retrieve("gpt-none")


@pytest.mark.thorough
def test_responses_conversations_and_containers(api: OpenAI) -> None:
    """Their own tests are in test_responses.py and test_conversations.py; this one calls each endpoint once."""
    background = api.responses.create(model="gpt-6-luna", input="a", background=True)
    api.responses.cancel(background.id)
    api.responses.retrieve(background.id)
    api.responses.input_items.list(background.id)
    api.responses.delete(background.id)
    api.responses.input_tokens.count(model="gpt-6-luna", input="a")
    conversation = api.conversations.create()
    api.conversations.retrieve(conversation.id)
    api.conversations.update(conversation.id, metadata={})
    item = api.conversations.items.create(conversation.id, items=[{"role": "user", "content": "a"}]).data[0]
    api.conversations.items.list(conversation.id)
    api.conversations.items.retrieve(item.id or "", conversation_id=conversation.id)
    api.conversations.items.delete(item.id or "", conversation_id=conversation.id)
    api.conversations.delete(conversation.id)
    container = api.containers.create(name="a")
    api.containers.list()
    api.containers.retrieve(container.id)
    file = api.containers.files.create(container.id, file=("a.txt", b"a"))
    api.containers.files.list(container.id)
    api.containers.files.retrieve(file.id, container_id=container.id)
    assert api.containers.files.content.retrieve(file.id, container_id=container.id).content == b"a"
    api.containers.files.delete(file.id, container_id=container.id)
    api.containers.delete(container.id)


@pytest.mark.parametrize("drive", [drive_threads, drive_sessions])
def test_threads_and_sessions(api: OpenAI, drive: Callable[[OpenAI], None]) -> None:
    drive(api)


def test_the_tests_above_drive_every_endpoint(api: OpenAI, log: Path) -> None:
    before = len(log.read_text().splitlines()) if log.exists() else 0
    for drive in (
        test_files,
        test_an_upload_in_parts,
        test_an_upload_that_is_cancelled,
        test_vector_stores,
        test_files_of_a_vector_store,
        test_file_batches,
        test_search_in_korean_and_by_attributes,
        test_assistants,
        test_agents,
        test_environment_templates_keep_no_secrets,
        test_skills_and_their_versions,
        test_models,
        test_responses_conversations_and_containers,
        drive_threads,
        drive_sessions,
    ):
        drive(api)
    answered = {line for line in log.read_text().splitlines()[before:] if line.endswith((" 200", " 204"))}
    patterns = {f"{method} {path}": re.sub("{[a-z_]+}", "[^/]+", path) for method, path, _ in ROUTES}
    missing = [
        route
        for route, pattern in patterns.items()
        if not any(re.fullmatch(f"{route.split()[0]} /v1{pattern} 20[04]", line) for line in answered)
    ]
    # Only code that writes files makes artifacts: test_sessions.py has a script with such code.
    assert [route for route in missing if "/artifacts/" not in route] == []
