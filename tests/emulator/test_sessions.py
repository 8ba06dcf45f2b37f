"""Sessions of agents: their events strictly against the SDK's types, and the SDK's own helpers on them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, BadRequestError, ConflictError, NotFoundError, OpenAI
from openai.lib.beta.agents import AgentTurnResultError, function_tool
from openai.types.beta import AgentSession, AgentSessionDeleted, AgentSessionEvent, AgentSessionItem
from openai.types.beta.agents.sessions import Turn
from pydantic import BaseModel, TypeAdapter

from provisioner.emulator.options import Options
from provisioner.emulator.process import start
from tests.emulator.sse import SentEvent, fold, read_events
from tests.emulator.wire import KEY, Wire

SCRIPT = Path(__file__).with_name("sessions.yaml")
FAULTS = (
    "turn *limited* rate_limit_exceeded message='Too many tokens.'",
    "turn *late* expired",
    "turn *shortened* incomplete",
)
EXAMINE: dict[str, Any] = {
    "type": "function",
    "name": "examine",
    "description": "Examines a server.",
    "parameters": {"type": "object", "properties": {"server": {"type": "string"}}},
}
MCP: dict[str, Any] = {
    "type": "mcp",
    "server_label": "library",
    "transport": {"type": "http", "server_url": "https://example.com"},
}
#: Fields that are left out instead of being null.
OPTIONAL = ("obfuscation", "review", "async")
NONE: Any = {"type": "none"}
HOSTED: Any = {"type": "openai_hosted"}
BEGIN = ["turn.created", "turn.item.added", "in_progress", "turn.in_progress"]
MESSAGE = [
    *("turn.item.added", "turn.content_part.added", "turn.output_text.delta", "turn.output_text.done"),
    *("turn.content_part.done", "turn.item.done"),
]
REASONING = [
    *("turn.item.added", "turn.reasoning_summary_part.added", "turn.reasoning_summary_text.delta"),
    *("turn.reasoning_summary_text.done", "turn.reasoning_summary_part.done", "turn.item.done"),
]
READY = ["environment.pending", "environment.ready", "environment.connected"]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with start(Options(script=SCRIPT, fail=FAULTS)) as process:
        yield process.base_url


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=base_url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def agent(client: OpenAI) -> str:
    tools: Any = [EXAMINE, MCP, {"type": "web_search"}]
    return client.beta.agents.create(model="gpt-6-luna", name="server-bot", tools=tools).id


def opened(client: OpenAI, agent: str, text: str = "hello", **more: Any) -> AgentSession:
    """A session whose first turn has ended, or waits."""
    session = client.beta.agents.sessions.create(agent_id=agent, environment=NONE, input=text, **more)
    return settle(client, session.id)


def settle(client: OpenAI, session_id: str) -> AgentSession:
    while (session := client.beta.agents.sessions.retrieve(session_id)).status == "in_progress":
        time.sleep(0.02)
    return session


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("text", "environment", "names"),
    [
        ("hello", NONE, [*BEGIN, *MESSAGE, "turn.completed", "idle"]),
        (
            "table",
            HOSTED,
            [
                *READY,
                *BEGIN,
                *REASONING,
                *("turn.item.added", "agent.output.command_execution_output.delta", "turn.item.done"),
                *MESSAGE,
                *("turn.completed", "idle"),
            ],
        ),
        ("news", NONE, [*BEGIN, *["turn.item.added", "turn.item.done"] * 2, *MESSAGE, "turn.completed", "idle"]),
        ("limited", NONE, [*BEGIN, "error", "turn.failed", "idle"]),
        ("late", NONE, [*BEGIN, "error", "turn.failed", "idle"]),
        ("shortened", NONE, [*BEGIN, *MESSAGE, "error", "turn.failed", "idle"]),
    ],
)
def test_events_of_the_first_turn_fit_the_sdk(
    base_url: str, agent: str, text: str, environment: Any, names: list[str]
) -> None:
    body = {"agent_id": agent, "environment": environment, "input": text, "stream": True}
    events = read_events(Wire(base_url).ask("POST", "/agents/sessions", body).body)
    assert fold([event.name.removeprefix("agent.session.") for event in events]) == ["created", *names]
    for event in events:
        assert_event(event)
    assert len({event.data["event_id"] for event in events}) == len(events)


def assert_event(event: SentEvent) -> None:
    """The name is that in the data, the SDK's type fits strictly, and it has every field except optional padding."""
    assert event.name == event.data["type"]
    parsed: Any = TypeAdapter(AgentSessionEvent).validate_python(event.data, strict=True)
    assert_same(parsed, event.data)


def assert_same(model: BaseModel, value: dict[str, Any]) -> None:
    """Every field of the SDK's type is there, except those that the API leaves out, and no other is."""
    assert without_optional(json.loads(model.model_dump_json(by_alias=True))) == value


