"""Defines HTTP responses with a status, headers and a body."""

from __future__ import annotations

import secrets
from typing import Any

from msgspec import Struct, field
from starlette.types import Send

from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import Content
from provisioner.emulator.storage.packing import encode_json


class Response(Struct, frozen=True):
    """Contains the HTTP response to a request: status, headers and body. Every response gets a header with a new
    request id.
    """

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, send: Send, *, half: bool = False) -> None:
        """Sends the response with the function `send`. If `half` is True, simulates a lost connection: sends only the
        first half of the body, although the header `Content-Length` contains the length of the whole body.
        """
        headers = {
            "content-type": self.media_type,
            "content-length": str(len(self.body)),
            "x-request-id": f"req_{secrets.token_hex(16)}",
            **self.headers,
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        body = self.body[: len(self.body) // 2] if half else self.body
        await send({"type": "http.response.body", "body": body, "more_body": half})


def answer_json(status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Returns a response with the status `status` and the JSON of `value` as its body. `headers` are additional
    headers.
    """
    return Response(status, encode_json(value), headers=headers or {})


def answer_refusal(refusal: Refusal) -> Response:
    """Returns the error response for a refusal, in OpenAI's format."""
    return answer_json(refusal.status, refusal.body(), refusal.headers)


def answer_content(content: Content) -> Response:
    """Returns a response with the bytes of `content` as its body."""
    return Response(content.status, content.data, content.media_type)
