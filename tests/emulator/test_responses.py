"""Responses, as the SDK's own calls and helpers use them, against the emulator as a process of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from provisioner.emulator.process import EmulatorProcess
from tests.emulator.running import emulator
from tests.emulator.wire import KEY, Wire

MODEL = "gpt-6-luna"
EXAMINE: Any = {
    "type": "function",
    "name": "examine_server",
    "description": "데이터 서버가 정상적으로 작동중인지 검사합니다.",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    "strict": False,
}
CODE: Any = {"type": "code_interpreter", "container": {"type": "auto"}}
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
PLAIN = "This is the emulator of provision, not a model."


@pytest.fixture(scope="module")
def store(api: OpenAI) -> str:
    texts = {"ophelia.txt": "There is a willow grows aslant a brook. Ophelia drown'd, drown'd.", "king.txt": "A king."}
    files = [api.files.create(file=(name, text.encode()), purpose="assistants") for name, text in texts.items()]
    store = api.vector_stores.create()
    for number, file in enumerate(files):
        api.vector_stores.files.create(store.id, file_id=file.id, attributes={"act": number})
    return store.id


def kinds(response: Any) -> list[str]:
    return [item.type for item in response.output]


def streamed(wire: Wire, body: dict[str, Any], path: str = "/responses") -> list[dict[str, Any]]:
    """The events of a stream as they are on the wire. Each fits the SDK's type exactly, and the numbers have no gap."""
    answer = wire.ask("POST", path, {"model": MODEL, "stream": True, **body})
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.body
    return list(parse_events(answer.body))


def parse_events(body: bytes) -> Iterator[dict[str, Any]]:
    for number, block in enumerate(body.decode().removesuffix("\n\n").split("\n\n")):
        head, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert head == f"event: {event['type']}"
        assert event["sequence_number"] == number
        EVENT.validate_python(event, strict=True)
        yield event


def test_an_unknown_message_is_answered_by_the_emulator_itself(api: OpenAI) -> None:
    response = api.responses.create(model=MODEL, input="오늘 날씨 어때?", instructions="짧게", metadata={"a": "b"})
    assert response.output_text.startswith(PLAIN)
    assert "오늘 날씨 어때?" in response.output_text
    assert (response.status, response.error, response.instructions, response.metadata) == (
        "completed", None, "짧게", {"a": "b"},
    )  # fmt: skip
    usage = response.usage
    assert usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens > 0 < usage.output_tokens


@pytest.mark.thorough
def test_a_response_is_stored_until_it_is_deleted(api: OpenAI) -> None:
    content: Any = [
        {"type": "input_text", "text": "안녕"},
        {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,YQ=="},
    ]
    made = api.responses.create(
        model=MODEL,
        input=[{"role": "developer", "content": "short"}, {"role": "user", "content": content}],
    )
    assert api.responses.retrieve(made.id) == made
    items = api.responses.input_items.list(made.id, order="asc").data
    assert [(item.type, getattr(item, "role", "")) for item in items] == [("message", "developer"), ("message", "user")]
    assert [item.id for item in api.responses.input_items.list(made.id, limit=1)] == [items[1].id, items[0].id]
    api.responses.delete(made.id)
    for call in (api.responses.retrieve, api.responses.input_items.list, api.responses.delete):
        with pytest.raises(NotFoundError, match=made.id):
            call(made.id)
    unstored = api.responses.create(model=MODEL, input="안녕", store=False)
    with pytest.raises(NotFoundError):
        api.responses.retrieve(unstored.id)


def test_a_function_is_called_and_answered(api: OpenAI) -> None:
    asked = api.responses.create(model=MODEL, input="서버가 잘 작동중인가요?", tools=[EXAMINE])
    assert kinds(asked) == ["message", "function_call"]
    call: Any = asked.output[1]
    assert (call.name, json.loads(call.arguments), call.call_id[:5]) == ("examine_server", {}, "call_")
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "-1, 서버에 버블티를 쏟음"}
    answered = api.responses.create(model=MODEL, previous_response_id=asked.id, input=[result], tools=[EXAMINE])
    assert '"서버에 버블티를 쏟음"' in answered.output_text
    assert answered.previous_response_id == asked.id
    items: Any = [item.to_dict() for item in asked.output]
    again = api.responses.create(
        model=MODEL,
        input=[{"role": "user", "content": "서버?"}, *items, result],
        tools=[EXAMINE],
    )
    assert again.output_text == answered.output_text


