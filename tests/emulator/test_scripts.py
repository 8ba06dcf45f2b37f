"""The scripted model, its rules, the plain answer, and the events and endings that only a script can make."""

from __future__ import annotations

import asyncio
import io
import json
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openai import APIConnectionError, NotFoundError, OpenAI

from provisioner.core.errors import UsageError
from provisioner.emulator.answering.outputs import FileCitation, FunctionCall, Hit, Output, Text
from provisioner.emulator.answering.schema_instance import make_instance
from provisioner.emulator.answering.scripts.model import ScriptedModel
from provisioner.emulator.answering.scripts.reading import read_rules, read_script, read_shipped
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import (
    Choice,
    CodeInterpreterTool,
    FileSearchTool,
    FunctionResult,
    FunctionTool,
    Message,
    OtherTool,
    Turn,
)
from tests.emulator.running import emulator
from tests.emulator.test_responses import parse_events
from tests.emulator.test_specification import specification, validator
from tests.emulator.wire import Wire

MODEL = "gpt-6-luna"
SCRIPT = r"""
rules:
  - name: an order
    when: {input: 'order (?P<count>\d+) (\w+)', tools: [order]}
    reply:
      - reason: The user wants {{2}}.
      - text: 'Ordering {{count}} {{2}}.'
      - call: order
        arguments: {item: '{{2}}', count: 3, express: true, note: null, tags: [a, '{{count}}']}
  - when: {result_of: order, result: '"price": (?P<price>\d+)'}
    reply: ['It costs {{price}} ({{result.currency.code}}).']
  - when: {input: plot, tools: [code_interpreter]}
    reply:
      - code: |
          print(f"{x}", {{"{{input}}"}})
        output: done
        files: {plot.png: not really a picture, data.csv: 'a,b'}
      - text: 'Here it is: {{file plot.png}}. It said {{logs}}.'
  - when: {input: news}
    reply:
      - web_search: news of today
        sources: [https://example.com/a]
      - text: Nothing new.
  - when: {input: wiki}
    reply:
      - mcp: ask
        server: wiki
        arguments: {q: '{{input}}'}
        output: An answer.
      - text: The wiki knows.
  - when: {input: secret}
    reply: [refuse: I cannot say that.]
  - when: {input: fail}
    reply: [fail: rate_limit_exceeded, message: Too many {{input}}s.]
  - when: {input: filter}
    reply: ['Once upon', incomplete: content_filter]
  - when: {input: expire}
    reply: [expire: '']
  - when: {input: slow}
    reply: [{wait: 60}, Late.]
""".replace(
    "[fail: rate_limit_exceeded, message: Too many {{input}}s.]",
    "[{fail: rate_limit_exceeded, message: 'Too many {{input}}s.'}]",
)


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenAI, Wire]]:
    path = tmp_path_factory.mktemp("script") / "rules.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    with emulator(script=path) as (client, wire):
        # The first request loads the SDK's types.
        client.responses.create(model=MODEL, input="a")
        yield client, wire


TOOLS: list[Any] = [
    {"type": "function", "name": "order", "strict": False, "parameters": {"type": "object"}},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "web_search"},
    {"type": "mcp", "server_label": "wiki", "server_url": "https://example.com/mcp", "authorization": "hidden"},
]
INCLUDE: list[Any] = ["code_interpreter_call.outputs", "web_search_call.action.sources"]


def ask(client: OpenAI, text: str, **more: Any) -> Any:
    return client.responses.create(model=MODEL, input=text, tools=TOOLS, include=INCLUDE, **more)


