"""Random dumps of every form are migrated, applied and forgotten, and the manifests that are pulled are equal.

Two projects are equal if their manifests declare the same resources with the same inputs. Names are left aside, as are
the files in which an entry is written: a resource is compared by its type and its inputs, in which a reference to
another resource is replaced by what that resource is. The fields that only the API sets are in no inputs. A temperature
of 1 counts as not set, because the API returns it for assistants whose temperature nobody has set.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.resource import Ref, Template
from provisioner.manifest.loading import load
from provisioner.manifest.migration.migrating import migrate
from provisioner.manifest.writing.folder import write_folder
from provisioner.planning.diff.scope import Scope
from provisioner.project.plans import plan_project
from tests.end_to_end.account import Shared
from tests.unmanaged.conftest import pointed as pointed
from tests.unmanaged.steps import Desk

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

PROSE = st.sampled_from(
    ["Rhyme.", "Rhyme.\n\nLong lines.", "{{x}} - a: b\n# c", "x" * 5000, "한국어 \"quoted\" 'text'", "null"]
)
NAMES = st.sampled_from(["Tutor", "tutor", "수학 Tutor", "Handbook / 1", "1", "a" * 80])
FUNCTION: dict[str, Any] = {
    "name": "look",
    "description": "Looks.",
    "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
FORMAT = {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True}}
TOOLS = st.sets(st.sampled_from(["file_search", "code_interpreter", "function"]))
METADATA = st.dictionaries(st.sampled_from(["team", "1"]), st.sampled_from(["a", "no", "2026-01-01"]), max_size=2)
ASSISTANT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"model": st.just("gpt-4o"), "name": NAMES, "tools": TOOLS},
    optional={
        "instructions": PROSE,
        "description": st.sampled_from(["Helps.", "It: helps"]),
        "metadata": METADATA,
        "temperature": st.sampled_from([0.5, 1.0]),
        "top_p": st.just(0.9),
        "response_format": st.sampled_from(["auto", {"type": "json_object"}, FORMAT]),
    },
)
STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 100}}
MEMBER: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "attributes": st.dictionaries(
            st.sampled_from(["n", "path", "b"]), st.sampled_from([1, 1.5, True, "x"]), min_size=1, max_size=2
        ),
        "chunking_strategy": st.just(STATIC),
    },
)
#: A store, with the fields of its members by the index of the member's file in FILES.
STORE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": NAMES, "members": st.dictionaries(st.sampled_from([0, 1]), MEMBER, max_size=2)},
    optional={"metadata": METADATA, "expires_after": st.just({"anchor": "last_active_at", "days": 7})},
)
FILES = ("data.txt", "한국어 notes.md")
ACCOUNT = st.fixed_dictionaries(
    {"assistants": st.lists(ASSISTANT, min_size=1, max_size=3), "stores": st.lists(STORE, max_size=2)}
)
Account = Mapping[str, Any]


def tools_of(assistant: Mapping[str, Any], *, version: int = 2) -> list[dict[str, Any]]:
    kinds = sorted(assistant["tools"])
    named = [{"type": "function", "function": FUNCTION} if kind == "function" else {"type": kind} for kind in kinds]
    return [{"type": "retrieval"} if version == 1 and tool["type"] == "file_search" else tool for tool in named]


def fields_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an assistant or a store that each form writes in the same way."""
    return {name: value for name, value in described.items() if name not in ("tools", "members")}


def upload(client: Any) -> list[str]:
    """Uploads FILES, because no dump has the content of files, and returns the ids."""
    return [client.files.create(file=(name, b"a, b"), purpose="assistants").id for name in FILES]


def objects(client: Any, account: Account, *, version: int = 2) -> list[dict[str, Any]]:
    """The objects of an account as the API returns them. Their files exist."""
    files = upload(client)
    stores: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for index, each in enumerate(account["stores"]):
        stores.append({"id": f"vs_{index}", "object": "vector_store", **fields_of(each)})
        held = {"object": "vector_store.file", "vector_store_id": f"vs_{index}"}
        members += [{"id": files[file], **held, **member} for file, member in each["members"].items()]
    made = []
    for index, each in enumerate(account["assistants"]):
        resources: dict[str, Any] = {}
        if "code_interpreter" in each["tools"]:
            resources["code_interpreter"] = {"file_ids": files[:1]}
        if "file_search" in each["tools"] and stores:
            resources["file_search"] = {"vector_store_ids": [stores[index % len(stores)]["id"]]}
        both = {"file_search", "code_interpreter"} & each["tools"]
        given = {"tool_resources": resources} if version == 2 else {"file_ids": files[: len(both)]}
        tools = tools_of(each, version=version)
        made.append({"id": f"asst_{index}", "object": "assistant", **fields_of(each), "tools": tools, **given})
    return [*stores, *members, *made] if version == 2 else made