def without_optional(value: Any) -> Any:
    if isinstance(value, list):
        return [without_optional(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: each for name, each in value.items() if each is not None or name not in OPTIONAL}
    return {name: without_optional(each) for name, each in kept.items()}


def test_replies_fit_the_sdk(base_url: str, client: OpenAI, agent: str) -> None:
    session = opened(client, agent, "news", metadata={"a": "b"})
    wire, path = Wire(base_url), f"/agents/sessions/{session.id}"
    changed = {"metadata": {"a": "c"}, "agent": {"model": "gpt-6-sol", "reasoning": {"effort": "low"}}}
    body = wire.ask("POST", path, changed).body
    assert_same(AgentSession.model_validate(body, strict=True), body)
    assert (body["agent"]["model"], body["agent"]["reasoning"]["effort"]) == ("gpt-6-sol", "low")
    turns = wire.ask("GET", path + "/turns").body["data"]
    assert_same(Turn.model_validate(turns[0], strict=True), turns[0])
    turn = wire.ask("GET", f"{path}/turns/{turns[0]['id']}").body
    assert turn == turns[0]
    assert turn["usage"] == body["usage"]
    assert turn["usage"]["total_tokens"] == turn["usage"]["input_tokens"] + turn["usage"]["output_tokens"] > 0
    items = wire.ask("GET", path + "/items?order=asc").body["data"]
    assert items == wire.ask("GET", f"{path}/turns/{turn['id']}/items?order=asc").body["data"]
    assert [item["type"] for item in items] == ["message", "web_search_call", "mcp_call", "message"]
    for item in items:
        parsed: Any = TypeAdapter(AgentSessionItem).validate_python(item, strict=True)
        assert_same(parsed, item)
    deleted = wire.ask("DELETE", path).body
    assert_same(AgentSessionDeleted.model_validate(deleted, strict=True), deleted)


def test_sessions_are_found_by_agent_and_metadata(client: OpenAI, agent: str) -> None:
    session = opened(client, agent, metadata={"team": "a b", "x.y": "1"})
    sessions = client.beta.agents.sessions
    assert [each.id for each in sessions.list(agent_id=agent, metadata={"team": "a b", "x.y": "1"})] == [session.id]
    assert not sessions.list(agent_id="agent_none").data
    assert not sessions.list(metadata={"team": "' OR 1 = 1"}).data


def test_the_helper_of_the_sdk_streams_and_answers_functions(client: OpenAI, agent: str) -> None:
    session = opened(client, agent)
    seen: list[Any] = []

    def examine(arguments: dict[str, Any]) -> str:
        seen.append(arguments)
        return "-1, no power"

    with client.beta.agents.sessions.stream(session.id, input="server", tool_handlers={"examine": examine}) as events:
        result = events.get_final_result()
    assert seen == [{"server": "campus"}]
    assert result.output_text == "The result is: -1, no power"
    assert result.turn.status == "completed"
    assert result.turn.usage
    items = client.beta.agents.sessions.turns.items.list(result.turn_id, session_id=session.id, order="asc").data
    assert [item.type for item in items] == ["message", "function_call", "function_call_output", "message"]


def test_a_decorated_function_is_the_tool_of_a_new_session(client: OpenAI) -> None:
    @function_tool
    def examine(server: str) -> dict[str, str]:
        """Examines a server."""
        return {"state": f"{server} works"}

    events = client.beta.agents.sessions.create(
        agent={"model": "gpt-6-luna", "tools": [examine.definition]},
        environment=NONE,
        input="server",
        stream=True,
        tool_handlers={"examine": examine},
    )
    assert events.get_final_result().output_text == 'The result is: {"state":"campus works"}'


def test_an_answer_is_parsed(client: OpenAI) -> None:
    class Weather(BaseModel):
        city: str
        degrees: int

    events = client.beta.agents.sessions.create(
        agent={"model": "gpt-6-luna"}, environment=NONE, input="weather", stream=True, output_type=Weather
    )
    assert events.get_final_result().output_parsed == Weather(city="Elsinore", degrees=3)


def test_the_asynchronous_helper_streams(base_url: str, client: OpenAI, agent: str) -> None:
    session = opened(client, agent)

    async def run() -> str:
        async with AsyncOpenAI(api_key=KEY, base_url=base_url, max_retries=0) as other:
            sessions = other.beta.agents.sessions
            async with sessions.stream(session.id, input="server", tool_handlers={"examine": lambda _: "1"}) as events:
                return (await events.get_final_result()).output_text

    assert asyncio.run(run()) == "The result is: 1"


def test_a_session_waits_for_all_results(client: OpenAI, agent: str) -> None:
    session = opened(client, agent, "both")
    assert session.status == "requires_action"
    actions: Any = session.required_actions
    assert [action.arguments for action in actions] == [{"server": 1}, {"server": 2}]
    create = client.beta.agents.sessions.events.create
    results: list[Any] = [
        {
            "type": "agent.session.input.tool_result",
            "turn_id": action.turn_id,
            "call_id": action.call_id,
            "success": index == 0,
            **({"output": "works"} if index == 0 else {"error": "no power"}),
        }
        for index, action in enumerate(actions)
    ]
    other: Any = {**results[1], "call_id": "call_none"}
    with pytest.raises(BadRequestError, match="Unknown pending tool call: call_none"):
        create(session.id, events=[results[0], other])
    with pytest.raises(ConflictError):
        client.beta.agents.sessions.delete(session.id)
    create(session.id, events=[results[0]])
    assert len(client.beta.agents.sessions.retrieve(session.id).required_actions) == 1
    create(session.id, events=[results[1]])
    assert settle(client, session.id).status == "idle"
    items: Any = client.beta.agents.sessions.items.list(session.id, order="asc").data
    assert [item.status for item in items if item.type == "function_call"] == ["completed", "failed"]
    assert items[-1].content[0].text == "The result is: works\nno power"


def test_an_unanswered_function_ends_the_collection(client: OpenAI, agent: str) -> None:
    session = opened(client, agent)
    with (
        client.beta.agents.sessions.stream(session.id, input="server") as events,
        pytest.raises(AgentTurnResultError) as caught,
    ):
        events.get_final_result()
    assert caught.value.reason == "requires_action"
    client.beta.agents.sessions.events.create(session.id, events=[{"type": "agent.session.input.cancel"}])
    assert settle(client, session.id).status == "idle"
    turn = client.beta.agents.sessions.turns.list(session.id).data[0]
    item: Any = client.beta.agents.sessions.items.list(session.id).data[0]
    assert (turn.status, item.type, item.status) == ("cancelled", "function_call", "incomplete")


def test_a_turn_is_steered_and_cancelled(client: OpenAI, agent: str) -> None:
    session = opened(client, agent)
    create = client.beta.agents.sessions.events.create
    message: Any = {"role": "user", "content": [{"type": "input_text", "text": "be quick"}]}
    names: list[str] = []
    with client.beta.agents.sessions.stream(session.id, input="slow") as events:
        for event in events:
            names.append(event.type.removeprefix("agent.session."))
            if names[-1] == "turn.item.done":
                create(session.id, events=[{"type": "agent.session.input.message", "input": [message]}])
                create(session.id, events=[{"type": "agent.session.input.cancel"}])
    assert names[-3:] == ["turn.item.added", "turn.cancelled", "idle"]


def test_files_that_code_writes_are_artifacts(client: OpenAI, agent: str, tmp_path: Path) -> None:
    sessions = client.beta.agents.sessions
    file = client.files.create(file=("a.txt", b"a"), purpose="user_data")
    environment: Any = {**HOSTED, "files": [{"type": "file_id", "file_id": file.id, "path": "/workspace/a.txt"}]}
    with sessions.create(agent_id=agent, environment=environment, input="table", stream=True) as events:
        result = events.get_final_result()
    artifacts = sessions.artifacts.for_result(result)
    made = artifacts.download("/workspace/outputs/table.csv", to=tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_bytes() == b"name\nAlice\n"
    assert made.size_bytes == 11
    sessions.artifacts.delete(made.id, session_id=result.session_id)
    assert not sessions.artifacts.list(result.session_id).data
    assert not sessions.subagents.list(result.session_id).data


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"environment": NONE, "input": "a"}, "Missing required parameter: 'agent.model'."),
        ({"environment": NONE, "agent": {"model": "gpt-6-luna"}}, "Missing required parameter: 'input'."),
        ({"environment": NONE, "agent_id": "agent_none", "input": "a"}, "No agent found with id 'agent_none'."),
        ({"environment": NONE, "agent": {"model": "gpt-none"}, "input": "a"}, "does not exist"),
        ({"environment": {"type": "other"}, "agent": {"model": "gpt-6-luna"}}, "Invalid value: 'other'."),
        (
            {"environment": {**HOSTED, "environment_template_id": "envtmpl_none"}, "agent": {"model": "gpt-6-luna"}},
            "No environment template found with id 'envtmpl_none'.",
        ),
        (
            {"environment": NONE, "agent": {"model": "gpt-6-luna"}, "input": "a", "stream_options": {}},
            "only allowed when 'stream' is true",
        ),
    ],
)
def test_wrong_sessions_are_refused(base_url: str, body: dict[str, Any], message: str) -> None:
    answer = Wire(base_url).ask("POST", "/agents/sessions", body)
    assert answer.status in (400, 404)
    assert message in answer.body["error"]["message"]


def test_what_does_not_exist_is_refused(client: OpenAI, agent: str) -> None:
    session = opened(client, agent)
    sessions = client.beta.agents.sessions
    for call in (
        lambda: sessions.retrieve("sess_none"),
        lambda: sessions.turns.retrieve("turn_none", session_id=session.id),
        lambda: sessions.artifacts.retrieve("artifact_none", session_id=session.id),
        lambda: sessions.events.create("sess_none", events=[]),
        lambda: sessions.subagents.retrieve("subagent_none", session_id=session.id),
    ):
        with pytest.raises(NotFoundError, match="none"):
            call()
    with pytest.raises(BadRequestError, match="must not be empty"):
        sessions.events.create(session.id, events=[])
