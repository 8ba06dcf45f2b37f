"""Random accounts, and the sources of each form from which `migrate` reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

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
STRICT: dict[str, Any] = {"name": "find", "strict": True, "parameters": SCHEMA}
TOOLS = st.sets(st.sampled_from(["file_search", "code_interpreter", "look", "find"]))
#: Options of file search: none, or some of them.
SEARCH = st.fixed_dictionaries(
    {},
    optional={
        "max_num_results": st.just(5),
        "ranking_options": st.sampled_from([{"score_threshold": 0.5}, {"ranker": "auto", "score_threshold": 0.0}]),
    },
)
METADATA = st.dictionaries(st.sampled_from(["team", "1"]), st.sampled_from(["a", "no", "2026-01-01"]), max_size=2)
ASSISTANT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"model": st.just("gpt-4o"), "name": NAMES, "tools": TOOLS, "search": SEARCH},
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
    search: dict[str, Any] = {"type": "file_search"}
    if assistant["search"]:
        search["file_search"] = assistant["search"]
    tools: dict[str, dict[str, Any]] = {
        "code_interpreter": {"type": "code_interpreter"},
        "file_search": search if version == 2 else {"type": "retrieval"},
        "look": {"type": "function", "function": FUNCTION},
        "find": {"type": "function", "function": STRICT},
    }
    return [tools[name] for name in sorted(assistant["tools"])]


def fields_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an assistant or a store that each form writes in the same way."""
    return {name: value for name, value in described.items() if name not in ("tools", "search", "members")}


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


#: The nested blocks that a tool has in a state of Terraform.
BLOCKS = ("function", "file_search")


def terraform(client: Any, account: Account) -> dict[str, str]:
    """A state, in which nested blocks are lists, schemas are JSON texts, and what is not set is null."""

    def as_state(name: str, value: Any) -> Any:
        if name == "response_format" and isinstance(value, dict):
            return json.dumps(value)
        if name == "tools":
            return [{"type": each["type"], **{name: nested(each, name) for name in BLOCKS}} for each in value]
        return [as_blocks(value)] if isinstance(value, dict) and name not in ("metadata", "attributes") else value

    def nested(tool: Mapping[str, Any], name: str) -> list[Any]:
        given = tool.get(name)
        if given is not None and "parameters" in given:
            return [{"strict": None, **given, "parameters": json.dumps(given["parameters"])}]
        return [] if given is None else [as_blocks(given)]

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