def test_the_events_of_a_message_and_a_function_call(wire: Wire) -> None:
    events = streamed(wire, {"input": "server?", "tools": [EXAMINE]})
    names = [event["type"].removeprefix("response.") for event in events]
    compact = [name for number, name in enumerate(names) if name != names[number - 1]]
    assert compact == [
        "created",
        "in_progress",
        *("output_item.added", "content_part.added", "output_text.delta", "output_text.done"),
        *("content_part.done", "output_item.done"),
        *("output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done"),
        "completed",
    ]
    text = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    final = events[-1]["response"]
    assert final["output"][0]["content"][0]["text"] == text
    assert [event["item"] for event in events if event["type"] == "response.output_item.done"] == final["output"]
    assert events[0]["response"]["output"] == []
    assert events[0]["response"]["status"] == "in_progress"
    assert final["usage"]["total_tokens"] == final["usage"]["input_tokens"] + final["usage"]["output_tokens"]


@pytest.mark.thorough
def test_the_sdk_s_stream_helper(api: OpenAI, store: str) -> None:
    tools: list[Any] = [{"type": "file_search", "vector_store_ids": [store]}, CODE, EXAMINE]
    texts = []
    with api.responses.stream(model=MODEL, input="오필리아, 당신은 어떻게 죽었나요?", tools=tools) as stream:
        texts = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert final.output_text == "".join(texts)
    assert kinds(final) == ["file_search_call", "message"]
    made = list(api.responses.create(model=MODEL, input="3x + 11 = 14", tools=tools, stream=True))
    assert [event.type.rpartition(".")[2] for event in made if "code_interpreter_call" in event.type][-2:] == [
        "interpreting", "completed",
    ]  # fmt: skip


def test_file_search_cites_the_passages_that_it_found(api: OpenAI, store: str) -> None:
    tool: Any = {"type": "file_search", "vector_store_ids": [store], "max_num_results": 1}
    question = "오필리아, 당신은 어떻게 죽었나요?"
    found = api.responses.create(model=MODEL, input=question, tools=[tool], include=["file_search_call.results"])
    search: Any = found.output[0]
    [hit] = search.results
    assert (hit.filename, hit.attributes) == ("ophelia.txt", {"act": 0.0})
    assert 0 < hit.score <= 1
    message: Any = found.output[1]
    [part] = message.content
    [note] = part.annotations
    assert (note.type, note.file_id, note.filename) == ("file_citation", hit.file_id, "ophelia.txt")
    assert part.text[: note.index].endswith("빠져들고 말았다")
    assert "willow grows aslant a brook" in part.text
    hidden: Any = api.responses.create(model=MODEL, input=question, tools=[tool]).output[0]
    assert hidden.results is None
    assert search.queries == hidden.queries


@pytest.mark.parametrize(
    ("options", "cited"),
    [
        ({"filters": {"type": "eq", "key": "act", "value": 1}}, 0),
        ({"filters": {"type": "eq", "key": "act", "value": 0}}, 1),
        ({"ranking_options": {"score_threshold": 1}}, 0),
    ],
)
def test_options_of_file_search_count(api: OpenAI, store: str, options: Any, cited: int) -> None:
    tool: Any = {"type": "file_search", "vector_store_ids": [store], **options}
    message: Any = api.responses.create(model=MODEL, input="오필리아?", tools=[tool]).output[1]
    assert len(message.content[0].annotations) == cited


