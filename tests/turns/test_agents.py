"""Turns on the target `agents`, against scripted streams: functions, other actions, subagents, cuts, and polls."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.errors import UsageError
from provisioner.engine.running.dialogue import Dialogue
from provisioner.openai_api.turns.agents import SessionConversation
from provisioner.openai_api.turns.events import Code, CodeOutput, FunctionCalled
from provisioner.openai_api.turns.turn import Attachment, Message
from tests.api.liar import http
from tests.turns.api import answer_one, bodies, refuse, run, scripted, sse

SESSIONS = "/v1/agents/sessions"
EVENTS = f"POST {SESSIONS}/sess_1/events"
USAGE = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}


def session_body(status: str = "in_progress", *actions: Any) -> dict[str, Any]:
    return {"id": "sess_1", "object": "agent.session", "status": status, "required_actions": list(actions)}


def at(name: str, turn_id: str = "turn_1", **more: Any) -> Any:
    return f"agent.session.{name}", {
        "type": f"agent.session.{name}",
        "turn_id": turn_id,
        "session_id": "sess_1",
        **more,
    }


def of_session(name: str, *actions: Any) -> Any:
    return at(name, session=session_body(name, *actions))


def begun(turn: str = "turn_1") -> list[Any]:
    return [of_session("created"), at("turn.created", turn, turn={"id": turn, "subagent_id": None})]


def ended(status: str = "completed", turn: str = "turn_1", **more: Any) -> list[Any]:
    body = {"id": turn, "status": status, "usage": USAGE, **more}
    return [at(f"turn.{status}", turn, turn=body), of_session("idle")]


def said(text: str, turn: str = "turn_1", id: str = "msg_1") -> list[Any]:
    item = {"type": "message", "id": id, "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return [at("turn.output_text.delta", turn, item_id=id, delta=text), at("turn.item.done", turn, item=item)]


def action(call: str = "call_1", type: str = "function_call") -> dict[str, Any]:
    return {"type": type, "call_id": call, "name": "examine", "arguments": {"a": 1}, "turn_id": "turn_1"}


def answers(*created: Any, **more: Any) -> dict[str, Any]:
    return {
        f"POST {SESSIONS}": created,
        EVENTS: [http(202)],
        f"DELETE {SESSIONS}/sess_1": [{"id": "sess_1", "object": "agent.session.deleted", "deleted": True}],
        **more,
    }


def test_a_turn_with_a_command_and_a_subagent() -> None:
    command = {"type": "command_execution", "id": "cmd_1", "command": "ls", "output": "a.csv\n"}
    events = [
        *begun(),
        at("turn.item.done", item=command),
        *said("inner words", turn="turn_2", id="msg_2"),
        at("turn.completed", "turn_2", turn={"id": "turn_2", "subagent_id": "sub_1", "status": "completed"}),
        of_session("idle"),
        *said("Hello."),
        *ended(),
    ]
    with scripted(answers(sse(*events))) as (session, liar):
        turn, _ = run(SessionConversation(session, "agent_1", "tmpl_1"))
        [sent] = bodies(liar, f"POST {SESSIONS}")
    assert (turn.status, turn.text) == ("completed", "Hello.")
    assert (turn.code, turn.code_outputs) == ([Code("ls", "cmd_1", "shell")], [CodeOutput("a.csv\n", "cmd_1")])
    assert sent["environment"] == {"type": "openai_hosted", "environment_template_id": "tmpl_1"}
    assert sent["agent_id"] == "agent_1"
    assert turn.usage.total_tokens == 10


def test_functions_are_answered_once_while_the_stream_is_open() -> None:
    asking = of_session("requires_action", action())
    with scripted(answers(sse(*begun(), asking, asking, *said("Fine."), *ended()))) as (session, liar):
        turn, _ = run(SessionConversation(session, "agent_1"), answer=answer_one)
        [sent] = bodies(liar, EVENTS)
    assert turn.calls == [FunctionCalled("call_1", "examine", '{"a": 1}')]
    assert sent["events"] == [
        {
            "type": "agent.session.input.tool_result",
            "turn_id": "turn_1",
            "call_id": "call_1",
            "success": True,
            "output": "1",
        }
    ]
    assert turn.text == "Fine."


def test_another_action_ends_the_turn_and_cancels_it() -> None:
    asking = of_session("requires_action", action(type="mcp_approval_request"))
    with scripted(answers(sse(*begun(), asking))) as (session, liar):
        turn, _ = run(SessionConversation(session, "agent_1"))
        assert bodies(liar, EVENTS)[0]["events"] == [{"type": "agent.session.input.cancel"}]
    assert turn.failure is not None
    assert (turn.status, turn.failure.code) == ("failed", "needs_action")


@pytest.mark.parametrize(
    ("events", "status", "code"),
    [
        (ended("failed", error={"code": "server_overloaded", "message": "Busy."}), "failed", "server_overloaded"),
        ([at("failed", session={**session_body("failed"), "error": "Broken."})], "failed", "session_failed"),
        ([at("environment.failed", environment={"status": "failed"})], "failed", "environment_failed"),
        ([], "cut", "stream_cut"),
    ],
    ids=["turn", "session", "environment", "cut"],
)
def test_the_reason_of_a_turn_that_does_not_complete(events: list[Any], status: str, code: str) -> None:
    with scripted(answers(sse(*begun(), *said("Ha"), *events))) as (session, _):
        turn, _ = run(SessionConversation(session, "agent_1"))
    assert turn.failure is not None
    assert (turn.status, turn.failure.code, turn.text) == (status, code, "Ha")


def test_a_second_turn_subscribes_before_it_sends() -> None:
    second = sse(
        at("turn.created", "turn_2", turn={"id": "turn_2"}), *said("Two.", "turn_2", "m2"), *ended(turn="turn_2")
    )
    script = answers(sse(*begun(), *said("One."), *ended()), **{f"GET {SESSIONS}/sess_1/events": [second]})
    with scripted(script) as (session, liar):
        with Dialogue(SessionConversation(session, "agent_1")) as dialogue:
            dialogue.run(Message("First"), refuse)
            turn = dialogue.run(Message("Second"), refuse)
        assert turn.text == "Two."
        assert liar.calls() == [
            f"POST {SESSIONS}",
            f"GET {SESSIONS}/sess_1/events",
            EVENTS,
            f"DELETE {SESSIONS}/sess_1",
        ]


def test_a_poll_answers_functions_and_reads_the_items() -> None:
    def turns(status: str) -> Any:
        return {"object": "list", "data": [{"id": "turn_1", "status": status, "usage": USAGE}], "has_more": False}

    items = [said("Fine.")[1][1]["item"]]
    more = {
        f"GET {SESSIONS}/sess_1": [session_body(), session_body("requires_action", action()), session_body("idle")],
        f"GET {SESSIONS}/sess_1/turns": [turns("in_progress"), turns("waiting"), turns("completed")],
        f"GET {SESSIONS}/sess_1/turns/turn_1/items": [{"object": "list", "data": items, "has_more": False}],
    }
    with scripted(answers(session_body(), **more)) as (session, _):
        turn, _ = run(SessionConversation(session, "agent_1", streaming=False), answer=answer_one)
    assert (turn.status, turn.text, len(turn.answers)) == ("completed", "Fine.", 1)


def test_files_need_an_environment() -> None:
    message = Message("Read", (Attachment("file-1", "a.csv"),))
    with scripted(answers(sse(*begun(), *said("Ok."), *ended()))) as (session, liar):
        with pytest.raises(UsageError, match="no environment"):
            list(SessionConversation(session, "agent_1").run(message, refuse))
        list(SessionConversation(session, "agent_1", "tmpl_1").run(message, refuse))
        [sent] = bodies(liar, f"POST {SESSIONS}")
    file = {"type": "file_id", "file_id": "file-1", "path": "/workspace/a.csv"}
    assert sent["environment"]["files"] == [file]
