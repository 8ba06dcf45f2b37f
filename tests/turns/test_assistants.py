"""Turns on the target `assistants`, against scripted streams: cuts, reasons, and what is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.engine.running.dialogue import Dialogue
from provisioner.openai_api.turns.assistants import ThreadConversation
from provisioner.openai_api.turns.events import Citation, Code, CodeOutput, FunctionCalled, Started
from provisioner.openai_api.turns.turn import Attachment, Cancelled, Message
from tests.turns.api import answer_one, bodies, refuse, run, scripted, sse

THREAD = {"id": "thread_1", "object": "thread"}
RUNS = "/v1/threads/thread_1/runs"
SUBMIT = f"POST {RUNS}/run_1/submit_tool_outputs"


def run_body(status: str, **more: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return {"id": "run_1", "object": "thread.run", "status": status, "usage": usage, **more}


def said(text: str, *annotations: Any) -> Any:
    content = [{"type": "text", "text": {"value": text, "annotations": list(annotations)}}]
    return "thread.message.completed", {"id": "msg_1", "object": "thread.message", "content": content}


def delta(text: str) -> Any:
    content = [{"index": 0, "type": "text", "text": {"value": text}}]
    return "thread.message.delta", {"id": "msg_1", "delta": {"content": content}}


def step(*calls: Any) -> Any:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    return "thread.run.step.completed", {"id": "step_1", "status": "completed", "step_details": details}


def state(status: str, **more: Any) -> Any:
    return f"thread.run.{status}", run_body(status, **more)


def needs(name: str = "examine") -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return {"required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}}


def answers(*created: Any, **more: Any) -> dict[str, Any]:
    return {
        "POST /v1/threads": [THREAD],
        "GET /v1/threads/thread_1": [THREAD],
        "POST /v1/threads/thread_1/messages": [{"id": "msg_0", "object": "thread.message"}],
        f"POST {RUNS}": created,
        f"POST {RUNS}/run_1/cancel": [run_body("cancelling")],
        f"GET {RUNS}/run_1": [run_body("cancelled")],
        "DELETE /v1/threads/thread_1": [{"id": "thread_1", "object": "thread.deleted", "deleted": True}],
        **more,
    }


def stream(*events: Any, cut: bool = False) -> list[bytes]:
    return [*sse(state("created"), *events, cut=cut), *([] if cut else [b"event: done\ndata: [DONE]\n\n"])]


def test_code_searches_and_citations_are_events() -> None:
    code = {
        "input": "print(1)",
        "outputs": [{"type": "logs", "logs": "1"}, {"type": "image", "image": {"file_id": "f"}}],
    }
    hit = {"file_id": "file-1", "file_name": "hamlet.pdf", "score": 0.7, "content": [{"type": "text", "text": "Ghost"}]}
    cited = {"type": "file_citation", "text": "【1】", "start_index": 3, "file_citation": {"file_id": "file-1"}}
    events = stream(
        step({"id": "c1", "type": "code_interpreter", "code_interpreter": code}),
        step({"id": "c2", "type": "file_search", "file_search": {"results": [hit]}}),
        delta("Boo"),
        said("Boo", cited),
        state("completed"),
    )
    with scripted(answers(events)) as (session, liar):
        turn, found = run(ThreadConversation(session, "asst_1", name_of=lambda id: "hamlet.pdf"))
        assert bodies(liar, f"POST {RUNS}")[0]["assistant_id"] == "asst_1"
    assert found[0] == Started("run_1", "thread_1")
    assert turn.text == "Boo"
    assert turn.code == [Code("print(1)", "c1")]
    assert turn.code_outputs == [CodeOutput("1", "c1", ("f",))]
    assert turn.citations == [Citation("file-1", "hamlet.pdf", index=3, score=0.7)]
    assert turn.searches[0].hits[0].text == "Ghost"
    assert turn.usage.total_tokens == 10


def test_functions_are_answered_in_the_same_run() -> None:
    events = stream(state("requires_action", **needs()))
    with scripted(answers(events, **{SUBMIT: [stream(said("Fine."), state("completed"))]})) as (session, liar):
        turn, _ = run(ThreadConversation(session, "asst_1"), answer=answer_one)
        assert turn.calls == [FunctionCalled("call_1", "examine", "{}")]
        assert bodies(liar, SUBMIT)[0]["tool_outputs"] == [{"tool_call_id": "call_1", "output": "1"}]
    assert (turn.status, turn.text) == ("completed", "Fine.")


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (
            state("failed", last_error={"code": "rate_limit_exceeded", "message": "Slow."}),
            "failed",
            "rate_limit_exceeded",
        ),
        (state("expired"), "expired", "expired"),
        (state("incomplete", incomplete_details={"reason": "max_prompt_tokens"}), "incomplete", "max_prompt_tokens"),
        (("error", {"code": "server_error", "message": "Oh."}), "failed", "server_error"),
    ],
    ids=["failed", "expired", "incomplete", "error"],
)
def test_the_reason_of_a_run_that_does_not_complete(event: Any, status: str, code: str) -> None:
    with scripted(answers(stream(delta("Ha"), event))) as (session, _):
        turn, _ = run(ThreadConversation(session, "asst_1"))
    assert (turn.status, turn.text) == (status, "Ha")
    assert turn.failure is not None
    assert turn.failure.code == code


def test_a_cut_stream_keeps_its_text_and_cancels_the_run() -> None:
    with scripted(answers(stream(delta("Ha"), cut=True))) as (session, liar):
        turn, _ = run(ThreadConversation(session, "asst_1"))
        assert f"POST {RUNS}/run_1/cancel" in liar.calls()
    assert (turn.status, turn.text) == ("cut", "Ha")


@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled])
def test_an_interrupted_function_cancels_the_run(error: type[BaseException]) -> None:
    def interrupt(call: FunctionCalled) -> Any:
        raise error

    with scripted(answers(stream(state("requires_action", **needs())))) as (session, liar):
        with Dialogue(ThreadConversation(session, "asst_1")) as dialogue:
            turn = dialogue.run(Message("Hi"), interrupt)
        assert turn.status == "cancelled"
        assert dialogue.leftovers == []
        assert liar.calls()[-3:] == [
            f"POST {RUNS}/run_1/cancel",
            f"GET {RUNS}/run_1",
            "DELETE /v1/threads/thread_1",
        ]


def test_a_poll_reads_steps_and_messages() -> None:
    made = {"type": "message_creation", "message_creation": {"message_id": "msg_1"}}
    steps = [step({"id": "c1", "type": "code_interpreter", "code_interpreter": {"input": "1"}})[1]]
    steps.append({"id": "step_2", "status": "completed", "step_details": made})
    more = {
        f"GET {RUNS}/run_1": [run_body("in_progress"), run_body("completed")],
        f"GET {RUNS}/run_1/steps": [{"object": "list", "data": steps, "has_more": False}],
        "GET /v1/threads/thread_1/messages/msg_1": [said("Done.")[1]],
    }
    with scripted(answers(run_body("queued"), **more)) as (session, _):
        turn, _ = run(ThreadConversation(session, "asst_1", streaming=False))
    assert (turn.status, turn.text, turn.code) == ("completed", "Done.", [Code("1", "c1")])


def test_attached_files_get_the_tools_that_read_them() -> None:
    files = (Attachment("file-1", "a.csv"), Attachment("file-2", "a.pdf"), Attachment("file-3", "a.png"))
    tools = frozenset({"code_interpreter", "file_search"})
    store = {**THREAD, "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}}
    script = answers(stream(said("Ok."), state("completed")), **{"GET /v1/threads/thread_1": [store]})
    with scripted(script) as (session, liar):
        conversation = ThreadConversation(session, "asst_1", tools)
        list(conversation.run(Message("Read", files), refuse))
        [sent] = bodies(liar, "POST /v1/threads/thread_1/messages")
        # The server refuses to delete the store that it made for the file, which is named then.
        assert [(each.type, each.id) for each in conversation.close()] == []
        assert "DELETE /v1/vector_stores/vs_1" in liar.calls()
    assert sent["attachments"] == [
        {"file_id": "file-1", "tools": [{"type": "code_interpreter"}]},
        {"file_id": "file-2", "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]},
    ]
    assert sent["content"][1] == {"type": "image_file", "image_file": {"file_id": "file-3"}}


WRITTEN = {"id": "file-w", "object": "file", "purpose": "assistants_output", "filename": "/mnt/data/out.csv"}
LINKED = {"id": "file-l", "object": "file", "purpose": "assistants", "filename": "in.csv"}


def written_files() -> list[bytes]:
    image = {"input": "plot()", "outputs": [{"type": "image", "image": {"file_id": "file-i"}}]}
    links = [
        {"type": "file_path", "text": f"sandbox:/mnt/data/{name}", "start_index": 0, "file_path": {"file_id": id}}
        for id, name in (("file-w", "out.csv"), ("file-l", "in.csv"))
    ]
    code = step({"id": "c1", "type": "code_interpreter", "code_interpreter": image})
    return stream(code, said("See out.csv", *links), state("completed"))


def test_files_that_code_wrote_are_deleted_and_linked_files_stay() -> None:
    more = {
        "GET /v1/files/file-w": [WRITTEN],
        "GET /v1/files/file-l": [LINKED],
        "GET /v1/files/file-i": [{**WRITTEN, "id": "file-i"}],
        "DELETE /v1/files/file-w": [{"id": "file-w", "object": "file", "deleted": True}],
    }
    with scripted(answers(written_files(), **more)) as (session, liar):
        conversation = ThreadConversation(session, "asst_1")
        run(conversation)
        assert {each.id for each in conversation.created()} >= {"thread_1", "file-w", "file-i"}
        left = conversation.close()
        deleted = [each.path for each in liar.asked if each.method == "DELETE"]
    assert left == []
    assert {"/v1/files/file-w", "/v1/files/file-i", "/v1/threads/thread_1"} == set(deleted)


def test_a_link_to_a_written_file_has_its_name() -> None:
    with scripted(answers(written_files())) as (session, _):
        turn, _ = run(ThreadConversation(session, "asst_1"))
    assert [each.filename for each in turn.citations] == ["out.csv", "in.csv"]
