"""Every reply against OpenAI's specification; what it does not have, strictly against the SDK's models."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from openai.types.beta import Agent, AgentDeleted
from openai.types.beta.agents.environments import EnvironmentTemplate, EnvironmentTemplateDeleted
from pydantic import BaseModel
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.emulator.thread_walk import walk_threads
from tests.emulator.wire import Wire

SPECIFICATION = Path(__file__).with_name("openapi.json")
AREAS = (
    *("/files", "/vector_stores", "/assistants", "/threads", "/models"),
    *("/responses", "/conversations", "/containers"),
)
NOT_OFFERED = {
    "DELETE /models/{model}": "only fine-tuned models can be deleted, and the emulator has none",
    "POST /responses/compact": "the emulator does not summarize conversations",
}
#: Names of the specification for the same paths with another format of streams.
OTHER_FORMAT = "?beta=true"

BATCH = "/vector_stores/{vector_store_id}/file_batches"
MEMBERS = "/vector_stores/{vector_store_id}/files"


class Exchange(NamedTuple):
    """A reply and the operation of the specification that it belongs to."""

    operation: str
    body: Any


class Recorder:
    """Asks, expects 200, and keeps what came back under its operation."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.exchanges: list[Exchange] = []

    def __call__(self, operation: str, body: Any = None, query: str = "", **ids: str) -> Any:
        method, template = operation.split(" ", 1)
        answer = self._wire.ask(method, template.format(**ids) + query, body)
        assert answer.status == 200, answer.body
        self.exchanges.append(Exchange(operation, answer.body))
        return answer.body

    def upload(self, name: str = "note.txt", data: bytes = b"text", **fields: str) -> str:
        answer = self._wire.upload(name, data, **fields)
        assert answer.status == 200, answer.body
        self.exchanges.append(Exchange("POST /files", answer.body))
        return str(answer.body["id"])


@cache
def specification() -> dict[str, Any]:
    """OpenAI's specification (MIT license) of 2026-08-21: the paths of AREAS, their schemas and those of all events,
    without descriptions and examples.
    """
    loaded: dict[str, Any] = with_null(json.loads(SPECIFICATION.read_text(encoding="utf-8")))
    return loaded


def with_null(schema: Any) -> Any:
    """A schema in which `nullable`, which only OpenAPI 3.0 has, is written as JSON Schema writes it."""
    if isinstance(schema, list):
        return [with_null(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: with_null(value) for name, value in schema.items()}
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        changed["type"] = [schema["type"], "null"]
    return changed


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    resource = DRAFT202012.create_resource(specification())
    registry: Registry[Any] = Registry()
    text = json.dumps(schema).replace('"#/', '"urn:openai#/')
    return Draft202012Validator(json.loads(text), registry=registry.with_resource("urn:openai", resource))


def problems(exchange: Exchange) -> Iterator[str]:
    method, path = exchange.operation.split(" ", 1)
    reply = specification()["paths"][path][method.lower()]["responses"]["200"]
    if "content" not in reply:  # The specification does not describe what it returns.
        return
    schema = reply["content"]["application/json"]["schema"]
    for error in validator(schema).iter_errors(exchange.body):
        yield f"{exchange.operation} {error.json_path}: {error.message[:200]}"


EXPIRY = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}


def walk_files(ask: Recorder) -> None:
    plain = ask.upload()
    ask.upload("b.txt", b"b", **EXPIRY)
    ask("GET /files")
    ask("GET /files", query="?limit=1&order=asc")
    ask("GET /files/{file_id}", file_id=plain)
    ask("DELETE /files/{file_id}", file_id=plain)


