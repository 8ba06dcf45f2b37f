"""Calls GitHub's API with the standard library alone. The token is sent only to GITHUB_API_URL.

GitHub's rules for limits and waits are in "Best practices for using the REST API" of its documentation.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import quote, urlsplit

from visible import on_one_line

#: Seconds for one answer; seconds of waiting in all; how often one thing is asked.
TIMEOUT, PATIENCE, TRIES = 30, 120, 3
#: Items on a page, the most that GitHub gives; and pages.
PAGE, PAGES = 100, 100
#: Bytes of an answer.
MOST = 64 * 1024 * 1024


class Refused(Exception):
    """GitHub refused a request, or did not answer. `status` is 0 if there was no answer.

    `sure` is false if something may have been created nevertheless.
    """

    def __init__(self, message: str, status: int = 0, *, sure: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.sure = sure


#: What an answer leads to that is not as GitHub's are.
WRONG = (Refused, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, because our requests contain the token."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Returns None, so that a redirect is an answer like any other."""


class GitHub:
    """The API, for one repository."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._url = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self._token = environ.get("GITHUB_TOKEN", "")
        self.repository = environ["GITHUB_REPOSITORY"]
        self._left = float(PATIENCE)
        self._opener = urllib.request.build_opener(Stay)
        check_secure(self._url)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Returns the answer to one request below the repository, as JSON. Raises Refused.

        A request that creates something, and that may have been carried out, is not sent again.
        """
        return json.loads(self._send(method, path, body)[1])

    def pages(self, path: str, key: str | None = None) -> Iterator[Any]:
        """Returns every item of a list; `key` is the key of the items in an answer. Raises Refused."""
        joint = "&" if "?" in path else "?"
        for page in range(1, PAGES + 1):
            answer = self.ask("GET", f"{path}{joint}per_page={PAGE}&page={page}")
            items = answer[key] if key else answer
            yield from items
            if len(items) < PAGE:
                return

    def download(self, path: str) -> bytes:
        """Returns the file to which GitHub redirects. It is on another server, which does not get the token."""
        headers, content = self._send("GET", path, None, redirected=True)
        location = headers.get("Location")
        if location is None:
            return content
        check_secure(location)
        request = urllib.request.Request(location, headers={"User-Agent": "provision"})
        return self._try(request, repeatable=True)[1]

    def _send(self, method: str, path: str, body: Any, *, redirected: bool = False) -> tuple[Message, bytes]:
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "User-Agent": "provision",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        url = f"{self._url}/repos/{quote(self.repository)}{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        if self._token:
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        return self._try(request, repeatable=method != "POST", redirected=redirected)

    def _try(
        self, request: urllib.request.Request, *, repeatable: bool, redirected: bool = False
    ) -> tuple[Message, bytes]:
        for tried in range(TRIES):
            try:
                with self._opener.open(request, timeout=TIMEOUT) as answer:
                    return answer.headers, _read(answer)
            except urllib.error.HTTPError as error:
                with error:
                    if redirected and 300 <= error.code < 400:
                        return error.headers, b""
                    refused = Refused(_reason(error), error.code, sure=repeatable or error.code < 500)
                    seconds = _pause(error.code, error.headers, tried)
            except (OSError, HTTPException) as error:
                refused, seconds = Refused(f"{type(error).__name__}: {error}", sure=repeatable), 2.0**tried
            if seconds is None or seconds > self._left or tried == TRIES - 1 or not refused.sure:
                raise refused
            self._left -= seconds
            time.sleep(seconds)
        raise AssertionError("the loop returns or raises")


def check_secure(url: str) -> None:
    """Raises Refused for a URL of another machine without TLS."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise Refused(f"{parts.scheme}://{parts.hostname} is not asked: it is no https://")


def warn(message: str) -> None:
    """Writes a warning into the job's log, and above the log."""
    _say("warning", message)


def fail(message: str) -> int:
    """Writes an error into the job's log, and above it. Returns the exit code."""
    _say("error", message)
    return 1


def read_event() -> Any:
    """Returns the event of the workflow run, as GitHub describes it."""
    with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
        return json.load(file)


def hide_token(text: str) -> str:
    """Returns the text without the token in plain form, percent-encoded, and in base64."""
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    for form in {token, quote(token, safe=""), base64.b64encode(token.encode()).decode().rstrip("=")} - {""}:
        text = text.replace(form, "(redacted)")
    return text


def _say(level: str, message: str) -> None:
    text = on_one_line(hide_token(message)).replace("%", "%25")
    sys.stdout.write(f"::{level}::{text}\n")


def _pause(status: int, headers: Message, tried: int) -> float | None:
    """Returns the seconds before the next attempt, or None if another attempt is useless."""
    after, left, reset = (
        headers.get(name, "") for name in ("Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    )
    if status in (403, 429):
        if after.isdecimal():
            return float(after)
        if left == "0" and reset.isdecimal():
            return max(0.0, float(reset) - time.time()) + 1
        return 60.0 if status == 429 else None
    return 2.0**tried if status >= 500 else None


def _read(answer: IO[bytes]) -> bytes:
    """Returns an answer's body. Raises TimeoutError if it does not end in time, and Refused if it is too long."""
    end, content = time.monotonic() + PATIENCE, bytearray()
    while piece := answer.read1(1 << 16):  # type: ignore[attr-defined]
        content += piece
        if len(content) > MOST:
            raise Refused(f"the answer is longer than {MOST // 1024 // 1024} MiB")
        if time.monotonic() >= end:
            raise TimeoutError(f"the answer did not end within {PATIENCE} s")
    return bytes(content)


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        message = json.loads(error.read(10_000)).get("message", "")
    except (OSError, HTTPException, ValueError, AttributeError, RecursionError):
        message = ""
    return f"GitHub answered {error.code} {message}".rstrip()