def page(client: Any, account: Account) -> dict[str, str]:
    return {"dump.json": json.dumps({"object": "list", "data": objects(client, account)})}


def lines(client: Any, account: Account) -> dict[str, str]:
    return {"dump.jsonl": "\n".join(map(json.dumps, objects(client, account)))}


def first_version(client: Any, account: Account) -> dict[str, str]:
    return {"dump.json": json.dumps(objects(client, account, version=1))}


def printed(client: Any, account: Account) -> dict[str, str]:
    def show(fields: Mapping[str, Any]) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in fields.items())

    names = {"assistant": "Assistant", "vector_store": "VectorStore", "vector_store.file": "VectorStoreFile"}
    return {"printed.txt": "\n".join(f"{names[each['object']]}({show(each)})" for each in objects(client, account))}


def terraform(client: Any, account: Account) -> dict[str, str]:
    """A state, in which nested blocks are lists, schemas are JSON texts, and what is not set is null."""

    def as_state(name: str, value: Any) -> Any:
        if name == "response_format" and isinstance(value, dict):
            return json.dumps(value)
        if name == "tools":
            return [{"type": each["type"], "function": function(each)} for each in value]
        return [as_blocks(value)] if isinstance(value, dict) and name not in ("metadata", "attributes") else value

    def function(tool: Mapping[str, Any]) -> list[Any]:
        given = tool.get("function")
        return [{**given, "parameters": json.dumps(given["parameters"]), "strict": None}] if given else []

    def as_blocks(value: Mapping[str, Any]) -> dict[str, Any]:
        return {name: [inner] if isinstance(inner, dict) else inner for name, inner in value.items()}

    resources: list[dict[str, Any]] = []
    for each in objects(client, account):
        attributes = {name: as_state(name, value) for name, value in each.items() if name != "object"}
        if each["object"] == "vector_store.file":
            attributes["file_id"] = each["id"]
        kind = "openai_" + each["object"].replace(".", "_")
        entry = {"type": kind, "name": f"r{len(resources)}", "mode": "managed"}
        resources.append({**entry, "instances": [{"attributes": {"timeouts": None, **attributes}}]})
    return {"terraform.tfstate": json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": resources})}


def python(client: Any, account: Account) -> dict[str, str]:
    files, calls = upload(client), []

    def call(method: str, fields: Mapping[str, Any], *more: str) -> str:
        return f"client.{method}({', '.join([*more, *(f'{name}={value!r}' for name, value in fields.items())])})"

    for index, each in enumerate(account["stores"]):
        calls.append(f"store_{index} = " + call("vector_stores.create", fields_of(each)))
        for file, member in each["members"].items():
            held = {"file_id": files[file], **member}
            calls.append(call("vector_stores.files.create", held, f"vector_store_id=store_{index}.id"))
    for index, each in enumerate(account["assistants"]):
        found = "file_search" in each["tools"] and account["stores"]
        search = f"'file_search': {{'vector_store_ids': [store_{index % len(account['stores'])}.id]}}" if found else ""
        fields = {"tools": tools_of(each), **fields_of(each)}
        more = f"tool_resources={{{search}}}"
        calls.append(f"assistant_{index} = " + call("beta.assistants.create", fields, more))
    return {"app.py": "\n".join(["from openai import OpenAI", "client = OpenAI()", *calls])}


Form = Callable[[Any, Account], dict[str, str]]
FORMS: tuple[Form, ...] = (page, lines, first_version, printed, terraform, python)


DEFAULT_TEMPERATURE = ("temperature", 1.0)


def declared(folder: Path) -> list[str]:
    """What the manifests in a folder declare, without names and the places of files."""
    resources = {each.address: each for each in load(folder).resources}

    def plain(value: Any) -> Any:
        if isinstance(value, Ref):
            found = resources.get(value.address)
            return ["reference", value.attribute, content(value.address) if found is not None else str(value.address)]
        if isinstance(value, Template):
            return [plain(part) for part in value.parts]
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list | tuple) else value

    def content(address: Address) -> str:
        found = resources[address]
        given = {name: value for name, value in found.inputs.items() if (name, value) != DEFAULT_TEMPERATURE}
        return json.dumps([found.type, plain(given)], sort_keys=True, ensure_ascii=False)

    return sorted(map(content, resources))


