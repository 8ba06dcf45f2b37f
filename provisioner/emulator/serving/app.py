"""Responds to requests to the emulator. The steps for each request are, in this order: host and origin, faults, key,
rate limit (`--rate-limit`), path, beta header, body, OpenAI's rate limits (`--rate-limits`), endpoint.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from provisioner.core.errors import UsageError
from provisioner.core.files.named import append_named
from provisioner.core.text.safetext import log
from provisioner.emulator.answering.opening import open_answering
from provisioner.emulator.answering.running import RunningTurns
from provisioner.emulator.endpoints import files, stores
from provisioner.emulator.endpoints.responses.endpoints import end_interrupted
from provisioner.emulator.endpoints.routes import find_endpoint
from provisioner.emulator.endpoints.sessions.turn_execution import end_interrupted_turns
from provisioner.emulator.endpoints.threads.run_states import end_interrupted_runs
from provisioner.emulator.faults import Fault, Faults
from provisioner.emulator.file_indexing.indexing import Indexing
from provisioner.emulator.messages.access import RateLimit, check_beta, check_key, check_origin
from provisioner.emulator.messages.event_stream import EventStream, StreamedResponse
from provisioner.emulator.messages.refusal import Refusal, no_such_url
from provisioner.emulator.messages.request import ApiRequest, Content
from provisioner.emulator.messages.response import Response, answer_content, answer_json, answer_refusal
from provisioner.emulator.options import Options
from provisioner.emulator.serving.body import read_body
from provisioner.emulator.serving.delays import Delays
from provisioner.emulator.serving.rate_limits import RateLimits
from provisioner.emulator.storage.database import Database

POLL_AFTER_MS = "50"


class Application:
    """Implements the ASGI application for one account. Endpoints run in the thread of the event loop. Only one endpoint
    runs at a time, except while an endpoint waits for a model or for code.
    """

    def __init__(self, options: Options, database: Database, faults: Faults) -> None:
        """Opens the log file that `options` names, and prepares the indexing of files. Raises UsageError if the log
        file cannot be written, or if the script or the URL of the upstream server cannot be used.
        """
        self._options = options
        self._database = database
        self._faults = faults
        self._indexing = Indexing(database, options.indexing_ms, faults)
        self._answering = open_answering(options, faults)
        self._running = RunningTurns()
        self._rate = RateLimit(options.rate_limit)
        self._rate_limits = RateLimits(options.rate_limits, time.monotonic())
        self._delays = Delays(options.latency_ms)
        self._log = _open_log(options.log) if options.log else None
        self._expired_at = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Responds to one HTTP request, or handles the start or the end of the server. The parameters are those of an
        ASGI application.
        """
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._answer(Request(scope, receive), receive, send)
            except ClientDisconnect:
                return  # The client has closed the connection.

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._indexing.resume()
        call = self._call({}, QueryParams(), None)
        end_interrupted(call)
        end_interrupted_runs(call)
        end_interrupted_turns(call)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            check_origin(request.headers, request.scope["server"][1])
        except Refusal as refusal:
            self._note(request, refusal.status)
            await answer_refusal(refusal).send(send)
            return
        if self._options.latency_ms:
            await asyncio.sleep(self._delays.draw())
        path = request.scope["path"].removeprefix("/v1")
        fault = self._faults.of_request(request.method, path)
        effect = fault.effect if fault else ""
        if effect in ("hang", "drop-before"):
            self._note(request, 0)
            await _leave(request, receive, abort=effect != "hang")
            return
        answer = await self._carry_out(request, receive, path, fault)
        self._note(request, 0 if effect == "drop-after" else answer.status)
        if effect == "drop-after":
            if isinstance(answer, StreamedResponse):
                await answer.carry_out()
            await _leave(request, receive, abort=True)
        elif effect == "half":
            await answer.send(send, half=True)
            await _leave(request, receive, abort=False, close=True)
        else:
            await answer.send(send)

    async def _carry_out(
        self, request: Request, receive: Receive, path: str, fault: Fault | None
    ) -> Response | StreamedResponse:
        limits: dict[str, str] = {}
        try:
            if fault and fault.effect.isdigit():
                raise _refusal_of(fault, request)
            check_key(request.headers)
            self._rate.check(time.monotonic())
            found = find_endpoint(request.method, path) if request.scope["path"].startswith("/v1/") else None
            if found is None:
                raise no_such_url(request.method, request.scope["path"])
            check_beta(path, request.headers)
            endpoint, ids = found
            body = await read_body(request, endpoint)
            limits = self._rate_limits.take(request.method, path, body, time.monotonic())
            call = self._call(ids, request.query_params, body)
            self._expire(call)
            reply = endpoint(call)
            if inspect.isawaitable(reply):
                reply = await reply
        except Refusal as refusal:
            refusal.headers = limits | refusal.headers
            return answer_refusal(refusal)
        except ClientDisconnect:
            raise
        except Exception as error:
            sys.stderr.write(log(traceback.format_exc()))
            return answer_refusal(Refusal(500, f"The emulator itself failed: {error!r}", kind="server_error"))
        if isinstance(reply, EventStream):
            return StreamedResponse(reply, receive, self._options.pace_ms / 1000)
        return answer_content(reply) if isinstance(reply, Content) else answer_json(200, reply, limits | _hints(reply))

    def _expire(self, call: ApiRequest) -> None:
        """Deletes files that have expired, and sets the status `expired` of vector stores. Only the first request of
        each second does this, because expiry times are whole seconds.
        """
        if call.second != self._expired_at:
            self._expired_at = call.second
            files.expire(call)
            stores.expire(call)

    def _call(self, ids: Mapping[str, str], query: QueryParams, body: Any) -> ApiRequest:
        return ApiRequest(
            self._database,
            self._indexing,
            time.time(),
            self._answering,
            self._running,
            ids,
            query,
            body,
            models=self._options.models,
        )

    def _note(self, request: Request, status: int) -> None:
        if self._log is not None:
            os.write(self._log, f"{request.method} {quote(request.scope['path'])} {status:03}\n".encode())


