"""Another server answers: turns become chats, calls of tools come back, and its failures are those of a response."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from provisioner.core.errors import UsageError
from provisioner.emulator.answering.outputs import (
    CodeRun,
    CustomCall,
    Failure,
    FileCitation,
    FileSearch,
    FunctionCall,
    Hit,
    Incomplete,
    Output,
    Refused,
    Text,
)
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import (
    Choice,
    CodeInterpreterTool,
    CustomTool,
    FileSearchTool,
    FunctionResult,
    FunctionTool,
    InputFile,
    Message,
    Turn,
)
from provisioner.emulator.answering.upstream.chat import chat_of, messages_of
from provisioner.emulator.answering.upstream.client import UpstreamClient, check_url
from provisioner.emulator.answering.upstream.model import MOST_ROUNDS, UpstreamModel
from tests.emulator.running import emulator

HIT = Hit("file-1", "hamlet.pdf", "vs_1", 0.9, "Something is rotten in the state of Denmark.")


class ChatServer(ThreadingHTTPServer):
    """A server of chat completions. It answers with `answers` in their order, and keeps the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reply)
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Reply(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/v1/chat/completions"
        self.server.asked.append(body)
        self.server.keys.append(self.headers["authorization"])
        status, answer = self.server.answers.pop(0)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        if status == 307:
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.delenv("UPSTREAM_API_KEY", raising=False)
    with ChatServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def said(content: str | None, *calls: tuple[str, dict[str, Any]], end: str = "stop", **more: Any) -> tuple[int, Any]:
    """A completion with a text and calls of functions."""
    tool_calls = [
        {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for number, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": content, **({"tool_calls": tool_calls} if calls else {}), **more}
    return 200, {"choices": [{"index": 0, "message": message, "finish_reason": end}]}


def outputs(server: ChatServer, turn: Turn, *answers: tuple[int, Any]) -> list[Output]:
    server.answers = list(answers)

    async def collect() -> list[Output]:
        model = UpstreamModel(UpstreamClient(server.url), "local-model")
        return [output async for output in model.answer(turn, Tooling(lambda tool, queries: [HIT]))]

    return asyncio.run(collect())


TOOLS = (FunctionTool("order", "Orders.", {"type": "object"}, strict=True), CustomTool("shout"))
USER = (Message("user", "안녕"),)


def test_a_text_and_its_settings(chat: ChatServer) -> None:
    schema = {"type": "object", "properties": {}}
    turn = Turn("m", "Be brief.", USER, answer_format=schema, max_output_tokens=50, temperature=0.5)
    assert outputs(chat, turn, said("Hello.")) == [Text("Hello.")]
    assert chat.asked == [
        {
            "model": "local-model",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "안녕"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
            "max_completion_tokens": 50,
            "temperature": 0.5,
        }
    ]
    assert chat.keys == [None]


def test_calls_of_the_application_end_the_turn(chat: ChatServer) -> None:
    turn = Turn("m", items=USER, tools=TOOLS)
    found = outputs(chat, turn, said("A moment.", ("order", {"n": 1}), ("shout", {"input": "hey"})))
    assert found == [
        Text("A moment."),
        FunctionCall("order", '{"n": 1}', "call_0"),
        CustomCall("shout", "hey", "call_1"),
    ]
    assert [tool["function"]["name"] for tool in chat.asked[0]["tools"]] == ["order", "shout"]
    assert chat.asked[0]["tools"][0]["function"]["strict"] is True
    later = Turn("m", items=(*USER, *found, FunctionResult("call_0", "done"), FunctionResult("call_1", "HEY")))
    roles = [(message["role"], len(message.get("tool_calls", ()))) for message in messages_of(later)]
    assert roles == [("user", 0), ("assistant", 2), ("tool", 0), ("tool", 0)]


def test_file_search_is_carried_out_and_cited(chat: ChatServer) -> None:
    turn = Turn("m", items=USER, tools=(FileSearchTool(("vs_1",)),))
    found = outputs(
        chat,
        turn,
        said(None, ("file_search", {"query": "rotten"})),
        said(None, ("file_search", {"query": "Denmark"})),
        said("It is rotten 【1】, twice【2†hamlet.pdf】, and 【9】 is unknown."),
    )
    assert found[:2] == [FileSearch(("rotten",), (HIT,)), FileSearch(("Denmark",), (HIT,))]
    assert found[2] == Text(
        "It is rotten, twice, and 【9】 is unknown.", (FileCitation(12, HIT), FileCitation(19, HIT))
    )
    tools = [message["content"] for message in chat.asked[2]["messages"] if message["role"] == "tool"]
    assert [text[:3] for text in tools] == ["【1】", "【2】"]


def test_code_is_not_pretended(chat: ChatServer) -> None:
    turn = Turn("m", items=USER, tools=(CodeInterpreterTool(),))
    found = outputs(chat, turn, said(None, ("code_interpreter", {"code": "1+1"})), said("I cannot run it."))
    assert isinstance(found[0], CodeRun)
    assert "--run-code" in found[0].logs
    assert found[1] == Text("I cannot run it.")


def test_an_unknown_tool_is_answered_and_rounds_are_bounded(chat: ChatServer) -> None:
    endless = [said(None, ("nothing", {}))] * MOST_ROUNDS
    [failure] = outputs(chat, Turn("m", items=USER, tools=TOOLS), *endless)
    assert isinstance(failure, Failure)
    assert f"more than {MOST_ROUNDS} rounds" in failure.message
    assert "There is no tool" in chat.asked[1]["messages"][-1]["content"]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said("Cut", end="length"), [Text("Cut"), Incomplete("max_output_tokens")]),
        (said(None, refusal="No."), [Refused("No.")]),
        ((429, {"error": "slow"}), [Failure("rate_limit_exceeded", "The upstream server answered 429: slow")]),
        ((500, b"<html>"), [Failure("server_error", "The upstream server answered 500: <html>")]),
        ((307, b""), [Failure("server_error", "The upstream server answered 307: ")]),
        ((200, b"{}"), [Failure("server_error", "The upstream server did not answer with a chat completion.")]),
        ((200, {"choices": [{"message": {"content": None, "tool_calls": [1, {"function": 2}]}}]}), []),
    ],
)  # fmt: skip
def test_other_answers(chat: ChatServer, answer: tuple[int, Any], expected: list[Output]) -> None:
    assert outputs(chat, Turn("m", items=USER), answer) == expected