def walk_vector_stores(ask: Recorder) -> None:
    good, bad = ask.upload("a.md", "햄릿".encode()), ask.upload("a.csv", b"a,b")
    store = ask("POST /vector_stores", {"name": "a", "file_ids": [good, bad], "metadata": None})["id"]
    ask("POST /vector_stores", {"expires_after": {"anchor": "last_active_at", "days": 1}, "metadata": {"a": "b"}})
    ask("GET /vector_stores")
    ask("GET /vector_stores/{vector_store_id}", vector_store_id=store)
    ask("POST /vector_stores/{vector_store_id}", {"name": None}, vector_store_id=store)
    ask("GET " + MEMBERS, vector_store_id=store)
    ask("GET " + MEMBERS + "/{file_id}", vector_store_id=store, file_id=bad)
    attributes = {"attributes": {"a": 1, "b": True, "c": "d"}}
    ask("POST " + MEMBERS + "/{file_id}", attributes, vector_store_id=store, file_id=good)
    ask("GET " + MEMBERS + "/{file_id}/content", vector_store_id=store, file_id=good)
    found = ask("POST /vector_stores/{vector_store_id}/search", {"query": "햄릿"}, vector_store_id=store)
    assert found["data"]
    ask("DELETE " + MEMBERS + "/{file_id}", vector_store_id=store, file_id=good)
    ask("POST " + MEMBERS, {"file_id": good, "chunking_strategy": {"type": "auto"}}, vector_store_id=store)
    batch = ask("POST " + BATCH, {"file_ids": [good]}, vector_store_id=store)["id"]
    ask("GET " + BATCH + "/{batch_id}", vector_store_id=store, batch_id=batch)
    ask("GET " + BATCH + "/{batch_id}/files", vector_store_id=store, batch_id=batch)
    ask("POST " + BATCH + "/{batch_id}/cancel", {}, vector_store_id=store, batch_id=batch)
    ask("DELETE /vector_stores/{vector_store_id}", vector_store_id=store)


def walk_assistants(ask: Recorder) -> None:
    tools = [
        {"type": "code_interpreter"},
        {"type": "file_search"},
        {"type": "function", "function": {"name": "examine", "parameters": {"type": "object", "properties": {}}}},
    ]
    ask("POST /assistants", {"model": "gpt-4o"})
    assistant = ask("POST /assistants", {"model": "gpt-4o", "tools": tools, "metadata": {"a": "b"}})["id"]
    ask("GET /assistants")
    ask("GET /assistants/{assistant_id}", assistant_id=assistant)
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    ask("POST /assistants/{assistant_id}", {"response_format": form}, assistant_id=assistant)
    ask("DELETE /assistants/{assistant_id}", assistant_id=assistant)


def walk_models(ask: Recorder) -> None:
    ask("GET /models")
    ask("GET /models/{model}", model="gpt-4o")


EXAMINE: dict[str, Any] = {"type": "function", "name": "examine_server"}
CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto"}}
INCLUDE = ["file_search_call.results", "code_interpreter_call.outputs", "web_search_call.action.sources"]


def respond(ask: Recorder, given: Any, **body: Any) -> Any:
    return ask("POST /responses", {"model": "gpt-6-luna", "input": given, "include": INCLUDE, **body})


def walk_responses(ask: Recorder) -> None:
    book = ask.upload("a.md", b"Ophelia drown'd in a brook.")
    store = ask("POST /vector_stores", {"file_ids": [book]})["id"]
    search = {"type": "file_search", "vector_store_ids": [store], "filters": {"type": "ne", "key": "a", "value": 1}}
    web, mcp = {"type": "web_search"}, {"type": "mcp", "server_label": "a", "server_url": "https://example.com/mcp"}
    custom = {"type": "custom", "name": "b"}
    respond(ask, "Ophelia?", tools=[search, web, mcp, custom], user="u", max_output_tokens=1000)
    first = respond(ask, "Fibonacci", tools=[CODE], reasoning={"effort": "low"}, text={"verbosity": "low"})
    called = respond(ask, "server", tools=[EXAMINE], previous_response_id=first["id"], temperature=1)
    result = {"type": "function_call_output", "call_id": called["output"][1]["call_id"], "output": "1"}
    last = respond(ask, [result], tools=[EXAMINE], previous_response_id=called["id"], metadata={"a": "b"})["id"]
    respond(ask, "a", max_output_tokens=16)
    ask("GET /responses/{response_id}", response_id=last)
    ask("GET /responses/{response_id}/input_items", response_id=last)
    background = respond(ask, "a", background=True)["id"]
    ask("POST /responses/{response_id}/cancel", {}, response_id=background)
    ask("POST /responses/input_tokens", {"model": "gpt-6-luna", "input": "a"})
    ask("DELETE /responses/{response_id}", response_id=last)