def _open_log(path: Path) -> int:
    try:
        with append_named(path) as stream:
            return os.dup(stream.fileno())
    except OSError as error:
        raise UsageError(f"the log {path} cannot be written: {error.strerror}", hint="name another file") from error


async def _leave(request: Request, receive: Receive, *, abort: bool, close: bool = False) -> None:
    """Waits until the connection of the request is closed. If `abort` is True, the server closes the connection
    immediately. If `close` is True, the server closes the connection after all data was sent. If both are False, the
    server waits until the client closes the connection.
    """
    transport = request.scope["provisioner.transport"]
    if abort:
        transport.abort()
    elif close:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        continue


def _hints(reply: dict[str, Any]) -> dict[str, str]:
    """Returns additional headers for a response whose JSON body is `reply`. If the object in `reply` is in progress, a
    header tells the client's SDK after how many milliseconds it should ask again.
    """
    return {"openai-poll-after-ms": POLL_AFTER_MS} if reply.get("status") in ("queued", "in_progress") else {}


def _refusal_of(fault: Fault, request: Request) -> Refusal:
    status, code, message = int(fault.effect), fault.texts.get("code"), fault.texts.get("message")
    wait = fault.numbers.get("retry-after")
    headers = {} if wait is None else {"retry-after": f"{wait:g}"}
    if status == 404 and not code and not message:
        return no_such_url(request.method, request.scope["path"])
    kind = "server_error" if status >= 500 else "invalid_request_error"
    if status == 429:
        code = code or "rate_limit_exceeded"
        kind = "insufficient_quota" if code == "insufficient_quota" else "requests"
    return Refusal(status, message or f"A fault was asked for: {status}.", code=code, kind=kind, headers=headers)
