"""Runs and turns whose time is over, or whose server has ended, on the endpoints themselves: no clock is waited for."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import QueryParams

from provisioner.emulator.answering.answering import Answering
from provisioner.emulator.answering.plain import PlainModel
from provisioner.emulator.answering.running import RunningTurns
from provisioner.emulator.endpoints import assistants
from provisioner.emulator.endpoints.sessions import history, sessions
from provisioner.emulator.endpoints.sessions.turn_execution import end_interrupted_turns
from provisioner.emulator.endpoints.threads import runs, steps, threads
from provisioner.emulator.endpoints.threads.run_states import LIFETIME, end_interrupted_runs
from provisioner.emulator.faults import Faults
from provisioner.emulator.file_indexing.indexing import Indexing
from provisioner.emulator.messages.request import ApiRequest, Endpoint
from provisioner.emulator.storage.database import Database

EXAMINE = {"type": "function", "function": {"name": "examine"}}


class Account:
    """An account in memory, and the time that its requests have."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self._database = Database(None)
        self._faults = Faults(())
        self._answering = Answering((PlainModel(),), self._faults)
        self.running = RunningTurns()

    def request(self, body: Any = None, **ids: str) -> ApiRequest:
        indexing = Indexing(self._database, 0, self._faults)
        return ApiRequest(self._database, indexing, self.now, self._answering, self.running, ids, QueryParams(), body)

    async def ask(self, endpoint: Endpoint, body: Any = None, **ids: str) -> Any:
        reply = endpoint(self.request(body, **ids))
        return await reply if inspect.isawaitable(reply) else reply

    async def start_run(self, **settings: Any) -> dict[str, str]:
        """The ids of a new run and its thread."""
        assistant = await self.ask(assistants.create, {"model": "gpt-4o", "tools": [EXAMINE]})
        thread = await self.ask(threads.create, {"messages": [{"role": "user", "content": "a"}]})
        run = await self.ask(runs.create, {"assistant_id": assistant["id"], **settings}, thread_id=thread["id"])
        return {"thread_id": thread["id"], "run_id": run["id"]}

    async def state_of(self, ids: dict[str, str]) -> Any:
        """The run in its real state, after an answer that says that it is in progress."""
        await self.ask(runs.retrieve, **ids)
        return await self.ask(runs.retrieve, **ids)


def carry_out(scenario: Callable[[Account], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario(Account())

    asyncio.run(run())


def test_a_run_that_waits_too_long_for_a_function_expires() -> None:
    async def scenario(account: Account) -> None:
        ids = await account.start_run(tool_choice=EXAMINE)
        await asyncio.sleep(0.05)
        begun = await account.state_of(ids)
        assert begun["status"] == "requires_action"
        assert begun["expires_at"] == account.now + LIFETIME
        account.now += LIFETIME - 1
        assert (await account.ask(runs.retrieve, **ids))["status"] == "requires_action"
        account.now += 1
        expired = await account.ask(runs.retrieve, **ids)
        assert (expired["status"], expired["expires_at"], expired["required_action"]) == ("expired", None, None)
        step = (await account.ask(steps.list_all, **ids))["data"][0]
        assert (step["status"], step["expired_at"]) == ("expired", account.now)

    carry_out(scenario)


def test_a_run_of_a_server_that_has_ended_fails() -> None:
    async def scenario(account: Account) -> None:
        ids = await account.start_run()
        await account.running.cancel(ids["run_id"])
        end_interrupted_runs(account.request())
        run = await account.state_of(ids)
        assert (run["status"], run["last_error"]["code"]) == ("failed", "server_error")
        end_interrupted_runs(account.request())

    carry_out(scenario)


def test_a_turn_of_a_server_that_has_ended_fails() -> None:
    async def scenario(account: Account) -> None:
        body = {"agent": {"model": "gpt-6-luna"}, "environment": {"type": "none"}, "input": "a"}
        session = await account.ask(sessions.create, body)
        await account.running.cancel(session["id"])
        end_interrupted_turns(account.request())
        stored = await account.ask(sessions.retrieve, session_id=session["id"])
        turn = (await account.ask(history.list_turns, session_id=session["id"]))["data"][0]
        assert (stored["status"], turn["status"], turn["error"]["code"]) == ("idle", "failed", "server_error")

    carry_out(scenario)