def test_the_code_interpreter_replays_the_script(api: OpenAI) -> None:
    response = api.responses.create(
        model=MODEL, input="피보나치 수열", tools=[CODE], include=["code_interpreter_call.outputs"]
    )
    call: Any = response.output[0]
    assert "def generate_fibonacci" in call.code
    assert [output.type for output in call.outputs] == ["logs"]
    assert "2584, 4181]" in response.output_text
    container = api.containers.retrieve(call.container_id)
    assert container.status == "running"
    later: Any = api.responses.create(
        model=MODEL, input="3x + 11 = 14", tools=[CODE], previous_response_id=response.id
    ).output[0]
    assert (later.container_id, later.outputs) == (call.container_id, None)


def test_a_file_of_the_container_is_read_by_the_script(api: OpenAI) -> None:
    file = api.files.create(file=("mydata.csv", b"name,age,grade\nAlice,14,A\n"), purpose="assistants")
    tool: Any = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [file.id], "memory_limit": "4g"}}
    response = api.responses.create(
        model=MODEL, input="학생들의 나이를 알려줘", instructions="당신은 개인 비서입니다.", tools=[tool]
    )
    assert "Charlie 13" in response.output_text
    call: Any = response.output[0]
    [kept] = api.containers.files.list(call.container_id)
    assert (kept.path, kept.source, kept.bytes) == ("/mnt/data/mydata.csv", "user", file.bytes)


class Answer(BaseModel):
    answer: str
    steps: list[str]


def test_parse_gives_an_object_of_the_format(api: OpenAI) -> None:
    parsed = api.responses.parse(model=MODEL, input="안녕", text_format=Answer)
    assert parsed.output_parsed == Answer(answer=PLAIN, steps=[])
    assert parsed.text
    with api.responses.stream(model=MODEL, input="안녕", text_format=Answer) as stream:
        assert stream.get_final_response().output_parsed == parsed.output_parsed


def test_a_required_function_is_called_with_arguments_of_its_schema(api: OpenAI) -> None:
    tool: Any = {
        "type": "function",
        "name": "order",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": ["tea", "coffee"]}, "cups": {"type": "integer"}},
            "required": ["kind", "cups"],
            "additionalProperties": False,
        },
    }
    choices: list[Any] = ["required", {"type": "function", "name": "order"}]
    for choice in choices:
        call: Any = api.responses.create(model=MODEL, input="?", tools=[tool], tool_choice=choice).output[0]
        assert json.loads(call.arguments) == {"kind": "tea", "cups": 0}
    assert kinds(api.responses.create(model=MODEL, input="server", tools=[EXAMINE], tool_choice="none")) == ["message"]


def test_background_responses(api: OpenAI) -> None:
    response = api.responses.create(model=MODEL, input="안녕", background=True)
    assert response.status == "queued"
    while response.status in ("queued", "in_progress"):
        response = api.responses.retrieve(response.id)
    assert response.status == "completed"
    assert response.output_text.startswith(PLAIN)
    assert api.responses.cancel(response.id).status == "completed"
    events = list(api.responses.create(model=MODEL, input="안녕", background=True, stream=True))
    assert [event.type for event in events[:3]] == ["response.created", "response.queued", "response.in_progress"]
    identifier = events[0].response.id  # type: ignore[union-attr]
    later = list(api.responses.retrieve(identifier, stream=True, starting_after=4))
    assert later == events[5:]
    with api.responses.stream(response_id=identifier, starting_after=4) as stream:
        assert [event.sequence_number for event in stream] == [event.sequence_number for event in events[5:]]
        assert stream.get_final_response().id == identifier
    with pytest.raises(BadRequestError, match="background=true"):
        list(api.responses.retrieve(api.responses.create(model=MODEL, input="a").id, stream=True))


