"""Every reply against OpenAI's specification; what it does not have, strictly against the SDK's models."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from openai.types.beta import Agent, AgentDeleted
from openai.types.beta.agents.environments import EnvironmentTemplate, EnvironmentTemplateDeleted
from pydantic import BaseModel
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.emulator.shared import shared_files
from tests.emulator.wire import Wire

AREAS = ("/files", "/vector_stores", "/assistants", "/threads", "/models")
NOT_OFFERED = {"DELETE /models/{model}": "only fine-tuned models can be deleted, and the emulator has none"}

BATCH = "/vector_stores/{vector_store_id}/file_batches"
MEMBERS = "/vector_stores/{vector_store_id}/files"
MESSAGES, RUNS = "/threads/{thread_id}/messages", "/threads/{thread_id}/runs"


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
    loaded: dict[str, Any] = with_null(json.loads(shared_files("openapi/*.json")[-1].read_text(encoding="utf-8")))
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


def walk_threads(ask: Recorder) -> None:
    file = ask.upload("a.csv", b"name,age")
    tools = [{"type": "code_interpreter"}, {"type": "function", "function": {"name": "examine_server"}}]
    assistant = ask("POST /assistants", {"model": "gpt-4o", "tools": tools, "instructions": "비서"})["id"]
    attachment = {"file_id": file, "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}
    first = {"role": "user", "content": "서버", "attachments": [attachment], "metadata": {"a": "b"}}
    thread = ask("POST /threads", {"messages": [first]})["id"]
    ask("GET /threads/{thread_id}", thread_id=thread)
    ask("POST /threads/{thread_id}", {"metadata": {"a": "b"}, "tool_resources": None}, thread_id=thread)
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    message = ask("POST " + MESSAGES, {"role": "assistant", "content": parts}, thread_id=thread)["id"]
    ask("GET " + MESSAGES, thread_id=thread)
    ask("GET " + MESSAGES + "/{message_id}", thread_id=thread, message_id=message)
    ask("POST " + MESSAGES + "/{message_id}", {"metadata": {"a": "b"}}, thread_id=thread, message_id=message)
    ask("DELETE " + MESSAGES + "/{message_id}", thread_id=thread, message_id=message)
    walk_run(ask, thread, assistant)
    started = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "서버"}]}}
    run = ask("POST /threads/runs", started)
    ids = {"thread_id": run["thread_id"], "run_id": run["id"]}
    ask("POST " + RUNS + "/{run_id}/cancel", {}, **ids)
    assert wait_for_run(ask, **ids)["status"] == "cancelled"
    ask("DELETE /threads/{thread_id}", thread_id=thread)


def walk_run(ask: Recorder, thread: str, assistant: str) -> None:
    settings = {"max_prompt_tokens": 5000, "truncation_strategy": {"type": "last_messages", "last_messages": 3}}
    run = ask("POST " + RUNS, {"assistant_id": assistant, **settings}, thread_id=thread)
    ids = {"thread_id": thread, "run_id": run["id"]}
    action = wait_for_run(ask, **ids)["required_action"]
    outputs = [{"tool_call_id": each["id"], "output": "1"} for each in action["submit_tool_outputs"]["tool_calls"]]
    ask("POST " + RUNS + "/{run_id}/submit_tool_outputs", {"tool_outputs": outputs}, **ids)
    assert wait_for_run(ask, **ids)["status"] == "completed"
    ask("POST " + RUNS + "/{run_id}", {"metadata": {"a": "b"}}, **ids)
    ask("GET " + RUNS, thread_id=thread)
    steps = ask("GET " + RUNS + "/{run_id}/steps", **ids)["data"]
    ask("GET " + RUNS + "/{run_id}/steps/{step_id}", step_id=steps[0]["id"], **ids)


def wait_for_run(ask: Recorder, **ids: str) -> Any:
    while (run := ask("GET " + RUNS + "/{run_id}", **ids))["status"] in ("queued", "in_progress", "cancelling"):
        continue
    return run


def walk_models(ask: Recorder) -> None:
    ask("GET /models")
    ask("GET /models/{model}", model="gpt-4o")


WALKS = (walk_files, walk_vector_stores, walk_assistants, walk_threads, walk_models)


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
        if path.startswith(AREAS) and method in ("get", "post", "delete")
    }
    ask = Recorder(wire)
    for walk in WALKS:
        walk(ask)
    walked = {exchange.operation for exchange in ask.exchanges}
    content = {"GET /files/{file_id}/content"}  # bytes: the SDK's test compares them
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
