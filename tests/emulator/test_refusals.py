"""What is refused: request, status, code, param."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from provisioner.emulator.process import EmulatorProcess
from tests.emulator.wire import FORM, KEY, Wire, form

LONG = {str(n): "x" for n in range(17)}
FUNCTION = {"type": "function", "function": {"name": "a b"}}
AGENT_FUNCTION = {"type": "function", "name": "a", "description": "b", "parameters": {}}
STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}}
GPT: dict[str, Any] = {"model": "gpt-4o"}
LUNA: dict[str, Any] = {"model": "gpt-6-luna"}

Refused = tuple[str, Any, int, str | None, str | None]

BODIES: list[Refused] = [
    ("/vector_stores", {"nome": "a"}, 400, "unknown_parameter", "nome"),
    ("/vector_stores", {"name": 1}, 400, "invalid_type", "name"),
    ("/vector_stores", {"name": None}, 400, "invalid_type", "name"),
    ("/vector_stores", ["a"], 400, "invalid_type", None),
    ("/vector_stores", {"metadata": {"a": 1}}, 400, "invalid_type", "metadata.a"),
    ("/vector_stores", {"metadata": LONG}, 400, "object_above_max_properties", "metadata"),
    ("/vector_stores", {"metadata": {"k" * 65: "a"}}, 400, "property_name_above_max_length", "metadata"),
    ("/vector_stores", {"metadata": {"a": "v" * 513}}, 400, "string_above_max_length", "metadata.a"),
    (
        "/vector_stores",
        {"expires_after": {"anchor": "created_at", "days": 1}},
        400,
        "invalid_value",
        "expires_after.anchor",
    ),
    (
        "/vector_stores",
        {"expires_after": {"anchor": "last_active_at"}},
        400,
        "missing_required_parameter",
        "expires_after.days",
    ),
    (
        "/vector_stores",
        {"expires_after": {"anchor": "last_active_at", "days": 366}},
        400,
        "integer_above_max_value",
        "expires_after.days",
    ),
    (
        "/vector_stores",
        {"expires_after": {"anchor": "last_active_at", "days": 0}},
        400,
        "integer_below_min_value",
        "expires_after.days",
    ),
    ("/vector_stores", {"file_ids": ["file-none"]}, 404, None, "id"),
    ("/vector_stores", {"file_ids": "file-none"}, 400, "invalid_type", "file_ids"),
    ("/vector_stores", {"file_ids": ["file-none"] * 501}, 400, "array_above_max_length", "file_ids"),
    (
        "/vector_stores",
        {"chunking_strategy": STATIC},
        400,
        "invalid_value",
        "chunking_strategy.static.chunk_overlap_tokens",
    ),
    ("/vector_stores", {"chunking_strategy": {"type": "other"}}, 400, "invalid_value", "chunking_strategy.type"),
    (
        "/vector_stores",
        {"chunking_strategy": {"type": "static"}},
        400,
        "missing_required_parameter",
        "chunking_strategy.static",
    ),
    ("/vector_stores/{store}", {"description": "a"}, 400, "unknown_parameter", "description"),
    ("/vector_stores/{store}", {"file_ids": []}, 400, "unknown_parameter", "file_ids"),
    ("/vector_stores/vs_none", {"name": "a"}, 404, None, "vector_store_id"),
    ("/vector_stores/{store}/search", {}, 400, "missing_required_parameter", "query"),
    (
        "/vector_stores/{store}/search",
        {"query": "a", "max_num_results": 51},
        400,
        "integer_above_max_value",
        "max_num_results",
    ),
    (
        "/vector_stores/{store}/search",
        {"query": "a", "filters": {"type": "like", "key": "a", "value": "b"}},
        400,
        "invalid_value",
        "filters.type",
    ),
    (
        "/vector_stores/{store}/search",
        {"query": "a", "filters": {"type": "or", "filters": [{"type": "eq"}]}},
        400,
        "missing_required_parameter",
        "filters.filters[0].key",
    ),
    ("/vector_stores/{store}/files", {}, 400, "missing_required_parameter", "file_id"),
    ("/vector_stores/{store}/files", {"file_id": "file-none"}, 404, None, "id"),
    (
        "/vector_stores/{store}/files",
        {"file_id": "{file}", "attributes": {"a": [1]}},
        400,
        "invalid_type",
        "attributes.a",
    ),
    (
        "/vector_stores/{store}/files",
        {"file_id": "{file}", "attributes": LONG},
        400,
        "object_above_max_properties",
        "attributes",
    ),
    ("/vector_stores/{store}/files/{file}", {"attributes": {}}, 404, None, "file_id"),
    ("/vector_stores/{store}/file_batches", {}, 400, "missing_required_parameter", "file_ids"),
    ("/vector_stores/{store}/file_batches", {"file_ids": []}, 400, "empty_array", "file_ids"),
    (
        "/vector_stores/{store}/file_batches",
        {"file_ids": ["a"], "files": [{"file_id": "a"}]},
        400,
        "mutually_exclusive_parameters",
        "files",
    ),
    ("/vector_stores/{store}/file_batches", {"file_ids": ["a"] * 2001}, 400, "array_above_max_length", "file_ids"),
    (
        "/vector_stores/{store}/file_batches",
        {"files": [{"file_id": "{file}", "attributes": LONG}]},
        400,
        "object_above_max_properties",
        "files[0].attributes",
    ),
    ("/vector_stores/{store}/file_batches/vsfb_none/cancel", {}, 404, None, "batch_id"),
    ("/assistants", {}, 400, "missing_required_parameter", "model"),
    ("/assistants", {"model": ""}, 400, "empty_string", "model"),
    ("/assistants", {"model": 4}, 400, "invalid_type", "model"),
    ("/assistants", {**GPT, "input": "a"}, 400, "unknown_parameter", "input"),
    ("/assistants", {**GPT, "name": "n" * 257}, 400, "string_above_max_length", "name"),
    ("/assistants", {**GPT, "description": "d" * 513}, 400, "string_above_max_length", "description"),
    ("/assistants", {**GPT, "instructions": "i" * 256001}, 400, "string_above_max_length", "instructions"),
    ("/assistants", {**GPT, "tools": [{"type": "code_interpreter"}] * 129}, 400, "array_above_max_length", "tools"),
    ("/assistants", {**GPT, "tools": [{"type": "web_search"}]}, 400, "invalid_value", "tools[0].type"),
    ("/assistants", {**GPT, "tools": [{}]}, 400, "missing_required_parameter", "tools[0].type"),
    (
        "/assistants",
        {**GPT, "tools": [{"type": "code_interpreter", "container": {}}]},
        400,
        "unknown_parameter",
        "tools[0].container",
    ),
    ("/assistants", {**GPT, "tools": [FUNCTION]}, 400, "invalid_value", "tools[0].function.name"),
    (
        "/assistants",
        {**GPT, "tools": [{"type": "file_search", "file_search": {"max_num_results": 51}}]},
        400,
        "integer_above_max_value",
        "tools[0].file_search.max_num_results",
    ),
    ("/assistants", {**GPT, "temperature": 2.5}, 400, "decimal_above_max_value", "temperature"),
    ("/assistants", {**GPT, "temperature": "hot"}, 400, "invalid_type", "temperature"),
    ("/assistants", {**GPT, "response_format": "json"}, 400, "invalid_value", "response_format"),
    ("/assistants", {**GPT, "reasoning_effort": "huge"}, 400, "invalid_value", "reasoning_effort"),
    ("/assistants", {**LUNA, "temperature": 0.2}, 400, "unsupported_parameter", "temperature"),
    ("/assistants", {"model": "o3-mini", "top_p": 0.2}, 400, "unsupported_parameter", "top_p"),
    (
        "/assistants",
        {**GPT, "tool_resources": {"code_interpreter": {"file_ids": ["file-none"]}}},
        400,
        "invalid_value",
        "tool_resources.code_interpreter.file_ids",
    ),
    (
        "/assistants",
        {**GPT, "tool_resources": {"code_interpreter": {"file_ids": ["{file}"] * 21}}},
        400,
        "array_above_max_length",
        "tool_resources.code_interpreter.file_ids",
    ),
    (
        "/assistants",
        {**GPT, "tool_resources": {"file_search": {"vector_store_ids": ["vs_none"]}}},
        400,
        "invalid_value",
        "tool_resources.file_search.vector_store_ids",
    ),
    (
        "/assistants",
        {**GPT, "tool_resources": {"file_search": {"vector_store_ids": ["{store}", "{store}"]}}},
        400,
        "array_above_max_length",
        "tool_resources.file_search.vector_store_ids",
    ),
    ("/assistants/asst_none", {"name": "a"}, 404, None, None),
    ("/agents", {}, 400, "missing_required_parameter", "model"),
    ("/agents", {**LUNA, "temperature": 1}, 400, "unknown_parameter", "temperature"),
    ("/agents", {**LUNA, "description": "a"}, 400, "unknown_parameter", "description"),
    ("/agents", {**LUNA, "name": "n" * 129}, 400, "string_above_max_length", "name"),
    ("/agents", {**LUNA, "compaction": {"async_": True}}, 400, "unknown_parameter", "compaction.async_"),
    ("/agents", {**LUNA, "tools": [{"type": "file_search"}]}, 400, "invalid_value", "tools[0].type"),
    ("/agents", {**LUNA, "tools": [{**AGENT_FUNCTION, "strict": True}]}, 400, "unknown_parameter", "tools[0].strict"),
    (
        "/agents",
        {**LUNA, "tools": [{"type": "function", "name": "a", "parameters": {}}]},
        400,
        "missing_required_parameter",
        "tools[0].description",
    ),
    (
        "/agents",
        {**LUNA, "tools": [{**AGENT_FUNCTION, "description": "d" * 3 * 1024 * 1024}]},
        400,
        "invalid_value",
        "tools",
    ),
    (
        "/agents",
        {**LUNA, "text": {"format": {"type": "json_schema", "name": "a"}}},
        400,
        "unknown_parameter",
        "text.format.name",
    ),
    ("/agents", {**LUNA, "multi_agent": {}}, 400, "missing_required_parameter", "multi_agent.enabled"),
    ("/agents/agent_none", {"name": "a"}, 404, None, None),
    ("/agents/environments/templates", {"metadata": {}}, 400, "unknown_parameter", "metadata"),
    (
        "/agents/environments/templates",
        {"files": [{"type": "file_id", "file_id": "{file}", "path": "/etc/a"}]},
        400,
        "invalid_value",
        "files[0].path",
    ),
    (
        "/agents/environments/templates",
        {"files": [{"type": "file_id", "file_id": "{file}", "path": "/workspace/../a"}]},
        400,
        "invalid_value",
        "files[0].path",
    ),
    (
        "/agents/environments/templates",
        {"files": [{"type": "file_id", "file_id": "file-none", "path": "/workspace/a"}]},
        400,
        "invalid_value",
        "files[0].file_id",
    ),
    (
        "/agents/environments/templates",
        {"files": [{"type": "inline", "data": "?", "path": "/workspace/a"}]},
        400,
        "invalid_value",
        "files[0].data",
    ),
    (
        "/agents/environments/templates",
        {"files": [{"type": "inline", "data": "", "path": "/workspace/a"}] * 2},
        400,
        "invalid_value",
        "files[1].path",
    ),
    (
        "/agents/environments/templates",
        {"setup_commands": [{"command": "a", "cwd": "b"}]},
        400,
        "invalid_value",
        "setup_commands[0].cwd",
    ),
    (
        "/agents/environments/templates",
        {"network": {"access": "enabled", "blocked_domains": ["a"]}},
        400,
        "invalid_value",
        "network.blocked_domains",
    ),
    ("/agents/environments/templates/envtmpl_none", {}, 404, None, None),
]


@pytest.fixture(scope="module")
def names(wire: Wire) -> dict[str, str]:
    return {"{file}": wire.upload().body["id"], "{store}": wire.ask("POST", "/vector_stores", {}).body["id"]}


@pytest.mark.parametrize(("path", "body", "status", "code", "param"), BODIES)
def test_bodies(
    wire: Wire, names: dict[str, str], path: str, body: Any, status: int, code: str | None, param: str | None
) -> None:
    text = json.dumps([path, body])
    for name, identifier in names.items():
        text = text.replace(name, identifier)
    answer = wire.ask("POST", *json.loads(text))
    error = answer.body["error"]
    assert (answer.status, error["code"], error["param"]) == (status, code, param), error["message"]
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("name", "data", "fields", "code", "param"),
    [
        ("a.txt", b"a", {}, "missing_required_parameter", "purpose"),
        (None, b"", {"purpose": "assistants"}, "missing_required_parameter", "file"),
        ("a.txt", b"a", {"purpose": "retrieval"}, "invalid_value", "purpose"),
        ("a.txt", b"", {"purpose": "assistants"}, "empty_file", "file"),
        ("a.txt", b"a", {"purpose": "assistants", "metadata": "{}"}, "unknown_parameter", "metadata"),
        (
            "a.txt",
            b"a",
            {"purpose": "vision", "expires_after[anchor]": "created_at"},
            "missing_required_parameter",
            "expires_after.seconds",
        ),
        (
            "a.txt",
            b"a",
            {"purpose": "vision", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3599"},
            "integer_below_min_value",
            "expires_after.seconds",
        ),
        (
            "a.txt",
            b"a",
            {"purpose": "vision", "expires_after[anchor]": "now", "expires_after[seconds]": "3600"},
            "invalid_value",
            "expires_after.anchor",
        ),
        (
            "a.txt",
            b"a",
            {"purpose": "vision", "expires_after[anchor]": "created_at", "expires_after[seconds]": "x"},
            "invalid_type",
            "expires_after.seconds",
        ),
    ],
)
def test_uploads(wire: Wire, name: str | None, data: bytes, fields: dict[str, str], code: str, param: str) -> None:
    answer = wire.ask("POST", "/files", headers=FORM, content=form(name, data, fields))
    assert (answer.status, answer.body["error"]["code"], answer.body["error"]["param"]) == (400, code, param)


def test_an_upload_above_512_megabytes_is_refused_before_it_is_read(server: EmulatorProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.base_url).port or 0, timeout=10)
    connection.putrequest("POST", "/v1/files")
    for name, value in {**FORM, "authorization": f"Bearer {KEY}", "content-length": str(600 * 1024**2)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("body", [b"a=b", b'{"file": "a"}'])
def test_an_upload_must_be_a_form(wire: Wire, body: bytes) -> None:
    assert wire.ask("POST", "/files", content=body).status == 400


@pytest.mark.parametrize(
    ("path", "code", "param"),
    [
        ("/files?limit=0", "integer_below_min_value", "limit"),
        ("/files?limit=10001", "integer_above_max_value", "limit"),
        ("/files?order=up", "invalid_value", "order"),
        ("/files?after=file-none", "invalid_value", "after"),
        ("/vector_stores?limit=101", "integer_above_max_value", "limit"),
        ("/vector_stores?limit=many", "invalid_type", "limit"),
        ("/vector_stores?before=vs_none", "invalid_value", "before"),
        ("/vector_stores/{store}/files?filter=done", "invalid_value", "filter"),
        ("/agents?limit=101", "integer_above_max_value", "limit"),
    ],
)
def test_lists(wire: Wire, names: dict[str, str], path: str, code: str, param: str) -> None:
    answer = wire.ask("GET", path.replace("{store}", names["{store}"]))
    assert (answer.status, answer.body["error"]["code"], answer.body["error"]["param"]) == (400, code, param)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/threads"),
        ("POST", "/realtime/sessions"),
        ("PATCH", "/files"),
        ("GET", "/files/"),
        ("DELETE", "/models/gpt-4o"),
    ],
)
def test_what_it_does_not_have_is_404(wire: Wire, method: str, path: str) -> None:
    answer = wire.ask(method, path)
    error = {
        "message": f"Invalid URL ({method} /v1{path})",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert (answer.status, answer.body) == (404, {"error": error})


@pytest.mark.parametrize("key", [None, "Bearer", "Bearer  ", "Basic abc", "Bearer sk-wrong", "Bearer sk-wrong-2"])
def test_keys(wire: Wire, key: str | None) -> None:
    answer = wire.ask("GET", "/files", headers={"authorization": key})
    assert (answer.status, answer.body["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("path", ["/assistants", "/agents", "/agents/environments/templates"])
@pytest.mark.parametrize("beta", [None, "assistants=v1", "agents"])
def test_beta_headers(wire: Wire, path: str, beta: str | None) -> None:
    answer = wire.ask("GET", path, headers={"openai-beta": beta})
    assert (answer.status, answer.body["error"]["code"]) == (400, "invalid_beta")


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b'{"name": 1' + b"0" * 400 + b"}",
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b"[" * 100_000,
    ],
)
def test_text_that_is_no_json(wire: Wire, text: bytes) -> None:
    answer = wire.ask("POST", "/vector_stores", content=text)
    assert answer.status == 400
    assert "could not parse the JSON" in answer.body["error"]["message"]


@pytest.mark.parametrize("content_type", ["multipart/form-data", FORM["content-type"]])
def test_a_form_that_is_none(wire: Wire, content_type: str) -> None:
    answer = wire.ask("POST", "/files", content=b"--nothing", headers={"content-type": content_type})
    assert answer.status == 400, answer.body


def test_a_form_where_json_is_wanted(wire: Wire) -> None:
    content = form("a.txt", b"a", {"name": "a"})
    assert wire.ask("POST", "/vector_stores", content=content, headers=FORM).status == 400


@pytest.mark.parametrize("fields", [{"temperature": 1}, {"temperature": None, "top_p": None}, {"top_p": 1.0}])
def test_reasoning_models_take_the_defaults(wire: Wire, fields: dict[str, Any]) -> None:
    assert wire.ask("POST", "/assistants", {**LUNA, **fields}).status == 200


def test_a_model_that_does_not_take_what_is_there_is_refused(wire: Wire) -> None:
    made = wire.ask("POST", "/assistants", {**GPT, "temperature": 0.5}).body["id"]
    assert wire.ask("POST", f"/assistants/{made}", LUNA).status == 400
    assert wire.ask("POST", f"/assistants/{made}", {**LUNA, "temperature": None}).status == 200


def test_a_refused_request_leaves_nothing_behind(wire: Wire) -> None:
    before = wire.ask("GET", "/vector_stores?limit=1").body["first_id"]
    assert wire.ask("POST", "/vector_stores", {"name": "a", "file_ids": ["file-none"]}).status == 404
    assert wire.ask("GET", "/vector_stores?limit=1").body["first_id"] == before