def walk_conversations(ask: Recorder) -> None:
    conversation = ask("POST /conversations", {"items": [{"role": "user", "content": "a"}]})["id"]
    respond(ask, "Fibonacci", tools=[CODE], conversation=conversation)
    named = {"conversation_id": conversation}
    items = "/conversations/{conversation_id}/items"
    message = {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}
    made = ask(f"POST {items}", {"items": [message]}, **named)["data"][0]["id"]
    ask(f"GET {items}", **named)
    ask(f"GET {items}/{{item_id}}", **named, item_id=made)
    ask(f"DELETE {items}/{{item_id}}", **named, item_id=made)
    ask("GET /conversations/{conversation_id}", **named)
    ask("POST /conversations/{conversation_id}", {"metadata": {"a": "b"}}, **named)
    ask("DELETE /conversations/{conversation_id}", **named)


def walk_containers(ask: Recorder) -> None:
    file = ask.upload("a.csv", b"a,b")
    container = ask("POST /containers", {"name": "a", "file_ids": [file]})["id"]
    named = {"container_id": container}
    made = ask("POST /containers/{container_id}/files", {"file_id": file}, **named)["id"]
    ask("GET /containers")
    ask("GET /containers/{container_id}", **named)
    ask("GET /containers/{container_id}/files", **named)
    ask("GET /containers/{container_id}/files/{file_id}", **named, file_id=made)
    ask("DELETE /containers/{container_id}/files/{file_id}", **named, file_id=made)
    ask("DELETE /containers/{container_id}", **named)


WALKS = (
    *(walk_files, walk_vector_stores, walk_assistants, walk_threads, walk_models),
    *(walk_responses, walk_conversations, walk_containers),
)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("walk", WALKS)
def test_replies_fit_the_specification(wire: Wire, walk: Callable[[Recorder], None]) -> None:
    specification()
    ask = Recorder(wire)
    walk(ask)
    assert not [problem for exchange in ask.exchanges for problem in problems(exchange)]


def test_no_operation_of_the_specification_is_missing(wire: Wire) -> None:
    offered = {
        f"{method.upper()} {path}"
        for path, methods in specification()["paths"].items()
        for method in methods
        if path.startswith(AREAS) and not path.endswith(OTHER_FORMAT) and method in ("get", "post", "delete")
    }
    ask = Recorder(wire)
    for walk in WALKS:
        walk(ask)
    walked = {exchange.operation for exchange in ask.exchanges}
    # Bytes: the SDK's tests compare them.
    content = {"GET /files/{file_id}/content", "GET /containers/{container_id}/files/{file_id}/content"}
    assert offered - walked - content == NOT_OFFERED.keys()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/files/file-none", None),
        ("GET", "/vector_stores/vs_none", None),
        ("POST", "/vector_stores", {"nome": "a"}),
        ("POST", "/assistants", {}),
        ("GET", "/chat/completions", None),
    ],
)
def test_refusals_fit_the_specification(wire: Wire, method: str, path: str, body: Any) -> None:
    schema = {"$ref": "#/components/schemas/ErrorResponse"}
    answer = wire.ask(method, path, body)
    assert answer.status >= 400
    assert not list(validator(schema).iter_errors(answer.body))
    assert re.fullmatch("req_[0-9a-f]{32}", answer.headers["x-request-id"])