def assert_complete(folder: Path, account: Account, form: Form) -> None:
    """Each assistant and each store of the account is declared, with what every target can express."""

    def kept(fields: Mapping[str, Any]) -> dict[str, Any]:
        names = ("name", "model", "instructions", "metadata", "expires_after")
        found = {name: fields[name] for name in names if fields.get(name)}
        own = {key: value for key, value in found.get("metadata", {}).items() if key != "provision_template"}
        return {**found, "metadata": own}

    text = partial(json.dumps, sort_keys=True, ensure_ascii=False)

    def described(store: Mapping[str, Any], members: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        given = [[each.get("attributes") or {}, each.get("chunking_strategy")] for each in members]
        return {**kept(store), "members": sorted(given, key=text)}

    resources = load(folder).resources
    assistants = [kept(each.inputs) for each in resources if each.type in ("assistant", "agent")]
    assert sorted(map(text, assistants)) == sorted(text(kept(each)) for each in account["assistants"])
    if form is not first_version:  # It has no stores.
        found = [
            described(each.inputs, each.inputs["files"].values()) for each in resources if each.type == "vector_store"
        ]
        given = [described(each, each["members"].values()) for each in account["stores"]]
        assert sorted(map(text, found)) == sorted(map(text, given))


def check(pointed: Shared, account: Account, form: Form, target: str) -> None:
    pointed.empty()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning), TemporaryDirectory() as made:
        folder = Path(made).resolve()
        for name, text in form(pointed.client, account).items():
            (folder / name).write_text(text, encoding="utf-8")
            note(f"==> {name}\n{text}")
        sources = sorted(path for path in folder.iterdir() if path.is_file())
        manifests = folder / "manifests"
        write_folder(manifests, migrate(sources, manifests, target).files)
        for path in sorted(manifests.rglob("*.*")):
            note(f"==> {path.relative_to(folder)}\n{path.read_text(encoding='utf-8')}")
        desk = Desk(folder, pointed.client)
        migrated = declared(manifests)
        assert_complete(manifests, account, form)
        with desk.open() as project, project.engine.locked("test"):
            outcome = project.engine.apply(plan_project(project, project.manifest.resources, Scope(), under_lock=True))
        assert not outcome.failed, {str(key): str(value) for key, value in outcome.failed.items()}
        forget(desk)
        pulled = desk.pull()
        assert not [each for each, _ in pulled.left if each.type != "file"], pulled.left
        again = declared(manifests)
        lost, new = Counter(migrated) - Counter(again), Counter(again) - Counter(migrated)
        assert not lost + new, "\n".join(["only migrated:", *lost, "only pulled:", *new])


def forget(desk: Desk) -> None:
    """Takes everything out of the manifests and out of the state; the objects stay, without their marks."""
    manifests = desk.folder / "manifests"
    with desk.open() as project:
        addresses = [str(each.address) for each in project.manifest.resources]
    settings = (manifests / "provision.yaml").read_text(encoding="utf-8")
    shutil.rmtree(manifests)
    entries = [{"from": each, "destroy": False} for each in addresses if not each.startswith("environment.")]
    desk.write({"provision.yaml": settings, "removed.yaml": json.dumps({"removed": entries})})
    with desk.open() as project, project.engine.locked("test"):
        planned = plan_project(project, project.manifest.resources, Scope(), under_lock=True)
        outcome = project.engine.apply(planned)
    assert (outcome.failed, outcome.skipped) == ({}, {})
    (manifests / "removed.yaml").unlink()


#: A failing account is shown as it is, because making it smaller takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(account=ACCOUNT, form=st.sampled_from(FORMS), target=st.sampled_from(["assistants", "agents"]))
@settings(max_examples=3, phases=PHASES, suppress_health_check=SLOW)
def test_what_is_migrated_is_pulled_again(pointed: Shared, account: Account, form: Form, target: str) -> None:
    check(pointed, account, form, target)


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@given(account=ACCOUNT, target=st.sampled_from(["assistants", "agents"]))
@settings(max_examples=17, phases=PHASES, suppress_health_check=SLOW)
def test_what_is_migrated_from_any_form_is_pulled_again(
    pointed: Shared, form: Form, account: Account, target: str
) -> None:
    check(pointed, account, form, target)