@pytest.mark.thorough
def test_captured_text_is_in_texts_and_arguments(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    response = ask(client, "please order 3 apples")
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.output[0].summary[0].text == "The user wants apples."
    assert response.output_text == "Ordering 3 apples."
    assert json.loads(response.output[2].arguments) == {
        "item": "apples", "count": 3, "express": True, "note": None, "tags": ["a", "3"],
    }  # fmt: skip
    assert response.usage.output_tokens_details.reasoning_tokens > 0
    result = {
        "type": "function_call_output",
        "call_id": response.output[2].call_id,
        "output": '{"price": 7, "currency": {"code": "EUR"}}',
    }
    answered = client.responses.create(
        model=MODEL,
        input=[result],  # type: ignore[list-item]
        tools=TOOLS,
        previous_response_id=response.id,
    )
    assert answered.output_text == "It costs 7 (EUR)."


@pytest.mark.thorough
def test_files_that_code_has_written_are_in_the_container(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    code, message = ask(client, "plot x").output
    assert code.code == 'print(f"{x}", {{"plot x"}})\n'
    assert [output.type for output in code.outputs] == ["logs", "image"]
    [note] = message.content[0].annotations
    text = message.content[0].text
    assert text == "Here it is: [plot.png](sandbox:/mnt/data/plot.png). It said done."
    assert text[note.start_index : note.end_index] == "[plot.png](sandbox:/mnt/data/plot.png)"
    files = {file.path: file for file in client.containers.files.list(code.container_id)}
    assert (files["/mnt/data/plot.png"].id, files["/mnt/data/data.csv"].source) == (note.file_id, "assistant")
    content = client.containers.files.content.retrieve(note.file_id, container_id=note.container_id)
    assert content.content == b"not really a picture"


def test_web_and_mcp_are_replayed(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    web = ask(client, "news?").output[0]
    assert (web.type, web.action.query, web.action.sources[0].url) == (
        "web_search_call", "news of today", "https://example.com/a",
    )  # fmt: skip
    response = ask(client, "wiki?")
    assert [item.type for item in response.output] == ["mcp_list_tools", "mcp_call", "message"]
    assert (response.output[1].output, json.loads(response.output[1].arguments)) == ("An answer.", {"q": "wiki?"})
    assert "hidden" not in response.to_json()


def test_refusals_failures_and_ends(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    assert ask(client, "a secret").output[0].content[0].refusal == "I cannot say that."
    failed = ask(client, "fail")
    assert (failed.status, failed.error.code, failed.error.message) == (
        "failed", "rate_limit_exceeded", "Too many fails.",
    )  # fmt: skip
    cut = ask(client, "filter")
    assert (cut.status, cut.incomplete_details.reason, cut.output_text) == ("incomplete", "content_filter", "Once upon")
    assert ask(client, "expire").error.code == "server_error"


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("order 3 apples", "completed"),
        ("plot", "completed"),
        ("news", "completed"),
        ("wiki", "completed"),
        ("secret", "completed"),
        ("fail", "failed"),
        ("filter", "incomplete"),
        ("unknown", "completed"),
    ],
)
def test_all_events_fit_the_specification_and_the_sdk(scripted: tuple[OpenAI, Wire], text: str, last: str) -> None:
    _, wire = scripted
    body = {"model": MODEL, "input": text, "tools": TOOLS, "include": INCLUDE, "stream": True}
    schemas = schemas_of_events()
    events = list(parse_events(wire.ask("POST", "/responses", body).body))
    for event in events:
        problems = [error.message[-300:] for error in schemas[event["type"]].iter_errors(event)]
        assert not problems, event["type"]
    assert events[-1]["type"] == f"response.{last}"


@cache
def schemas_of_events() -> dict[str, Draft202012Validator]:
    """The schema of each event of the specification, by the value of its field `type`."""
    schemas = specification()["components"]["schemas"]
    named = {
        kind: name
        for name, schema in schemas.items()
        if name.startswith("Response") and name.endswith("Event")
        for kind in schema.get("properties", {}).get("type", {}).get("enum", ())
    }
    return {kind: validator({"$ref": f"#/components/schemas/{name}"}) for kind, name in named.items()}


def test_a_background_response_is_cancelled(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    response = ask(client, "slow", background=True)
    cancelled = client.responses.cancel(response.id)
    assert cancelled.status == "cancelled"
    assert client.responses.retrieve(response.id).status == "cancelled"
    assert client.responses.cancel(response.id).status == "cancelled"


def test_other_requests_are_answered_while_a_turn_waits(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    with client.responses.create(model=MODEL, input="slow", stream=True) as stream:
        assert next(iter(stream)).type == "response.created"
        assert ask(client, "filter").status == "incomplete"


@pytest.mark.thorough
def test_faults_of_turns(tmp_path: Path) -> None:
    faults = ("turn *one* server_error times=1 message='no luck'", "turn *two* incomplete", "turn *three* expired",
              "POST /responses half nth=4")  # fmt: skip
    with emulator(fail=faults) as (client, _):
        first = client.responses.create(model=MODEL, input="one")
        assert (first.status, first.error and first.error.message) == ("failed", "no luck")
        assert client.responses.create(model=MODEL, input="one").status == "completed"
        assert client.responses.create(model=MODEL, input="two").status == "incomplete"
        events: list[str] = []
        with pytest.raises(APIConnectionError):
            events.extend(event.type for event in client.responses.create(model=MODEL, input="four", stream=True))
        assert events[0] == "response.created"
        assert "response.completed" not in events
        assert client.responses.create(model=MODEL, input="three").status == "failed"


@pytest.mark.thorough
def test_background_responses_of_a_stopped_emulator_have_failed(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    with emulator(script=path, data=tmp_path / "account.db") as (client, _):
        response = ask(client, "slow", background=True)
    with emulator(script=path, data=tmp_path / "account.db") as (client, _):
        assert client.responses.retrieve(response.id).status == "failed"


def test_a_deleted_background_response_is_stopped(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    response = ask(client, "slow", background=True)
    client.responses.delete(response.id)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(response.id)


@pytest.mark.thorough
def test_a_stream_whose_answer_is_lost_was_carried_out(tmp_path: Path) -> None:
    with emulator(fail=("POST /responses drop-after nth=1",)) as (client, _):
        conversation = client.conversations.create()
        with pytest.raises(APIConnectionError):
            client.responses.create(model=MODEL, input="a", stream=True, conversation=conversation.id)
        assert len(client.conversations.items.list(conversation.id).data) == 2


def test_the_script_in_the_document_is_valid() -> None:
    document = Path(__file__).parents[2] / "docs" / "emulator.md"
    [content] = re.findall(r"```yaml\n(rules:\n.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    model = ScriptedModel(read_rules(document, content))
    order = FunctionTool("order")
    asked = answers(model, Turn(MODEL, items=(Message("user", "Order 3 teas!"),), tools=(order,)))
    assert asked
    assert asked[0] == Text("Ordering 3 teas.")
    call = asked[1]
    assert isinstance(call, FunctionCall)
    assert json.loads(call.arguments) == {"item": "teas", "count": "3"}
    items = (Message("user", "Order 3 teas!"), call, FunctionResult(call.call_id, '{"price": 9}'))
    assert answers(model, Turn(MODEL, items=items, tools=(order,))) == [Text("It costs 9.")]
    ghost = Turn(MODEL, items=(Message("user", "Is there a ghost?"),), tools=(FileSearchTool(("vs_1",)),))
    text = (answers(model, ghost) or [])[-1]
    assert isinstance(text, Text)
    assert text.text.startswith('It is written: "There is a willow')
    assert [note.position for note in text.annotations if isinstance(note, FileCitation)] == [13]


MISTAKES = [
    ("", "the script has no rules"),
    ("rules", "1:1: a mapping is expected here"),
    ("rule: []", "1:1: `rule` is not known here; known are: rules"),
    ("rules: {}", "1:8: a list is expected here"),
    ("rules:\n- when: {}", "2:3: this rule has no `reply`"),
    ("rules:\n- reply: []", "2:10: a reply needs at least one step"),
    ("rules:\n- reply: [a: b]", "a step has exactly one of"),
    ("rules:\n- reply: [{text: a, call: b}]", "2:11: a step has exactly one of"),
    ("rules:\n- reply: [{text: a, output: b}]", "`output` is not known here"),
    ("rules:\n- {reply: a, when: {input: '('}}", "2:28: this is no regular expression"),
    ("rules:\n- {reply: '{{who}}', when: {input: a}}", "2:11: `{{who}}` has no meaning here"),
    ("rules:\n- reply: [{call: a, arguments: {b: '{{c}}'}}]", "`{{c}}` has no meaning here"),
    ("rules:\n- reply: [{call: a, arguments: [1]}]", "arguments are a mapping"),
    ("rules:\n- reply: [{fail: badly}]", "2:18: `badly` is no failure; known are: rate_limit_exceeded"),
    ("rules:\n- reply: [{incomplete: tired}]", "`tired` is no reason"),
    ("rules:\n- reply: [{wait: long}]", "2:18: a number from 0 to 600 is expected here"),
    ("rules:\n- reply: [{mcp: ask}]", "needs `server`"),
    ("rules:\n- {reply: a, when: {result: a}}", "also needs `result_of`"),
    ("rules:\n- {reply: a, reply: b}", "2:14: `reply` occurs twice"),
    ("rules:\n- [", "this is no valid YAML"),
    ("rules: &a\n- reply: [{call: b, arguments: {c: *a}}]", "nested too deeply"),
]


@pytest.mark.parametrize(("content", "message"), MISTAKES)
def test_a_mistake_is_reported_with_its_place(content: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rules(Path("rules.yaml"), content)
    assert caught.value.message.startswith("rules.yaml:")
    assert message in caught.value.message
    assert caught.value.hint


@pytest.mark.thorough
def test_a_script_that_cannot_be_read_stops_the_emulator(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("rules: [{reply: ü}]".encode("latin-1"))
    for name, message in (("none.yaml", "No such file"), ("latin.yaml", "is not UTF-8")):
        with pytest.raises(UsageError, match=message):
            read_script(tmp_path / name)
    with pytest.raises(UsageError, match="cannot be read"), emulator(script=tmp_path / "none.yaml"):
        pass


def answers(model: ScriptedModel, turn: Turn) -> list[Output] | None:
    hit = Hit("file-1", "hamlet.pdf", "vs_1", 0.5, "There is a willow grows aslant a brook.")
    tooling = Tooling(lambda tool, queries: [hit])

    async def collect(outputs: AsyncIterator[Output]) -> list[Output]:
        return [output async for output in outputs]

    outputs = model.answer(turn, tooling)
    return None if outputs is None else asyncio.run(collect(outputs))


EXAMPLES = [
    ("방정식 `3x + 11 = 14`를 풀려고해. 도와줘.", CodeInterpreterTool(), "x = 1"),
    ("I need to solve the equation `3x + 11 = 14`. Can you help me?", CodeInterpreterTool(), "x = 1"),
    ("413보다 큰 소수 중 네번째로 작은 소수의 세제곱수는 무엇입니까?", CodeInterpreterTool(), "81182737"),
    ("코드를 사용해서 최초 20개의 피보나치 수열을 만들어줘", CodeInterpreterTool(), "4181"),
    ("오필리아, 당신은 어떻게 죽었나요?", FileSearchTool(("vs_1",)), "willow"),
    ("후회하거나 되돌리고 싶은 것이 있나요?", FileSearchTool(("vs_1",)), "willow"),
    ("지금 데이터 서버가 잘 작동중인가요?", FunctionTool("examine_server"), "검사"),
]


@pytest.mark.parametrize(("question", "tool", "expected"), EXAMPLES)
def test_the_shipped_script_answers_the_questions_of_the_examples(question: str, tool: Any, expected: str) -> None:
    model = ScriptedModel(read_shipped())
    outputs = answers(model, Turn(MODEL, items=(Message("user", question),), tools=(tool,)))
    assert outputs
    assert expected in "".join(output.text for output in outputs if isinstance(output, Text))
    assert answers(model, Turn(MODEL, items=(Message("user", question),))) is None


def test_replayed_output_is_that_of_the_code() -> None:
    """What the shipped script says that its code prints is what this code prints."""
    checked = 0
    for rule in read_shipped():
        for step in rule.reply:
            if step.kind == "code" and "/mnt/data" not in step.text:
                with redirect_stdout(io.StringIO()) as printed:
                    exec(step.text, {})
                assert printed.getvalue() == step.more["output"]
                checked += 1
    assert checked == 3


@pytest.mark.parametrize(
    ("turn", "applies"),
    [
        (Turn(MODEL, tools=(FunctionTool("f"),)), True),
        (Turn(MODEL), False),
        (Turn(MODEL, tools=(FunctionTool("f"),), choice=Choice("none")), False),
        (Turn(MODEL, tools=(FunctionTool("f"), FunctionTool("g")), choice=Choice("auto", ("g",))), False),
        (Turn(MODEL, tools=(FunctionTool("f"), OtherTool("web_search"))), False),
        (Turn("gpt-4o", tools=(FunctionTool("f"),)), False),
        (
            Turn(MODEL, tools=(FunctionTool("f"),), items=(FunctionCall("f", "{}", "c"), FunctionResult("c", "1"))),
            False,
        ),
    ],
)
def test_when_a_rule_applies(turn: Turn, applies: bool) -> None:
    rules = read_rules(Path("a"), "rules: [{when: {model: ^gpt-6, without_tools: web_search}, reply: {call: f}}]")
    assert (answers(ScriptedModel(rules), turn) is not None) == applies


SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 5, "maxLength": 8},
    {"type": "array", "items": {"type": "number", "minimum": 3, "exclusiveMaximum": 9}, "minItems": 2},
    {"anyOf": [{"type": "null"}, {"type": "string"}]},
    {"type": ["integer", "null"], "exclusiveMinimum": 5, "multipleOf": 4},
    {"type": "string", "format": "date-time"},
    {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "kind": {"const": "a"}},
        "required": ["next", "kind"],
    },
    {
        "$defs": {"a": {"type": "boolean"}},
        "type": "object",
        "properties": {"b": {"$ref": "#/$defs/a"}},
        "required": ["b"],
    },
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_instance_fits_its_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(make_instance(schema, "emulator"))


def test_several_streams_are_open_at_once(scripted: tuple[OpenAI, Wire]) -> None:
    client, _ = scripted
    opened = [client.responses.create(model=MODEL, input="slow", stream=True) for _ in range(20)]
    try:
        assert [next(iter(stream)).type for stream in opened] == ["response.created"] * 20
    finally:
        closing = [threading.Thread(target=stream.close) for stream in opened]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
