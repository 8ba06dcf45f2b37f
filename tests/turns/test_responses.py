"""Turns on the target `responses`: streamed, polled, cut, failed, and with functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.core.errors import NotFound, Unavailable
from provisioner.engine.running.dialogue import Dialogue
from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    CodeOutput,
    Ended,
    Failed,
    FunctionCalled,
    Hit,
    Refusal,
    Searched,
    TextDelta,
    TextDone,
    Usage,
)
from provisioner.openai_api.turns.responses import ResponsesConversation
from provisioner.openai_api.turns.turn import Attachment, Leftover, Message, Turn
from tests.api.liar import reply
from tests.turns.api import answer_one, bodies, kinds, refuse, run, scripted, sse

CONVERSATION = {"id": "conv_1", "object": "conversation", "created_at": 1, "metadata": {}}
USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 15,
}
CREATE = "POST /v1/responses"
ASSISTANT = {"model": "gpt-6-luna", "instructions": "Be kind.", "tools": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "examine", "arguments": '{"a": 1}'}


def response(status: str = "completed", *output: Any, id: str = "resp_1", **more: Any) -> dict[str, Any]:
    return {"id": id, "object": "response", "status": status, "output": list(output), "usage": USAGE, **more}


def message(text: str, *annotations: Any, id: str = "msg_1") -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": list(annotations)}
    return {"type": "message", "id": id, "role": "assistant", "status": "completed", "content": [part]}


def streamed(*items: Any, id: str = "resp_1", end: str = "completed", cut: bool = False, **more: Any) -> list[bytes]:
    events: list[Any] = [("response.created", {"type": "response.created", "response": response("in_progress", id=id)})]
    whole = [json.loads(json.dumps(item).replace("|", "")) for item in items]
    for item, complete in zip(items, whole, strict=True):
        for part in item.get("content", ()):
            for piece in part.get("text", "").split("|"):
                events.append(("response.output_text.delta", {"item_id": item["id"], "delta": piece}))
        if not cut:
            events.append(("response.output_item.done", {"item": complete}))
    if not cut:
        events.append((f"response.{end}", {"response": response(end, *whole, id=id, **more)}))
    return sse(*events, cut=cut)


def answers(*created: Any) -> dict[str, Any]:
    return {
        "POST /v1/conversations": [CONVERSATION],
        CREATE: created,
        "DELETE /v1/conversations/conv_1": [{"id": "conv_1", "object": "conversation.deleted", "deleted": True}],
        "DELETE /v1/responses/resp_1": [{"id": "resp_1", "object": "response", "deleted": True}],
        "DELETE /v1/responses/resp_2": [{"id": "resp_2", "object": "response", "deleted": True}],
    }


def test_text_arrives_in_pieces_and_is_whole_at_the_end() -> None:
    with scripted(answers(streamed(message("Hel|lo")))) as (session, liar):
        turn, events = run(ResponsesConversation(session, ASSISTANT))
        assert [each.text for each in events if isinstance(each, TextDelta)] == ["Hel", "lo"]
        assert TextDone("Hello", "msg_1") in events
        assert turn.usage == Usage(10, 5, 4, 2)
        assert isinstance(events[-1], Ended)
        assert turn.status == "completed"
        [sent] = bodies(liar, CREATE)
        assert sent["stream"] is True
        assert sent["conversation"] == "conv_1"
        assert sent["instructions"] == "Be kind."


def test_a_poll_gives_the_same_turn_as_a_stream() -> None:
    search = {
        "type": "file_search_call",
        "id": "fs_1",
        "queries": ["ghost"],
        "results": [{"file_id": "file-1", "filename": "hamlet.pdf", "score": 0.8, "text": "Enter ghost"}],
    }
    code = {
        "type": "code_interpreter_call",
        "id": "ci_1",
        "code": "print(1)",
        "outputs": [{"type": "logs", "logs": "1\n"}],
    }
    said = message("A ghost.", {"type": "file_citation", "file_id": "file-1", "filename": "hamlet.pdf", "index": 7})
    tools = {**ASSISTANT, "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}
    script = answers(response("queued")) | {"GET /v1/responses/resp_1": [response("completed", search, code, said)]}
    with scripted(script) as (session, liar):
        polled, _ = run(ResponsesConversation(session, tools, streaming=False))
        [sent] = bodies(liar, CREATE)
        assert sent["background"] is True
        assert sent["include"] == ["file_search_call.results", "code_interpreter_call.outputs"]
    with scripted(answers(streamed(search, code, said))) as (session, liar):
        turn, _ = run(ResponsesConversation(session, tools))
    assert (
        turn.searches
        == polled.searches
        == [Searched(("ghost",), (Hit("file-1", "hamlet.pdf", 0.8, "Enter ghost"),), "fs_1")]
    )
    assert turn.citations == polled.citations == [Citation("file-1", "hamlet.pdf", index=7, score=0.8)]
    assert turn.code == polled.code == [Code("print(1)", "ci_1")]
    assert turn.code_outputs == polled.code_outputs == [CodeOutput("1\n", "ci_1")]
    assert turn.text == polled.text == "A ghost."


def test_a_function_is_answered_and_the_next_response_has_the_result() -> None:
    script = answers(streamed(CALL), streamed(message("All is well."), id="resp_2"))
    with scripted(script) as (session, liar):
        turn, events = run(ResponsesConversation(session, ASSISTANT), answer=answer_one)
        assert turn.calls == [FunctionCalled("call_1", "examine", '{"a": 1}')]
        assert kinds(events).index("FunctionCalled") + 1 == kinds(events).index("FunctionAnswered")
        assert turn.usage.total_tokens == 30
        second = bodies(liar, CREATE)[1]
        assert second["input"] == [{"type": "function_call_output", "call_id": "call_1", "output": "1"}]


def test_a_call_without_an_answer_is_closed_with_the_next_message() -> None:
    script = answers(streamed(CALL), streamed(message("Good."), id="resp_2"))
    with scripted(script) as (session, liar):
        conversation = ResponsesConversation(session, ASSISTANT)
        turn, _ = run(conversation, answer=refuse)
        assert turn.status == "failed"
        assert turn.failure == Failed("nobody answers examine", "needs_action", "give it a handler")
        again, _ = run(conversation, "Never mind")
        assert again.status == "completed"
        assert [each["type"] for each in bodies(liar, CREATE)[1]["input"]] == ["function_call_output", "message"]


def test_a_loop_of_function_calls_ends() -> None:
    calls = [streamed({**CALL, "id": f"fc_{n}", "call_id": f"call_{n}"}, id=f"resp_{n}") for n in range(9)]
    with scripted(answers(*calls)) as (session, liar):
        turn, _ = run(ResponsesConversation(session, ASSISTANT, max_turns=3), answer=answer_one)
        assert turn.status == "failed"
        assert turn.failure is not None
        assert turn.failure.code == "max_turns"
        assert "--max-turns" in str(turn.failure.hint)
        assert len(turn.answers) == 3
        assert len(bodies(liar, CREATE)) == 4


@pytest.mark.parametrize("cut", [True, False])
def test_what_came_before_a_cut_is_in_the_turn(cut: bool) -> None:
    whole = streamed(message("Hel|lo"), cut=True)
    pieces = whole if cut else [whole[0].replace(b"content-length: 1000000", b"connection: close"), *whole[1:]]
    with scripted(answers(pieces)) as (session, _):
        turn, events = run(ResponsesConversation(session, ASSISTANT))
    assert (turn.status, turn.text) == ("cut", "Hello")
    assert turn.failure is not None
    assert turn.failure.code == "stream_cut"
    assert kinds(events)[-2:] == ["Failed", "Ended"]


def test_an_event_that_is_not_json_ends_the_turn_as_a_cut() -> None:
    with scripted(answers([*streamed(message("Hi"), cut=True), b"data: {broken\n\n"])) as (session, _):
        turn, _ = run(ResponsesConversation(session, ASSISTANT))
    assert (turn.status, turn.text) == ("cut", "Hi")


def test_reasons_of_failed_and_incomplete_responses_are_reported() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Too many requests."}
    with scripted(answers(streamed(end="failed", error=error))) as (session, _):
        turn, _ = run(ResponsesConversation(session, ASSISTANT))
    assert (turn.status, turn.failure) == ("failed", Failed("Too many requests.", "rate_limit_exceeded"))
    details: Any = {"incomplete_details": {"reason": "max_output_tokens"}}
    with scripted(answers(streamed(message("Hal"), end="incomplete", **details))) as (session, _):
        turn, _ = run(ResponsesConversation(session, ASSISTANT))
    assert (turn.status, turn.text) == ("incomplete", "Hal")
    assert turn.usage.total_tokens == 15
    with scripted(answers(sse(("error", {"type": "error", "code": "server_error", "message": "Oh."})))) as (session, _):
        turn, _ = run(ResponsesConversation(session, ASSISTANT))
    assert turn.failure == Failed("Oh.", "server_error")


def test_a_refused_request_raises_and_leaves_no_event() -> None:
    refusal = reply(404, {"error": {"message": "The model `gpt-6-luna` does not exist", "code": "model_not_found"}})
    with scripted(answers(refusal)) as (session, _), pytest.raises(NotFound):
        run(ResponsesConversation(session, ASSISTANT))


def test_a_server_that_does_not_stream_is_named() -> None:
    whole = answers(response("completed", message("Hi")))
    with scripted(whole) as (session, _), pytest.raises(Unavailable, match="instead of a stream") as caught:
        run(ResponsesConversation(session, ASSISTANT))
    assert "--poll" in str(caught.value.hint)


def test_actions_that_nobody_can_give_end_the_turn() -> None:
    item = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "delete_all"}
    with scripted(answers(streamed(item))) as (session, _):
        turn, _ = run(ResponsesConversation(session, ASSISTANT))
    assert turn.failure is not None
    assert turn.failure.code == "needs_action"


def test_a_refusal_is_an_event() -> None:
    item = {"type": "message", "id": "msg_1", "content": [{"type": "refusal", "refusal": "I cannot."}]}
    with scripted(answers(streamed(item))) as (session, _):
        turn, events = run(ResponsesConversation(session, ASSISTANT))
    assert Refusal("I cannot.") in events
    assert turn.refusal == "I cannot."


def test_everything_that_was_created_is_deleted_and_the_rest_is_named() -> None:
    script = answers(streamed(message("One.")), streamed(message("Two.", id="msg_2"), id="resp_2"))
    refusal = reply(403, {"error": {"message": "Not yours.", "code": "forbidden"}})
    with scripted(script | {"DELETE /v1/conversations/conv_1": [refusal]}) as (session, liar):
        conversation = ResponsesConversation(session, ASSISTANT)
        run(conversation)
        run(conversation)
        assert [each.id for each in conversation.created()] == ["conv_1", "resp_1", "resp_2"]
        assert [(each.type, each.id) for each in conversation.close()] == [("conversation", "conv_1")]
        assert conversation.close() == []
        assert [each for each in liar.calls() if each.startswith("DELETE")] == [
            "DELETE /v1/responses/resp_2",
            "DELETE /v1/responses/resp_1",
            "DELETE /v1/conversations/conv_1",
        ]


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize(("container", "is_deleted"), [({"type": "auto"}, True), ("cntr_1", False)])
def test_a_container_is_deleted_unless_the_definition_names_it(container: Any, is_deleted: bool, cut: bool) -> None:
    code = {"type": "code_interpreter_call", "id": "ci_1", "code": "print(1)", "container_id": "cntr_1", "outputs": []}
    path = "DELETE /v1/containers/cntr_1"
    begun = sse(
        ("response.created", {"response": response("in_progress")}),
        ("response.output_item.added", {"item": code}),
        cut=True,
    )
    script = answers(begun if cut else streamed(code, message("1"))) | {path: [{"id": "cntr_1", "deleted": True}]}
    with scripted(script) as (session, liar):
        tool = {"type": "code_interpreter", "container": container}
        conversation = ResponsesConversation(session, {**ASSISTANT, "tools": [tool]})
        run(conversation)
        assert conversation.close() == []
        assert (path in liar.calls()) is is_deleted


def test_without_storage_the_history_is_sent_again() -> None:
    script = {CREATE: [streamed(message("One.")), streamed(message("Two.", id="msg_2"), id="resp_2")]}
    with scripted(script) as (session, liar):
        conversation = ResponsesConversation(session, {**ASSISTANT, "store": False})
        run(conversation, "First")
        run(conversation, "Second")
        assert [each.get("role") for each in bodies(liar, CREATE)[1]["input"]] == ["user", "assistant", "user"]
        assert conversation.created() == []


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("gpt-6-luna", True),
        ("o3", True),
        ("ft:o4-mini:acme::abc", True),
        ("gpt-4o", False),
        ("gpt-5-chat-latest", False),
        ("llama-4", False),
    ],
)
def test_without_storage_only_models_that_reason_are_asked_for_their_reasoning(model: str, asked: bool) -> None:
    with scripted(answers(streamed(message("One.")))) as (session, liar):
        run(ResponsesConversation(session, {**ASSISTANT, "model": model, "store": False}))
        [sent] = bodies(liar, CREATE)
    assert sent.get("include", []) == (["reasoning.encrypted_content"] if asked else [])


def test_tables_go_to_the_code_interpreter_and_pdfs_into_the_message() -> None:
    tool: Any = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-0"]}}
    with scripted(answers(streamed(message("Read.")))) as (session, liar):
        files = (Attachment("file-1", "data.CSV"), Attachment("file-2", "a.pdf"), Attachment("file-3", "b.png"))
        conversation = ResponsesConversation(session, {**ASSISTANT, "tools": [tool]})
        turn = Turn()
        for event in conversation.run(Message("Read them", files), refuse):
            turn.add(event)
        [sent] = bodies(liar, CREATE)
    assert sent["tools"][0]["container"]["file_ids"] == ["file-0", "file-1"]
    assert [each["type"] for each in sent["input"][0]["content"]] == ["input_text", "input_file", "input_image"]
    assert tool["container"]["file_ids"] == ["file-0"]


def test_an_interrupted_poll_is_cancelled_at_the_api() -> None:
    script = answers(response("queued")) | {"POST /v1/responses/resp_1/cancel": [response("cancelled")]}

    def interrupt(seconds: float) -> bool:
        raise KeyboardInterrupt

    with scripted(script | {"GET /v1/responses/resp_1": [response("queued")]}) as (session, liar):
        session.rest = interrupt
        turn = Dialogue(ResponsesConversation(session, ASSISTANT, streaming=False)).run(Message("Hi"), refuse)
        assert turn.status == "cancelled"
        assert "POST /v1/responses/resp_1/cancel" in liar.calls()


def test_leftovers_of_a_kept_dialogue_are_named() -> None:
    with scripted(answers(streamed(message("Hi")))) as (session, liar):
        with Dialogue(ResponsesConversation(session, ASSISTANT), keep=True) as dialogue:
            dialogue.run(Message("Hi"), refuse)
        assert dialogue.leftovers == [Leftover("conversation", "conv_1"), Leftover("response", "resp_1")]
        assert not [each for each in liar.calls() if each.startswith("DELETE")]
