"""Requests that the SDK would not send, and answers before the SDK has read them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

KEY = "sk-test"
BETA = {"/assistants": "assistants=v2", "/threads": "assistants=v2", "/agents": "agents=v1"}
BOUNDARY = "------------------------boundary"


class Answer(NamedTuple):
    """What came back; `body` is the decoded JSON where it is JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Wire:
    """Sends one request per connection."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._port, self._root = parts.hostname or "", parts.port, parts.path

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """The answer to a request with the right key and beta header, which `headers` replace (None removes)."""
        beta = next((value for start, value in BETA.items() if path.startswith(start)), None)
        given = {
            "authorization": f"Bearer {KEY}",
            "openai-beta": beta,
            "content-type": "application/json",
            **(headers or {}),
        }
        sent = {name: value for name, value in given.items() if value is not None}
        if body is not None:
            content = json.dumps(body).encode()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request(method, self._root + path, content, sent)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        is_json = found.get("content-type") == "application/json"
        return Answer(response.status, json.loads(data) if is_json else data, found)

    def upload(self, name: str = "note.txt", data: bytes = b"To be, or not to be", **fields: str) -> Answer:
        """The answer to a multipart upload; purpose is assistants unless a field says otherwise."""
        return self.ask("POST", "/files", headers=FORM, content=form(name, data, {"purpose": "assistants", **fields}))


FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def form(name: str | None, data: bytes, fields: Mapping[str, str]) -> bytes:
    """A multipart body; without a name there is no file in it."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    if name is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