def test_a_conversation_holds_what_was_said(api: OpenAI) -> None:
    conversation = api.conversations.create(
        items=[{"role": "user", "content": "내 이름은 햄릿."}], metadata={"topic": "names"}
    )
    first = api.responses.create(model=MODEL, input="안녕", conversation=conversation.id)
    assert first.conversation
    assert first.conversation.id == conversation.id
    api.responses.create(model=MODEL, input="또 안녕", conversation={"id": conversation.id})
    items = list(api.conversations.items.list(conversation.id, order="asc"))
    assert [getattr(item, "role", item.type) for item in items] == ["user", "user", "assistant", "user", "assistant"]
    usage = first.usage
    alone = api.responses.create(model=MODEL, input="안녕").usage
    assert usage
    assert alone
    assert usage.input_tokens > alone.input_tokens


def test_a_long_conversation_is_cached(api: OpenAI) -> None:
    first = api.responses.create(model=MODEL, input="긴 이야기 " * 1000)
    second = api.responses.create(model=MODEL, input="계속", previous_response_id=first.id)
    assert first.usage
    assert second.usage
    cached = second.usage.input_tokens_details.cached_tokens
    assert first.usage.input_tokens_details.cached_tokens == 0
    assert (cached % 128, cached >= 1024, cached <= second.usage.input_tokens) == (0, True, True)


def test_max_output_tokens_ends_the_text(api: OpenAI) -> None:
    short = api.responses.create(model=MODEL, input="안녕", max_output_tokens=16)
    assert (short.status, short.incomplete_details and short.incomplete_details.reason) == (
        "incomplete", "max_output_tokens",
    )  # fmt: skip
    assert short.usage
    assert short.usage.output_tokens == 16
    assert short.output[0].status == "incomplete"  # type: ignore[union-attr]


def test_input_tokens_are_counted(api: OpenAI) -> None:
    counted = api.responses.input_tokens.count(model=MODEL, input="안녕", tools=[EXAMINE])
    usage = api.responses.create(model=MODEL, input="안녕", tools=[EXAMINE]).usage
    assert usage
    assert counted.input_tokens == usage.input_tokens


def test_a_file_of_a_message_is_known_by_its_name(api: OpenAI) -> None:
    data = base64.b64encode(b"a").decode()
    image: Any = {"type": "input_image", "image_url": f"data:image/png;base64,{data}", "detail": "auto"}
    response = api.responses.create(model=MODEL, input=[{"role": "user", "content": [image]}])
    item: Any = api.responses.input_items.list(response.id).data[0]
    assert item.content[0].type == "input_image"


def test_the_async_client_streams(server: EmulatorProcess) -> None:
    async def run() -> Response:
        async with (
            AsyncOpenAI(api_key=KEY, base_url=server.base_url, max_retries=0) as client,
            client.responses.stream(model=MODEL, input="안녕") as stream,
        ):
            return await stream.get_final_response()

    assert asyncio.run(run()).output_text.startswith(PLAIN)


