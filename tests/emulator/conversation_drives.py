"""Every endpoint for threads and for sessions of agents once, through the SDK."""

from __future__ import annotations

import time
from typing import Any

from openai import OpenAI

FUNCTION: Any = {"type": "function", "function": {"name": "examine_server"}}
AGENT_FUNCTION: Any = {
    "type": "function",
    "name": "examine_server",
    "description": "Examines the server.",
    "parameters": {"type": "object", "properties": {}},
}
ASKED = "서버"


def drive_threads(api: OpenAI) -> None:
    threads = api.beta.threads
    assistant = api.beta.assistants.create(model="gpt-4o", tools=[FUNCTION])
    thread = threads.create()
    assert threads.update(thread.id, metadata={"a": "b"}) == threads.retrieve(thread.id)
    message = threads.messages.create(thread.id, role="user", content=ASKED)
    changed = threads.messages.update(message.id, thread_id=thread.id, metadata={"a": "b"})
    assert changed == threads.messages.retrieve(message.id, thread_id=thread.id)
    run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.required_action
    outputs: Any = [
        {"tool_call_id": call.id, "output": "1"} for call in run.required_action.submit_tool_outputs.tool_calls
    ]
    run = threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    assert run.status == "completed"
    assert threads.runs.update(run.id, thread_id=thread.id, metadata={"a": "b"}).metadata == {"a": "b"}
    step = threads.runs.steps.list(run.id, thread_id=thread.id).data[0]
    assert step == threads.runs.steps.retrieve(step.id, thread_id=thread.id, run_id=run.id)
    assert [each.role for each in threads.messages.list(thread.id)] == ["assistant", "assistant", "user"]
    assert threads.messages.delete(message.id, thread_id=thread.id).deleted
    started: Any = {"messages": [{"role": "user", "content": ASKED}]}
    other = threads.create_and_run_poll(assistant_id=assistant.id, thread=started)
    assert threads.runs.cancel(other.id, thread_id=other.thread_id).status == "cancelling"
    assert threads.runs.list(other.thread_id).data[0].status == "cancelled"
    assert threads.delete(thread.id).deleted


def drive_sessions(api: OpenAI) -> None:
    agent = api.beta.agents.create(model="gpt-6-luna", tools=[AGENT_FUNCTION])
    sessions = api.beta.agents.sessions
    session = sessions.create(agent_id=agent.id, environment={"type": "none"}, input="anything")
    while sessions.retrieve(session.id).status != "idle":
        time.sleep(0.02)
    with sessions.stream(session.id, input=ASKED, tool_handlers={"examine_server": lambda _: "1"}) as events:
        turn = events.get_final_result().turn
    assert sessions.turns.retrieve(turn.id, session_id=session.id) == sessions.turns.list(session.id).data[0]
    assert sessions.turns.items.list(turn.id, session_id=session.id).data[0] == sessions.items.list(session.id).data[0]
    assert not sessions.subagents.list(session.id).data
    assert not sessions.artifacts.list(session.id).data
    assert not sessions.traces.list(session.id).data
    assert sessions.update(session.id, metadata={"a": "b"}).metadata == {"a": "b"}
    assert session.id in [each.id for each in sessions.list(agent_id=agent.id)]
    assert sessions.delete(session.id).deleted
