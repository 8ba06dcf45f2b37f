"""Threads and runs, through the SDK's helpers and on the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AssistantEventHandler, AsyncOpenAI, BadRequestError, NotFoundError, OpenAI
from openai.types.beta import AssistantStreamEvent
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from pydantic import BaseModel, TypeAdapter

from provisioner.emulator.options import Options
from provisioner.emulator.process import start
from tests.emulator.sse import SentEvent, fold, read_events
from tests.emulator.test_specification import validator
from tests.emulator.wire import KEY, Wire

SCRIPT = Path(__file__).with_name("threads.yaml")
FAULTS = (
    "turn *limited* rate_limit_exceeded message='Too many tokens.'",
    "turn *timeout* vector_store_timeout",
    "turn *shortened* incomplete",
    "turn *filtered* content_filter",
    "turn *late* expired",
)
EXAMINE = {"type": "function", "function": {"name": "examine"}}
TOOLS: list[Any] = [{"type": "code_interpreter"}, {"type": "file_search"}, EXAMINE]
MODELS: dict[str, type[BaseModel]] = {"thread.run": Run, "thread.run.step": RunStep, "thread.message": Message}

MESSAGE = [
    *("thread.run.step.created", "thread.run.step.in_progress"),
    *("thread.message.created", "thread.message.in_progress", "thread.message.delta", "thread.message.completed"),
    "thread.run.step.completed",
]
CALL = ["thread.run.step.created", "thread.run.step.in_progress", "thread.run.step.delta"]
BEGIN = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
END = ["thread.run.completed", "done"]


#: The SDK warns that OpenAI has shut the API down.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with start(Options(script=SCRIPT, fail=FAULTS)) as process:
        yield process.base_url


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=base_url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def assistant(client: OpenAI) -> str:
    file = client.files.create(
        file=("hamlet.md", b"Hamlet: To be, or not to be, that is the question."), purpose="assistants"
    )
    store = client.vector_stores.create(name="plays", file_ids=[file.id])
    resources: Any = {"file_search": {"vector_store_ids": [store.id]}}
    return client.beta.assistants.create(model="gpt-4o", tools=TOOLS, tool_resources=resources).id


def ask(client: OpenAI, text: str) -> str:
    return client.beta.threads.create(messages=[{"role": "user", "content": text}]).id


def stream(base_url: str, client: OpenAI, assistant: str, text: str, **more: Any) -> list[SentEvent]:
    body = {"assistant_id": assistant, "stream": True, **more}
    return read_events(Wire(base_url).ask("POST", f"/threads/{ask(client, text)}/runs", body).body)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("anything", [*BEGIN, *MESSAGE, *END]),
        ("plot", [*BEGIN, *CALL, "thread.run.step.completed", *MESSAGE, *END]),
        ("Hamlet", [*BEGIN, *CALL, "thread.run.step.completed", *MESSAGE, *END]),
        ("both", [*BEGIN, *MESSAGE, *CALL, "thread.run.requires_action", "done"]),
        ("limited", [*BEGIN, "thread.run.failed", "done"]),
        ("late", [*BEGIN, "thread.run.expired", "done"]),
        (
            "shortened",
            [*BEGIN, *MESSAGE[:5], "thread.message.incomplete", *MESSAGE[6:], "thread.run.incomplete", "done"],
        ),
        ("secret", [*BEGIN, *MESSAGE, *END]),
    ],
)
def test_events_have_the_order_and_form_of_the_specification(
    base_url: str, client: OpenAI, assistant: str, text: str, names: list[str]
) -> None:
    events = stream(base_url, client, assistant, text)
    assert fold([event.name for event in events]) == names
    assert events[-1] == ("done", "[DONE]")
    schema = validator({"$ref": "#/components/schemas/AssistantStreamEvent"})
    for event in events[:-1]:
        assert not [error.message for error in schema.iter_errors({"event": event.name, "data": event.data})]
        parsed: Any = TypeAdapter(AssistantStreamEvent).validate_python({"event": event.name, "data": event.data})
        assert parsed.event == event.name
        model = MODELS.get(event.data["object"])
        if model is not None:
            model.model_validate(event.data, strict=True)


class Notes(AssistantEventHandler):
    """Notes what the SDK calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.texts: list[str] = []

    def on_text_done(self, text: Any) -> None:
        self.calls.append("text")
        self.texts.append(text.value)

    def on_tool_call_done(self, tool_call: Any) -> None:
        self.calls.append(tool_call.type)

    def on_image_file_done(self, image_file: Any) -> None:
        self.calls.append("image")

    def on_message_done(self, message: Any) -> None:
        self.calls.append("message")

    def on_end(self) -> None:
        self.calls.append("end")