AGENT_TOOLS: list[dict[str, Any]] = [
    {"type": "function", "name": "examine", "description": "Examines.", "parameters": {"type": "object"}},
    {"type": "tool_search"},
    {"type": "programmatic_tool_calling"},
    {"type": "mcp", "server_label": "a", "transport": {"type": "http", "server_url": "https://example.com"}},
    {"type": "mcp", "server_label": "b", "transport": {"type": "stdio", "command": "b", "cwd": "/workspace"}},
    {"type": "web_search", "location": {"country": "KR"}},
    {"type": "computer_use"},
    {"type": "automations"},
]
TEMPLATE = {
    "files": [{"type": "inline", "data": "YQ==", "path": "/workspace/a"}],
    "plugins": [
        {
            "type": "inline",
            "name": "a",
            "description": "b",
            "source": {"type": "base64", "media_type": "application/zip", "data": "YQ=="},
        }
    ],
    "skills": [{"type": "skill_reference", "skill_id": "skill_1", "version": "latest"}],
}


def assert_strict(model: type[BaseModel], value: dict[str, Any]) -> None:
    """Every field that the SDK's model has is there, nothing else is, and every type is right."""
    parsed = model.model_validate(value, strict=True)
    assert json.loads(parsed.model_dump_json(by_alias=True)) == value


@pytest.mark.parametrize(
    ("path", "body", "model", "deleted"),
    [
        ("/agents", {"model": "gpt-6-luna"}, Agent, AgentDeleted),
        ("/agents", {"model": "gpt-6-luna", "tools": AGENT_TOOLS[1:]}, Agent, AgentDeleted),
        ("/agents/environments/templates", {}, EnvironmentTemplate, EnvironmentTemplateDeleted),
        ("/agents/environments/templates", TEMPLATE, EnvironmentTemplate, EnvironmentTemplateDeleted),
    ],
)
def test_agents_and_templates_fit_the_sdk(
    wire: Wire, path: str, body: Any, model: type[BaseModel], deleted: type[BaseModel]
) -> None:
    made = wire.ask("POST", path, body).body
    assert_strict(model, made)
    assert_strict(model, wire.ask("GET", f"{path}/{made['id']}").body)
    assert_strict(model, wire.ask("POST", f"{path}/{made['id']}", {"name": "a"}).body)
    for item in wire.ask("GET", path + "?limit=100").body["data"]:
        model.model_validate(item, strict=True)
    assert_strict(deleted, wire.ask("DELETE", f"{path}/{made['id']}").body)


def test_tools_of_an_agent_carry_their_defaults(wire: Wire) -> None:
    mcp: dict[str, Any] = {"allowed_tools": None, "credential_id": None, "request_metadata": {}, "required": False}
    made = wire.ask("POST", "/agents", {"model": "gpt-6-luna", "tools": AGENT_TOOLS}).body["tools"]
    function, search, calling, http, stdio, web, computer, automations = AGENT_TOOLS
    assert made == [
        {**function, "defer_loading": False},
        search,
        {**calling, "enabled": True},
        {**http, **mcp, "connection_origin": "service", "transport": {**http["transport"], "headers": {}}},
        {
            **stdio,
            **mcp,
            "connection_origin": "environment",
            "transport": {**stdio["transport"], "args": [], "env_vars": []},
        },
        {
            **web,
            "allowed_domains": None,
            "context_size": "medium",
            "mode": "live",
            "location": {"city": None, "country": "KR", "region": None, "timezone": None},
        },
        {**computer, "include_screenshots": False},
        automations,
    ]


def test_a_function_of_an_agent_says_async_only_where_it_was_told(wire: Wire) -> None:
    told = {**AGENT_TOOLS[0], "async": True, "defer_loading": True}
    tools = wire.ask("POST", "/agents", {"model": "gpt-6-luna", "tools": [AGENT_TOOLS[0], told]}).body["tools"]
    assert tools == [{**AGENT_TOOLS[0], "defer_loading": False}, told]
