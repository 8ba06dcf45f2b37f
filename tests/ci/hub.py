"""GitHub's API on this machine, as far as the action's scripts speak to it: comments, pull requests, runs, artifacts.

Shapes as in GitHub's description of its REST API, 2022-11-28. An artifact is downloaded from another server.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from zipfile import ZipFile

REPOSITORY = "school/helpers"
BOT = "github-actions[bot]"
TOKEN = "ghs_secret"
TOO_LONG = 65_536


class Asked(NamedTuple):
    """A request as it came in. `token` is the whole header."""

    method: str
    path: str
    token: str | None
    body: Any = None


class Answer(NamedTuple):
    """What comes back."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


def refuse(status: int, message: str = "no", **headers: str) -> Answer:
    """A refusal; headers are spelled with `_`."""
    return Answer(status, {"message": message}, tuple((name.replace("_", "-"), text) for name, text in headers.items()))


def pull_request(sha: str, merged: str, **fields: Any) -> dict[str, Any]:
    """A pull request that was merged as a commit."""
    return {
        "number": 7,
        "state": "closed",
        "closed_at": "2026-01-02T00:00:00Z",
        "merged_at": "2026-01-02T00:00:00Z",
        "merge_commit_sha": merged,
        "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
        "head": {"sha": sha, "ref": "topic", "repo": {"full_name": REPOSITORY}},
        **fields,
    }


Fault = Callable[[Asked], Answer | None]


