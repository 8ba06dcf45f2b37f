"""An account that stands still: `account.json` spoken as the API speaks it, to the real SDK, without a socket.

`account.json` maps each type to its objects, newest first, as the API returns them; a vector store's members stand
in it under `members`, and a skill's versions under `versions`. A type that is null is one whose endpoint the server
does not have (404).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.http.apiclient import ApiClient
from provisioner.openai_api.http.session import Session

BASE_URL = "http://127.0.0.1/v1"
PATHS = {
    "file": "files",
    "vector_store": "vector_stores",
    "skill": "skills",
    "assistant": "assistants",
    "agent": "agents",
    "environment_template": "agents/environments/templates",
}

#: Lists of what is inside of an object, by the end of the path, with the key under which they stand.
INSIDE = {"files": "members", "versions": "versions"}

Objects = Sequence[Mapping[str, Any]] | None


def session_on(account: Mapping[str, Objects]) -> Session:
    """A session whose every answer comes from `account`."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return respond(account, request.method, request.url.path.removeprefix("/v1/"))

    endpoint = Endpoint(BASE_URL, "none", "none needed")
    client = ApiClient(httpx2.Client(transport=httpx2.MockTransport(answer)), endpoint, {}, timeout=60.0)
    return Session(endpoint, _client=client)


def respond(account: Mapping[str, Objects], method: str, path: str) -> httpx2.Response:
    """What the API says to a request: a list of everything on one page, one object, or 404."""
    assert method == "GET", f"a plan only reads, and does not send {method} {path}"
    for type_, prefix in PATHS.items():
        objects = account.get(type_, [])
        if objects is None or not f"{path}/".startswith(f"{prefix}/"):
            continue
        rest = path.removeprefix(prefix).strip("/").split("/")
        if rest == [""]:
            return page([without_members(each) for each in objects])
        found = next((each for each in objects if each["id"] == rest[0]), None)
        if found is not None:
            inside = INSIDE.get("/".join(rest[1:]))
            return page(found[inside]) if inside else reply(200, without_members(found))
    return reply(404, {"error": {"message": "Not found", "type": "invalid_request_error", "code": None}})


def page(items: Sequence[Mapping[str, Any]]) -> httpx2.Response:
    ids = [item["id"] for item in items] or [None]
    return reply(
        200, {"object": "list", "data": list(items), "has_more": False, "first_id": ids[0], "last_id": ids[-1]}
    )


def without_members(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in INSIDE.values()}


def reply(status: int, body: object) -> httpx2.Response:
    return httpx2.Response(status, content=json.dumps(body), headers={"content-type": "application/json"})