def test_the_snapshots_of_the_sdk_are_what_is_stored(client: OpenAI, assistant: str) -> None:
    thread = ask(client, "plot")
    notes = Notes()
    with client.beta.threads.runs.stream(thread_id=thread, assistant_id=assistant, event_handler=notes) as events:
        run = events.get_final_run()
        messages, steps = events.get_final_messages(), events.get_final_run_steps()
    assert notes.calls == [
        "code_interpreter",
        "image",
        "text",
        "message",
        "code_interpreter",
        "code_interpreter",
        "end",
    ]
    stored = client.beta.threads.messages.list(thread).data[0]
    assert [message.content for message in messages] == [stored.content]
    code: Any = steps[0].step_details
    kept: Any = client.beta.threads.runs.steps.list(run.id, thread_id=thread, order="asc").data[0].step_details
    assert code.tool_calls[0].code_interpreter.input == kept.tool_calls[0].code_interpreter.input
    assert code.tool_calls[0].code_interpreter.outputs[0].logs == kept.tool_calls[0].code_interpreter.outputs[0].logs
    text: Any = stored.content[1]
    link = text.text.annotations[0]
    assert text.text.value[link.start_index : link.end_index] == link.text
    assert link.text == "sandbox:/mnt/data/a.png"
    assert client.files.content(link.file_path.file_id).read() == b"not really an image"


def test_citations_are_marked_in_the_text(client: OpenAI, assistant: str) -> None:
    thread = ask(client, "Hamlet")
    run = client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    content: Any = client.beta.threads.messages.list(thread).data[0].content[0]
    notes = content.text.annotations
    assert [content.text.value[note.start_index : note.end_index] for note in notes] == [note.text for note in notes]
    assert {note.type for note in notes} == {"file_citation"}
    include: Any = ["step_details.tool_calls[*].file_search.results[*].content"]
    steps = client.beta.threads.runs.steps
    plain: Any = steps.list(run.id, thread_id=thread, order="asc").data[0].step_details
    full: Any = steps.list(run.id, thread_id=thread, order="asc", include=include).data[0].step_details
    assert plain.tool_calls[0].file_search.results[0].content is None
    found = full.tool_calls[0].file_search.results[0]
    assert found.file_id == notes[0].file_citation.file_id
    assert "that is the question" in found.content[0].text


