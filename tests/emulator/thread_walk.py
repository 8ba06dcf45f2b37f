"""Every operation on threads once, for the comparison with the specification."""

from __future__ import annotations

from typing import Any, Protocol

MESSAGES, RUNS = "/threads/{thread_id}/messages", "/threads/{thread_id}/runs"


class Ask(Protocol):
    """Sends a request, and returns the body of its answer."""

    def __call__(self, operation: str, body: Any = None, query: str = "", **ids: str) -> Any: ...

    def upload(self, name: str = "note.txt", data: bytes = b"text", **fields: str) -> str: ...


def walk_threads(ask: Ask) -> None:
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


def walk_run(ask: Ask, thread: str, assistant: str) -> None:
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


def wait_for_run(ask: Ask, **ids: str) -> Any:
    while (run := ask("GET " + RUNS + "/{run_id}", **ids))["status"] in ("queued", "in_progress", "cancelling"):
        continue
    return run
