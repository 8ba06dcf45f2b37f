"""Requests chat completions from another server. The API key is read only from the environment variable of this
process.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from provisioner.core.errors import UsageError
from provisioner.emulator.answering.upstream.chunks import Chunks
from provisioner.emulator.options import UPSTREAM_KEY

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: The most seconds of one completion, and the most bytes of its answer.
MOST_SECONDS, MOST_BYTES = 300.0, 16 * 1024 * 1024
#: The type of the content of a streamed completion.
STREAM = "text/event-stream"


class UpstreamError(Exception):
    """Raised if the other server does not return a chat completion. `code` is the error code for the failed response or
    run.
    """

    def __init__(self, message: str, code: str = "server_error") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def check_url(url: str) -> str:
    """Returns the URL for chat completions on the server with the base URL `url`. Raises UsageError if the URL cannot
    be used. Also raises UsageError if the API key would be sent to another machine without encryption.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username or parts.password:
        raise UsageError(
            f"`{url}` is no base URL of an OpenAI-compatible server",
            hint="write for example --upstream http://127.0.0.1:11434/v1; the key is read from UPSTREAM_API_KEY",
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and os.environ.get(UPSTREAM_KEY):
        message = f"{UPSTREAM_KEY} would be sent to {url} without encryption"
        raise UsageError(message, hint="use https, or unset the variable")
    return url.rstrip("/") + "/chat/completions"


class UpstreamClient:
    """Sends requests for chat completions to the server with the base URL `url`. The client follows no redirects."""

    def __init__(self, url: str) -> None:
        self._url = check_url(url)
        self._key = os.environ.get(UPSTREAM_KEY, "").strip()
        self._client: Any = None

    async def complete(self, body: dict[str, Any]) -> AsyncIterator[str | dict[str, Any]]:
        """Sends the request `body`, and yields the parts of the answer's text as they arrive. The last item is a
        mapping with the whole message and the reason why it ended: `{"message": …, "finish_reason": …}`. If the server
        does not stream, this mapping is the only item.

        Raises UpstreamError if the server cannot be reached or does not return a chat completion.
        """
        import httpx2

        headers = {"authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            if self._client is None:
                local = urlsplit(self._url).hostname in LOOPBACK
                self._client = httpx2.AsyncClient(timeout=MOST_SECONDS, follow_redirects=False, trust_env=not local)
            request = {**body, "stream": True}
            async with self._client.stream("POST", self._url, json=request, headers=headers) as response:
                status, content = response.status_code, b""
                if status == 200 and response.headers.get("content-type", "").startswith(STREAM):
                    async for part in _read_chunks(response):
                        yield part
                    return
                content = b"".join([part async for part in _read(response)])
        except (httpx2.HTTPError, OSError) as error:
            raise UpstreamError(f"The upstream server cannot be reached: {error or type(error).__name__}") from error
        if status != 200:
            code = "rate_limit_exceeded" if status == 429 else "server_error"
            raise UpstreamError(f"The upstream server answered {status}: {_message(content)}", code)
        yield _choice(content)


async def _read_chunks(response: Any) -> AsyncIterator[str | dict[str, Any]]:
    chunks = Chunks()
    async for part in _read(response):
        for text in chunks.read(part):
            yield text
        if chunks.error is not None:
            raise UpstreamError(f"The upstream server reported an error: {_describe(chunks.error)}")
    if not chunks.has_ended:
        raise UpstreamError("The upstream server ended its answer in the middle.")
    yield chunks.completion


async def _read(response: Any) -> AsyncIterator[bytes]:
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise UpstreamError(f"The answer of the upstream server has more than {MOST_BYTES} bytes.")
        yield part


def _message(content: bytes) -> str:
    try:
        return _describe(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return content.decode("utf-8", "replace")[:500]


def _describe(error: Any) -> str:
    return str(error.get("message", error) if isinstance(error, dict) else error)[:500]


def _choice(content: bytes) -> dict[str, Any]:
    try:
        choice = json.loads(content)["choices"][0]
        if isinstance(choice["message"], dict):
            return dict(choice)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        pass
    raise UpstreamError("The upstream server did not answer with a chat completion.")