@pytest.mark.parametrize("streaming", [False, True])
def test_functions_are_answered_and_the_usage_adds_up(client: OpenAI, assistant: str, *, streaming: bool) -> None:
    thread = ask(client, "both")
    runs = client.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert run.status == "requires_action"
    assert run.required_action
    calls = run.required_action.submit_tool_outputs.tool_calls
    assert [call.function.arguments for call in calls] == ['{"server": 1}', '{"server": 2}']
    with pytest.raises(BadRequestError, match="Expected tool outputs for call_ids"):
        runs.submit_tool_outputs(run.id, thread_id=thread, tool_outputs=[{"tool_call_id": calls[0].id, "output": "1"}])
    outputs: Any = [{"tool_call_id": call.id, "output": str(index)} for index, call in enumerate(calls)]
    if streaming:
        notes = Notes()
        with runs.submit_tool_outputs_stream(
            thread_id=thread, run_id=run.id, tool_outputs=outputs, event_handler=notes
        ) as events:
            run = events.get_final_run()
        assert notes.texts == ["The results are: 0\n1"]
    else:
        run = runs.submit_tool_outputs_and_poll(thread_id=thread, run_id=run.id, tool_outputs=outputs)
    assert run.status == "completed"
    assert run.usage
    steps = runs.steps.list(run.id, thread_id=thread).data
    assert [step.type for step in steps] == ["message_creation", "tool_calls", "message_creation"]
    for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert getattr(run.usage, name) == sum(getattr(step.usage, name) for step in steps)
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens > 0
    details: Any = steps[1].step_details
    assert [call.function.output for call in details.tool_calls] == ["0", "1"]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("text", "status", "error", "details"),
    [
        ("limited", "failed", "rate_limit_exceeded", None),
        ("timeout", "failed", "server_error", None),
        ("late", "expired", None, None),
        ("shortened", "incomplete", None, "max_completion_tokens"),
        ("filtered", "incomplete", None, None),
    ],
)
def test_runs_fail_on_request(
    client: OpenAI, assistant: str, text: str, status: str, error: str | None, details: str | None
) -> None:
    thread: Any = {"messages": [{"role": "user", "content": text}]}
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant, thread=thread)
    assert run.status == status
    assert (run.last_error.code if run.last_error else None) == error
    assert (run.incomplete_details.reason if run.incomplete_details else None) == details
    assert run.expires_at is None
    reasons = {"shortened": "max_tokens", "filtered": "content_filter"}
    message = client.beta.threads.messages.list(run.thread_id).data[0]
    assert (message.incomplete_details.reason if message.incomplete_details else None) == reasons.get(text)


def test_limits_of_tokens_end_a_run(client: OpenAI, assistant: str) -> None:
    runs = client.beta.threads.runs
    thread = ask(client, "Hamlet " * 3_000)
    run = runs.create_and_poll(thread_id=thread, assistant_id=assistant, max_prompt_tokens=256)
    assert run.status == "incomplete"
    assert run.incomplete_details
    assert run.incomplete_details.reason == "max_prompt_tokens"
    thread = ask(client, "old " * 3_000)
    client.beta.threads.messages.create(thread, role="user", content="short")
    run = runs.create_and_poll(thread_id=thread, assistant_id=assistant, max_prompt_tokens=300)
    assert run.status == "completed"
    assert run.usage
    assert run.usage.prompt_tokens <= 300
    with pytest.raises(BadRequestError, match="Expected a value >= 256"):
        runs.create(thread_id=thread, assistant_id=assistant, max_completion_tokens=10)


def test_a_run_is_cancelled_in_the_middle(client: OpenAI, assistant: str) -> None:
    thread = ask(client, "slow")
    runs = client.beta.threads.runs
    names = []
    events: Any = runs.create(thread_id=thread, assistant_id=assistant, stream=True)
    for event in events:
        names.append(event.event)
        if event.event == "thread.message.delta" and event.data.delta.content[0].text.value == " begin.":
            run = runs.list(thread).data[0]
            with pytest.raises(BadRequestError, match=f"while a run {run.id} is active"):
                client.beta.threads.messages.create(thread, role="user", content="more")
            with pytest.raises(BadRequestError, match=f"already has an active run {run.id}"):
                runs.create(thread_id=thread, assistant_id=assistant)
            assert runs.cancel(run.id, thread_id=thread).status == "cancelling"
    assert names[-3:] == ["thread.message.incomplete", "thread.run.step.cancelled", "thread.run.cancelled"]
    message: Any = client.beta.threads.messages.list(thread).data[0]
    assert message.incomplete_details.reason == "run_cancelled"
    assert message.content[0].text.value == "I begin."
    assert runs.retrieve(run.id, thread_id=thread).status == "cancelled"
    with pytest.raises(BadRequestError, match="Cannot cancel run with status 'cancelled'"):
        runs.cancel(run.id, thread_id=thread)


