"""Round trips over random accounts: pull, plan adopts only, apply, plan is empty, and nothing is left to pull."""

from __future__ import annotations

import io
import json
import unicodedata
import warnings
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from provisioner.planning.plan import Action
from tests.conftest import SETTINGS
from tests.end_to_end.account import Shared
from tests.unmanaged.steps import Desk

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

#: Names that people give: of several scripts, decomposed, with characters that no file name has, or none at all.
NAMES = st.sampled_from(
    ["Handbook", "handbook", "수학 Tutor", "e\u0301tude / 1", "a" * 80, "../x", "con", "한국어", "1"]
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=30)
PROSE = st.one_of(
    WORDS,
    st.sampled_from(
        [
            "Rhyme.\n\nLong lines.",
            "prompts/a.md",
            "{{x}} ${y} - a: b\n# c",
            "---\nx: 1\n---\ntext",
            "x" * 5000,
            "null",
            "ends\n",
        ]
    ),
)
METADATA = st.dictionaries(
    st.sampled_from(["team", "yes", "1"]), st.sampled_from(["a", "no", "2026-01-01", ""]), max_size=2
)
FUNCTION: dict[str, Any] = {
    "name": "look",
    "description": "Looks.",
    "parameters": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
}
STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 100}}
MEMBER: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "attributes": st.dictionaries(
            st.sampled_from(["n", "path", "b"]), st.sampled_from([1, 1.5, True, "x"]), max_size=2
        ),
        "chunking_strategy": st.just(STATIC),
    },
)
STORE = st.fixed_dictionaries(
    {"name": NAMES, "metadata": METADATA, "members": st.lists(MEMBER, max_size=2), "days": st.sampled_from([None, 7])}
)
AGENT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"model": st.just("gpt-6-luna"), "metadata": METADATA},
    optional={
        "name": NAMES,
        "instructions": PROSE,
        "reasoning": st.sampled_from([{"effort": "low"}, {"summary": "auto"}]),
        "tools": st.lists(
            st.sampled_from(
                [
                    {"type": "function", **FUNCTION},
                    {"type": "web_search", "context_size": "low"},
                    {
                        "type": "mcp",
                        "server_label": "s",
                        "transport": {"type": "http", "server_url": "https://example.org/mcp"},
                    },
                ]
            ),
            max_size=3,
            unique_by=lambda tool: str(tool["type"]),
        ),
        "service_tier": st.just("priority"),
    },
)
ASSISTANT = st.fixed_dictionaries(
    {"model": st.just("gpt-4o"), "metadata": METADATA},
    optional={
        "name": NAMES,
        "description": WORDS,
        "instructions": PROSE,
        "temperature": st.sampled_from([0.5, 1.0]),
        "response_format": st.sampled_from(["auto", {"type": "json_object"}]),
    },
)
#: Files of a skill beside SKILL.md: text, bytes, nothing, line ends, and names that people give.
SKILL_FILES: st.SearchStrategy[dict[str, bytes]] = st.dictionaries(
    st.sampled_from(
        ["scripts/run.py", "data/image.bin", "한국어.md", "deep/er/and deeper.txt", "provision.yaml", "README.md"]
    ),
    st.sampled_from([b"print(1)\r\n", bytes(range(256)), b"x: 1\n", b"assistants: {a: 1}\n", b"${var.x} {{y}}"]),
    max_size=3,
)
#: The versions of a skill, oldest first; the last one is its default.
SKILL = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["code-review", "con", "a" * 64, "1", "handbook"]),
        "description": st.sampled_from(["Reviews.", 'It: says "no" # once', "한국어 " * 20]),
        "versions": st.lists(SKILL_FILES, min_size=1, max_size=2),
    }
)
#: A file that no vector store holds: its name, its purpose, and whether the code interpreter of an assistant has it.
FREE = st.tuples(
    st.sampled_from(["notes.txt", "Notes.TXT", "e\u0301tude.md", "con.txt", "data.csv"]),
    st.sampled_from(["assistants", "user_data", "vision"]),
)
#: A failing account is shown as it is, because making it smaller takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
TOOLS = st.sets(st.sampled_from(["file_search", "code_interpreter", "function"]))
ACCOUNT = st.fixed_dictionaries(
    {
        "stores": st.lists(STORE, max_size=3),
        "agents": st.lists(AGENT, max_size=2),
        "assistants": st.lists(st.tuples(ASSISTANT, TOOLS), max_size=2),
        "skills": st.lists(SKILL, max_size=2),
        "free": st.lists(FREE, max_size=3),
        "shared": st.booleans(),
        "template": st.sampled_from(
            [None, {}, {"packages": {"python": ["pandas"]}}, {"network": {"access": "enabled"}}]
        ),
    }
)


def upload(client: Any, name: str, purpose: str = "assistants") -> str:
    """Uploads a file, and returns its id."""
    return str(client.files.create(file=(name, b"text"), purpose=purpose).id)


def upload_skill(client: Any, skill: dict[str, Any]) -> str:
    """Uploads a skill with its versions, and returns its id."""
    id = ""
    name, description = (json.dumps(skill[field], ensure_ascii=False) for field in ("name", "description"))
    about = f"---\nname: {name}\ndescription: {description}\n---\n\nDo.\n"
    for files in skill["versions"]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, content in {"SKILL.md": about.encode(), **files}.items():
                archive.writestr(f"{skill['name']}/{path}", content)
        form = ("it.zip", packed.getvalue(), "application/zip")
        if id:
            client.skills.versions.create(id, files=form, default=True)
        else:
            id = client.skills.create(files=form).id
    return id


