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
    Produced,
    Refused,
    Text,
    TextPiece,
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
from provisioner.emulator.answering.upstream.chunks import Chunks
from provisioner.emulator.answering.upstream.citing import ArrivingText, cite
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
        self.streams = False
        #: Set by a test when it has read what was sent, so that the server sends the rest of a completion.
        self.may_end = threading.Event()
        self.may_end.set()

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
        if self.server.streams and status == 200 and isinstance(answer, dict) and answer.get("choices"):
            self.stream(answer["choices"][0])
            return
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        if status == 307:
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(data)

    def stream(self, choice: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("connection", "close")
        self.end_headers()
        for number, event in enumerate([*events_of(choice), b"data: [DONE]\n\n"]):
            # Events are divided between packets, also in the middle of a character.
            for start in range(0, len(event), 37):
                self.wfile.write(event[start : start + 37])
                self.wfile.flush()
            if number == 1:  # The first event has no text, and this one has.
                assert self.server.may_end.wait(30)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        return


def events_of(choice: dict[str, Any]) -> Iterator[bytes]:
    """The events of a streamed completion: its text and the arguments of its calls in pieces of three characters."""
    message = choice["message"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for key in ("content", "refusal"):
        value = message.get(key) or ""
        deltas += [{key: value[start : start + 3]} for start in range(0, len(value), 3)]
    for index, call in enumerate(message.get("tool_calls", ())):
        if not isinstance(call, dict) or not isinstance(call["function"], dict):
            deltas.append({"tool_calls": [call]})
            continue
        arguments = call["function"]["arguments"]
        deltas.append({"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": ""}}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": arguments[start : start + 3]}}]}
            for start in range(0, len(arguments), 3)
        ]
    for delta in deltas:
        yield event_of({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield event_of({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    yield event_of({"choices": [], "usage": {"total_tokens": 3}})


def event_of(chunk: Any) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\r\n\r\n".encode()


@pytest.fixture(params=["whole", "streamed"])
def chat(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ChatServer]:
    monkeypatch.delenv("UPSTREAM_API_KEY", raising=False)
    with ChatServer() as server:
        server.streams = request.param == "streamed"
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

    async def collect() -> list[Produced]:
        model = UpstreamModel(UpstreamClient(server.url), "local-model")
        return [output async for output in model.answer(turn, Tooling(lambda tool, queries: [HIT]))]

    return whole(asyncio.run(collect()))


def whole(produced: list[Produced]) -> list[Output]:
    """The outputs without pieces, which are compared with the texts that follow them."""
    found: list[Output] = []
    pieces: list[TextPiece] = []
    for each in produced:
        if isinstance(each, TextPiece):
            assert each.start == sum(len(piece.text) for piece in pieces)
            pieces.append(each)
            continue
        found.append(each)
        if pieces:
            notes = tuple(note for piece in pieces for note in piece.annotations)
            assert each == Text("".join(piece.text for piece in pieces), notes)
            pieces = []
    assert not pieces
    return found


TOOLS = (FunctionTool("order", "Orders.", {"type": "object"}, strict=True), CustomTool("shout"))
USER = (Message("user", "안녕"),)


def test_a_text_and_its_settings(chat: ChatServer) -> None:
    schema = {"type": "object", "properties": {}}
    turn = Turn("m", "Be brief.", USER, answer_format=schema, max_output_tokens=50, temperature=0.5)
    assert outputs(chat, turn, said("Hello.")) == [Text("Hello.")]
    assert chat.asked == [
        {
            "model": "local-model",
            "stream": True,
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
        (said(None, tool_calls=[1, {"function": 2}]), []),
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


STREAMED = pytest.mark.parametrize("chat", ["streamed"], indirect=True)


@STREAMED
@pytest.mark.parametrize(
    ("end", "message"),
    [
        (b"", "The upstream server ended its answer in the middle."),
        (event_of({"error": {"message": "out of memory"}}), "The upstream server reported an error: out of memory"),
        (b"data: {broken\n\ndata: [1]\n\n: ping\n\n", "The upstream server ended its answer in the middle."),
    ],
)
def test_what_arrived_before_a_failure_is_kept(
    chat: ChatServer, monkeypatch: pytest.MonkeyPatch, end: bytes, message: str
) -> None:
    def stream(self: Reply, choice: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(event_of({"choices": [{"delta": {"content": "It is "}}]}) + end)
        self.close_connection = True

    monkeypatch.setattr(Reply, "stream", stream)
    assert outputs(chat, Turn("m", items=USER), said("x")) == [Text("It is "), Failure("server_error", message)]


@pytest.mark.parametrize(
    "text",
    [
        "It is rotten 【1】, twice【2†hamlet.pdf】, and 【9】 is unknown.",
        "【1】",
        " \n 【1】【1】 ",
        "【【1】】 【x】 【12",
        "no mark 【1†" + "a" * 400 + "】 and 【1:3】",
        "  \n ",
        "trailing 【1】 ",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_marks_are_found_in_pieces_of_every_size(text: str, size: int) -> None:
    hits = [HIT, HIT]
    arriving = ArrivingText(hits)
    pieces = [arriving.add(text[start : start + size]) for start in range(0, len(text), size)]
    found = [piece for piece in [*pieces, arriving.end()] if piece is not None]
    expected = cite(text, hits) if text.strip() else None
    assert arriving.whole == expected
    assert "".join(piece.text for piece in found) == (expected.text if expected else "")
    assert tuple(note for piece in found for note in piece.annotations) == (expected.annotations if expected else ())


@STREAMED
def test_calls_without_an_index_are_separate(chat: ChatServer) -> None:
    chunks = Chunks()
    for id in ("a", "b"):
        call = {"id": id, "function": {"name": "order", "arguments": {"n": id}}}
        assert list(chunks.read(event_of({"choices": [{"delta": {"tool_calls": [call]}}]}))) == []
    calls = chunks.completion["message"]["tool_calls"]
    assert [(call["id"], call["function"]["arguments"]) for call in calls] == [("a", '{"n": "a"}'), ("b", '{"n": "b"}')]


@STREAMED
def test_the_text_reaches_the_client_while_the_other_server_still_writes(chat: ChatServer) -> None:
    """On each target, the server writes on only after the client has received the first piece."""
    with emulator(upstream=chat.url) as (client, _):
        assistant = client.beta.assistants.create(model="gpt-6-luna")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "hi"}])
        agent = client.beta.agents.create(model="gpt-6-luna")
        streams: list[Any] = [
            lambda: client.responses.create(model="gpt-6-luna", input="hi", stream=True),
            lambda: client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True),
            lambda: client.beta.agents.sessions.create(
                agent_id=agent.id, environment={"type": "none"}, input="hi", stream=True
            ),
        ]
        for stream in streams:
            chat.answers = [said("Something is rotten in Denmark.")]
            chat.may_end.clear()
            received: list[str] = []
            for event in stream():
                received += delta_of(event)
                if received:
                    chat.may_end.set()
            assert "".join(received) == "Something is rotten in Denmark."
            assert len(received) > 5


def delta_of(event: Any) -> list[str]:
    """The piece of text in an event of any target."""
    if getattr(event, "event", None) == "thread.message.delta":
        return [part.text.value for part in event.data.delta.content]
    return [event.delta] if str(getattr(event, "type", "")).endswith("output_text.delta") else []