def test_a_run_goes_on_when_its_client_leaves(client: OpenAI, assistant: str) -> None:
    thread = ask(client, "anything")
    runs = client.beta.threads.runs
    with runs.create(thread_id=thread, assistant_id=assistant, stream=True) as events:
        next(iter(events))
    run = runs.list(thread).data[0]
    while run.status in ("queued", "in_progress"):
        time.sleep(0.02)
        run = runs.retrieve(run.id, thread_id=thread)
    assert run.status == "completed"


def test_the_asynchronous_client_streams(base_url: str, client: OpenAI, assistant: str) -> None:
    async def run() -> str:
        async with AsyncOpenAI(api_key=KEY, base_url=base_url, max_retries=0) as other:
            runs = other.beta.threads.runs
            async with runs.stream(thread_id=ask(client, "anything"), assistant_id=assistant) as events:
                return "".join([piece async for piece in events.text_deltas])

    assert "anything" in asyncio.run(run())


def test_attachments_belong_to_the_thread(client: OpenAI) -> None:
    file = client.files.create(file=("notes.md", b"Elsinore is a castle."), purpose="assistants")
    tools: Any = [{"type": "code_interpreter"}, {"type": "file_search"}]
    message: Any = {"role": "user", "content": "?", "attachments": [{"file_id": file.id, "tools": tools}]}
    thread = client.beta.threads.create(messages=[message])
    resources = thread.tool_resources
    assert resources
    assert resources.code_interpreter
    assert resources.file_search
    assert resources.file_search.vector_store_ids
    assert resources.code_interpreter.file_ids == [file.id]
    store = client.vector_stores.retrieve(resources.file_search.vector_store_ids[0])
    assert store.file_counts.total == 1
    assert store.expires_after
    assert store.expires_after.days == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assistant_id": "asst_none"}, "No assistant found with id 'asst_none'."),
        ({"model": "gpt-none"}, "does not exist"),
        ({"temperature": 3}, "Expected a value <= 2"),
        ({"tool_choice": {"type": "function", "function": {"name": "other"}}}, "the run has no tool 'other'"),
        ({"truncation_strategy": {"type": "last_messages"}}, "must be given"),
        ({"additional_messages": [{"role": "user", "content": ""}]}, "Message content must be non-empty."),
        ({"nome": "a"}, "Unknown parameter: 'nome'."),
        ({"stream": "yes"}, "Invalid type for 'stream'"),
    ],
)
def test_wrong_runs_are_refused_and_leave_nothing(
    base_url: str, client: OpenAI, assistant: str, change: dict[str, Any], message: str
) -> None:
    thread = ask(client, "anything")
    answer = Wire(base_url).ask("POST", f"/threads/{thread}/runs", {"assistant_id": assistant, **change})
    assert answer.status in (400, 404)
    assert message in answer.body["error"]["message"]
    assert not client.beta.threads.runs.list(thread).data
    assert len(client.beta.threads.messages.list(thread).data) == 1


def test_what_does_not_exist_is_refused(client: OpenAI) -> None:
    threads = client.beta.threads
    thread = ask(client, "anything")
    for call in (
        lambda: threads.retrieve("thread_none"),
        lambda: threads.messages.retrieve("msg_none", thread_id=thread),
        lambda: threads.runs.retrieve("run_none", thread_id=thread),
        lambda: threads.runs.steps.list("run_none", thread_id=thread),
        lambda: threads.messages.create("thread_none", role="user", content="a"),
    ):
        with pytest.raises(NotFoundError, match="none"):
            call()
    assert threads.delete(thread).deleted
    with pytest.raises(NotFoundError, match=f"No thread found with id '{thread}'"):
        threads.messages.list(thread)