BAD: Sequence[tuple[dict[str, Any], int, str, str]] = (
    ({"model": "gpt-none"}, 400, "model", "does not exist"),
    ({"model": None}, 400, "model", "Missing required parameter: 'model'"),
    ({"input": None}, 400, "input", 'One of "input"'),
    ({"inputs": "a"}, 400, "inputs", "Unknown parameter: 'inputs'"),
    ({"input": [{"role": "robot", "content": "a"}]}, 400, "input[0].role", "Supported values are"),
    ({"input": [{"role": "user"}]}, 400, "input[0].content", "Missing required parameter"),
    ({"input": [{"role": "user", "content": "a", "name": "b"}]}, 400, "input[0].name", "Unknown parameter"),
    ({"input": [{"type": "function_call_output", "output": "1", "call_id": "call_1"}]}, 400, "input", "No tool call"),
    (
        {"input": [{"type": "function_call", "name": "a", "arguments": "{}", "call_id": "call_1"}]},
        400,
        "input",
        "No tool output found for function call call_1",
    ),
    ({"input": [{"type": "item_reference", "id": "msg_none"}]}, 404, "input", "Item with id 'msg_none' not found"),
    ({"previous_response_id": "resp_none"}, 400, "previous_response_id", "Previous response with id 'resp_none'"),
    ({"conversation": "conv_none"}, 404, "", "Conversation with id 'conv_none' not found"),
    ({"conversation": "conv_1", "previous_response_id": "resp_1"}, 400, "", "Mutually exclusive"),
    ({"max_output_tokens": 1}, 400, "max_output_tokens", "Expected a value >= 16"),
    ({"temperature": 0.2}, 400, "temperature", "not supported with this model"),
    ({"temperature": 3, "model": "gpt-4o"}, 400, "temperature", "Expected a value <= 2"),
    ({"reasoning": {"effort": "low"}, "model": "gpt-4o"}, 400, "reasoning.effort", "not supported"),
    ({"tools": [{"type": "retrieval"}]}, 400, "tools[0].type", "Invalid value: 'retrieval'"),
    ({"tools": [{"type": "function", "function": {"name": "a"}}]}, 400, "tools[0].function", "Unknown parameter"),
    ({"tools": [{"type": "function", "name": "a b"}]}, 400, "tools[0].name", "pattern"),
    ({"tools": [{"type": "code_interpreter"}]}, 400, "tools[0].container", "Missing required parameter"),
    ({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}, 404, "container_id", "Container with id"),
    (
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]},
        404,
        "tools[0].container.file_ids",
        "file-1",
    ),
    ({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, 404, "vector_store_id", "vs_1"),
    ({"tools": [{"type": "file_search", "vector_store_ids": []}]}, 400, "tools[0].vector_store_ids", "Missing"),
    ({"tool_choice": "required"}, 400, "tool_choice", "must be specified with 'tools'"),
    ({"tool_choice": {"type": "function", "name": "a"}}, 400, "tool_choice", "'a' not found in 'tools'"),
    ({"text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "array"}}}}, 400, "text.format", "a"),
    ({"text": {"format": {"type": "json_object"}}}, 400, "input", "must contain the word 'json'"),
    ({"stream": "yes"}, 400, "stream", "expected a boolean"),
    ({"background": True, "store": False}, 400, "background", "store"),
    ({"include": ["everything"]}, 400, "include[0]", "Supported values are"),
    ({"prompt": {"id": "pmpt_1"}}, 404, "prompt", "pmpt_1"),
)  # fmt: skip


@pytest.mark.parametrize(("change", "status", "param", "message"), BAD)
def test_what_openai_refuses_is_refused(
    wire: Wire, change: dict[str, Any], status: int, param: str, message: str
) -> None:
    body = {key: value for key, value in {"model": MODEL, "input": "a", **change}.items() if value is not None}
    answer = wire.ask("POST", "/responses", body)
    assert answer.status == status, answer.body
    error = answer.body["error"]
    assert ((error["param"] or "").startswith(param), message in error["message"]) == (True, True), error
    assert error["type"] == "invalid_request_error"


@pytest.mark.thorough
def test_an_expired_store_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "account.db"
    tool: Any = {"type": "file_search"}
    with emulator(data=data) as (client, _):
        store = client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 1})
        container = client.containers.create(name="a")
    with closing(sqlite3.connect(data)) as connection, connection:
        connection.execute("UPDATE stores SET last_active_at = last_active_at - 90000")
        connection.execute("UPDATE documents SET body = json_set(body, '$.last_active_at', 1) WHERE kind = 'container'")
    with emulator(data=data) as (client, _):
        tool["vector_store_ids"] = [store.id]
        with pytest.raises(BadRequestError, match="is expired"):
            client.responses.create(model=MODEL, input="a", tools=[tool])
        assert client.containers.retrieve(container.id).status == "expired"
        with pytest.raises(BadRequestError, match="is expired"):
            client.containers.files.list(container.id)
        code: Any = {"type": "code_interpreter", "container": container.id}
        with pytest.raises(BadRequestError, match="is expired"):
            client.responses.create(model=MODEL, input="a", tools=[code])


def test_only_a_background_response_can_be_cancelled(api: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="synchronous"):
        api.responses.cancel(api.responses.create(model=MODEL, input="a").id)