def make(client: Any, account: dict[str, Any]) -> int:
    """Makes the objects, and returns their number without files."""
    free = [upload(client, *each) for each in account["free"]]
    skills = [upload_skill(client, each) for each in account["skills"]]
    stores, count = [], len(skills)
    for each in account["stores"]:
        expiry = {} if each["days"] is None else {"expires_after": {"anchor": "last_active_at", "days": each["days"]}}
        store = client.vector_stores.create(name=each["name"], metadata=each["metadata"], **expiry).id
        for number, member in enumerate(each["members"]):
            client.vector_stores.files.create(store, file_id=upload(client, f"{number}.txt"), **member)
        stores.append(store)
    if account["shared"] and len(stores) > 1:  # One upload is a member of two stores.
        both = upload(client, "both.txt")
        for store in stores[:2]:
            client.vector_stores.files.create(store, file_id=both)
    if account["template"] is not None:
        fields = dict(account["template"])
        if skills:
            fields["skills"] = [{"type": "skill_reference", "skill_id": id} for id in skills]
        template = client.beta.agents.environments.templates.create(name="made / by hand", **fields).id
        client.beta.agents.create(model="gpt-6-luna", name="coder", metadata={"provision_template": template})
        count += 2
    for each in account["agents"]:
        client.beta.agents.create(**each)
    for fields, tools in account["assistants"]:
        resources: dict[str, Any] = {}
        if "file_search" in tools and stores:
            resources["file_search"] = {"vector_store_ids": stores[:1]}
        if "code_interpreter" in tools:
            free_data = [id for id, (_, purpose) in zip(free, account["free"], strict=True) if purpose == "assistants"]
            resources["code_interpreter"] = {"file_ids": free_data[:1] or [upload(client, "data.csv")]}
        made = [
            {"type": "function", "function": FUNCTION} if tool == "function" else {"type": tool}
            for tool in sorted(tools)
        ]
        client.beta.assistants.create(**fields, tools=made, tool_resources=resources)
    return count + len(stores) + len(account["agents"]) + len(account["assistants"])


def content(client: Any) -> dict[str, Any]:
    """All live objects without their marks and times."""
    found: dict[str, Any] = {}
    for each in (*client.vector_stores.list(), *client.beta.agents.list(), *client.beta.assistants.list()):
        body = each.to_dict(mode="json")
        for name in ("updated_at", "last_active_at", "expires_at", "usage_bytes", "file_counts", "status"):
            body.pop(name, None)
        marks = ("provision_owner", "provision_lineage", "provision_template")
        body["metadata"] = {key: value for key, value in (body["metadata"] or {}).items() if key not in marks}
        found[each.id] = body
    for store in client.vector_stores.list():
        for member in client.vector_stores.files.list(store.id):
            found[f"{store.id}/{member.id}"] = (member.attributes, member.chunking_strategy.to_dict())
    for skill in client.skills.list():
        found[skill.id] = skill.to_dict(mode="json")
        for version in client.skills.versions.list(skill.id):
            content = client.skills.versions.content.retrieve(version.version, skill_id=skill.id).read()
            found[version.id] = (version.to_dict(mode="json"), content)
    for template in client.beta.agents.environments.templates.list():
        body = template.to_dict(mode="json")
        found[template.id] = {key: value for key, value in body.items() if key not in ("name", "updated_at")}
    for file in client.files.list():
        found[file.id] = file.to_dict(mode="json")
    return found


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def used(objects: dict[str, Any]) -> set[str]:
    """The ids of the files that a store holds or a tool of an assistant names."""
    members = {key.partition("/")[2] for key in objects}
    bodies = [body for body in objects.values() if isinstance(body, dict)]
    resources = [body["tool_resources"] for body in bodies if body.get("tool_resources")]
    return members | {id for each in resources for id in each.get("code_interpreter", {}).get("file_ids", [])}


@pytest.mark.thorough
@given(account=ACCOUNT)
@settings(max_examples=4, phases=PHASES, suppress_health_check=SLOW)
def test_what_is_pulled_is_adopted_unchanged(pointed: Shared, account: dict[str, Any]) -> None:
    check(pointed, account)


@pytest.mark.thorough
@pytest.mark.timeout(900)
@given(account=ACCOUNT)
@settings(max_examples=100, phases=PHASES, suppress_health_check=SLOW)
def test_what_is_pulled_from_many_accounts_is_adopted_unchanged(pointed: Shared, account: dict[str, Any]) -> None:
    check(pointed, account)


def check(pointed: Shared, account: dict[str, Any]) -> None:
    """Pulls an account, adopts it, and expects that nothing of it is changed, and that nothing is left to pull."""
    pointed.empty()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning), TemporaryDirectory() as folder:
        desk = Desk(Path(folder).resolve(), pointed.client)
        desk.write({"provision.yaml": SETTINGS})
        count = make(pointed.client, account)
        before = content(pointed.client)
        pulled = desk.pull()
        for name, text in pulled.files.items():
            note(f"==> {name}\n{text!s}")
            assert unicodedata.is_normalized("NFC", name)
        left = [each for each, _ in pulled.left if each.type != "file"]
        assert all("manifests cannot express it" in reason for each, reason in pulled.left if each in left), pulled.left
        unused = {each.id for each, reason in pulled.left if reason == "nothing uses it, so no manifest needs it"}
        assert unused == {id for id in before if id.startswith("file-")} - used(before)
        plan = desk.plan()
        assert not plan.errors(), plan.diagnostics
        assert {(change.action, change.fields) for change in plan.changes} <= {(Action.ADOPT, ())}, plan.changes
        assert len(plan.changes) + len(left) == count, (plan.changes, pulled.left)
        assert not desk.pull("again", write=False).files
        desk.apply()
        assert not desk.plan().changes
        assert not desk.pull("again", write=False).files
        assert content(pointed.client) == before
