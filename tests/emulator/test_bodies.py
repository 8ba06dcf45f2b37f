"""Bodies of requests without an end: the emulator stops reading, and keeps no more than its limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.responses import endpoints as responses
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import FORMS
from provisioner.emulator.serving import body
from provisioner.emulator.serving.body import read_body

FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


@pytest.mark.parametrize(
    ("endpoint", "media_type", "begin"),
    [(responses.create, "application/json", b'{"a": "'), (files.create, "multipart/form-data; boundary=b", FORM)],
)
def test_a_body_without_end_is_refused(
    endpoint: Any, media_type: str, begin: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MOST_JSON", 2_000_000)
    monkeypatch.setitem(FORMS, files.create, 1_000_000)
    sent = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        piece = begin if sent == 0 else b"x" * 100_000
        sent += len(piece)
        assert sent < 10_000_000, "the emulator reads on"
        return {"type": "http.request", "body": piece, "more_body": True}

    headers = [(b"content-type", media_type.encode())]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    with pytest.raises(Refusal) as caught:
        asyncio.run(read_body(request, endpoint))
    assert caught.value.status == 413