@dataclass
class Hub:
    """A repository at GitHub. `faults` are asked first, in order.

    `blobs` are files by path and commit; what is not in it is the same file everywhere.
    """

    url: str = ""
    storage: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], str] = field(default_factory=dict)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    contents: dict[int, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    elsewhere: list[Asked] = field(default_factory=list)

    def comment(self, body: str, login: str = BOT) -> dict[str, Any]:
        """A comment that is there."""
        made = {"id": len(self.comments) + 1, "body": body, "user": {"login": login, "type": "Bot"}}
        self.comments.append(made)
        return made

    def keep(self, name: str, files: dict[str, bytes], run: dict[str, Any]) -> dict[str, Any]:
        """An artifact that a run made."""
        buffer = io.BytesIO()
        with ZipFile(buffer, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        number = len(self.artifacts) + 1
        self.contents[number] = buffer.getvalue()
        self.runs[run["id"]] = run
        made = {
            "id": number,
            "name": name,
            "expired": False,
            "created_at": f"2026-01-01T00:00:{number:02}Z",
            "digest": f"sha256:{hashlib.sha256(buffer.getvalue()).hexdigest()}",
            "workflow_run": {
                "id": run["id"],
                "repository_id": run["repository"]["id"],
                "head_repository_id": run["head_repository"]["id"],
                "head_branch": run["head_branch"],
                "head_sha": run["head_sha"],
            },
        }
        self.artifacts.append(made)
        return made

    def count(self, method: str) -> int:
        """How many requests of this method there were."""
        return sum(each.method == method for each in self.asked)

    def answer(self, asked: Asked) -> Answer:
        """What GitHub would say."""
        self.asked.append(asked)
        for fault in self.faults:
            if (failing := fault(asked)) is not None:
                return failing
        path, query = urlsplit(asked.path).path, parse_qs(urlsplit(asked.path).query)
        path = path.removeprefix(f"/repos/{REPOSITORY}")
        if asked.method == "GET":
            return self._read(path, query)
        return self._write(asked, path)

    def _read(self, path: str, query: dict[str, list[str]]) -> Answer:
        if found := re.fullmatch(r"/actions/artifacts/(\d+)/zip", path):
            return Answer(302, {}, (("Location", f"{self.storage}/{found[1]}?signature=1"),))
        if found := re.fullmatch(r"/actions/runs/(\d+)", path):
            return Answer(200, self._shown(self.runs[int(found[1])]))
        if path == "/actions/runs":
            return Answer(200, {"workflow_runs": _page(self._runs_of(query), query)})
        if found := re.fullmatch(r"/contents/(.+)", path):
            blob = self.blobs.get((unquote(found[1]), query["ref"][0]), "0" * 40)
            return Answer(200, {"type": "file", "sha": blob}) if blob else refuse(404, "Not Found")
        named = [each for each in self.artifacts if each["name"] == query.get("name", [""])[0]]
        if found := re.fullmatch(r"/actions/runs/(\d+)/artifacts", path):
            ours = [each for each in named if each["workflow_run"]["id"] == int(found[1])]
            return Answer(200, {"artifacts": _page(ours, query)})
        if path == "/actions/artifacts":
            return Answer(200, {"artifacts": _page(named, query)})
        if found := re.fullmatch(r"/commits/(\w+)/pulls", path):
            return Answer(200, _page(self._pulls_with(found[1]), query))
        if path == "/pulls":
            return Answer(200, _page(self._pulls_from(query), query))
        lists = {r"/issues/7/comments": self.comments, r"/pulls/7/files": self.files, "/issues/7/events": self.events}
        return Answer(200, _page(lists[path], query)) if path in lists else refuse(404, "Not Found")

    def _pulls_with(self, sha: str) -> list[dict[str, Any]]:
        """The one that brought the commit to the default branch; before that, those that are merged or open."""
        having = [each for each in self.pulls if sha in (each["merge_commit_sha"], each["head"]["sha"])]
        return [each for each in having if each["merged_at"] or each["state"] == "open"]

    def _pulls_from(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        """Those from a branch, `OWNER:BRANCH`, whatever became of them where `state` is `all`."""
        owner, _, branch = query["head"][0].partition(":")
        states = ("open", "closed") if query.get("state") == ["all"] else ("open",)
        return [
            each
            for each in self.pulls
            if each["head"]["ref"] == branch
            and each["state"] in states
            and ((each["head"]["repo"] or {}).get("full_name") or "").partition("/")[0] == owner
        ]

    def _runs_of(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        wanted = {name: query[name][0] for name in ("head_sha", "event") if name in query}
        runs = [each for each in self.runs.values() if all(each[name] == text for name, text in wanted.items())]
        return [self._shown(each) for each in sorted(runs, key=lambda each: -each["id"])]

    def _shown(self, run: dict[str, Any]) -> dict[str, Any]:
        """The run, with the pull requests that are open now with its commit or branch: no others are ever listed."""
        listed = [
            {"number": each["number"], "head": each["head"], "base": each["base"]}
            for each in self.pulls
            if each["state"] == "open" and run["head_sha"] == each["head"]["sha"]
        ]
        return {**run, "pull_requests": listed}

    def _write(self, asked: Asked, path: str) -> Answer:
        if len(asked.body["body"]) > TOO_LONG:
            return refuse(422, "Validation Failed: body is too long (maximum is 65536 characters)")
        if asked.method == "POST" and path == "/issues/7/comments":
            return Answer(201, self.comment(asked.body["body"]))
        number = int(path.rpartition("/")[2])
        for comment in self.comments:
            if asked.method == "PATCH" and comment["id"] == number:
                comment["body"] = asked.body["body"]
                return Answer(200, comment)
        return refuse(404, "Not Found")


def _page(items: list[Any], query: dict[str, list[str]]) -> list[Any]:
    size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
    return items[(page - 1) * size : page * size]


def times(count: int, answer: Answer, method: str = "") -> Fault:
    """The same answer to the first requests of a method, or to any."""
    left = [count]

    def fault(asked: Asked) -> Answer | None:
        if left[0] and asked.method.startswith(method):
            left[0] -= 1
            return answer
        return None

    return fault


@contextmanager
def opened() -> Iterator[Hub]:
    """A hub that listens, and the storage behind it, until the block ends."""
    hub = Hub()

    def store(asked: Asked) -> Answer:
        hub.elsewhere.append(asked)
        return Answer(200, hub.contents[int(urlsplit(asked.path).path.strip("/"))])

    with _listening(hub.answer) as hub.url, _listening(store) as hub.storage:
        yield hub


@contextmanager
def _listening(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (Answering,), {"say": staticmethod(answer)}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Answering(BaseHTTPRequestHandler):
    """Reads a request, and writes the answer."""

    say: Callable[[Asked], Answer]

    def _answer(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, self.headers.get("Authorization"), json.loads(data) if data else None)
        status, body, headers = self.say(asked)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, text in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