def test_choices_files_and_images() -> None:
    files = (InputFile("a.txt", b"the text"), InputFile("b.png", b"p"), InputFile("c", url="https://example.com/c.png"))
    content = messages_of(Turn("m", items=(Message("user", "look", files),)))[0]["content"]
    assert [part["type"] for part in content] == ["text", "text", "image_url", "image_url"]
    assert content[1]["text"] == "The file a.txt:\nthe text"
    assert content[2]["image_url"]["url"] == "data:image/png;base64,cA=="
    required = chat_of(Turn("m", tools=TOOLS, choice=Choice("required", ("order",))), "m", ())
    assert required["tool_choice"] == {"type": "function", "function": {"name": "order"}}
    assert "tools" not in chat_of(Turn("m", tools=TOOLS, choice=Choice("none")), "m", ())


@pytest.mark.parametrize("url", ["", "ftp://a/v1", "http://", "https://u:p@a/v1", "https://a/v1?b=c", "http://a:x/v1"])
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is no base URL"):
        check_url(url)


def test_the_key_is_not_sent_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_API_KEY", "secret")
    assert check_url("https://example.com/v1/") == "https://example.com/v1/chat/completions"
    with pytest.raises(UsageError, match="without encryption"):
        check_url("http://example.com/v1")


@pytest.mark.thorough
def test_the_sdk_gets_the_answer_of_the_other_server(chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPSTREAM_API_KEY", "key-of-upstream")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    chat.answers = [said(None, ("order", {"n": 2})), said("Done."), (503, {"error": "no model"})]
    tool: Any = {"type": "function", "name": "order", "parameters": {"type": "object"}, "strict": False}
    with emulator(upstream=chat.url) as (client, _):
        asked = client.responses.create(model="gpt-6-luna", input="order", tools=[tool])
        call: Any = asked.output[0]
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "ok"}
        with client.responses.stream(
            model="gpt-6-luna", input=[output], previous_response_id=asked.id, tools=[tool]
        ) as stream:
            assert stream.get_final_response().output_text == "Done."
        failed = client.responses.create(model="gpt-6-luna", input="again")
        assert (failed.status, failed.error and failed.error.message) == (
            "failed", "The upstream server answered 503: no model",
        )  # fmt: skip
    assert [request["model"] for request in chat.asked] == ["gpt-6-luna"] * 3
    assert chat.keys == ["Bearer key-of-upstream"] * 3
