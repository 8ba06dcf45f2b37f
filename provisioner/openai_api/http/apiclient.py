"""Sends single requests to the API, and returns their responses.

The SDK's own methods import 1,500 modules of types, which takes longer than the calls of a plan with a hundred vector
stores. So plan and apply send plain requests. The commands that hold conversations use the SDK, by `ApiClient.sdk`.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import httpx2

from provisioner.core.distribution import DISTRIBUTION
from provisioner.core.endpoint import Endpoint

if TYPE_CHECKING:
    from openai import OpenAI

#: The value of the header `OpenAI-Beta` by the first part of a request's path. Source: `openai.resources` of
#: openai-python 3.57.
BETA = {
    "agents": "agents=v1",
    "assistants": "assistants=v2",
    "threads": "assistants=v2",
    "vector_stores": "assistants=v2",
}

#: A file in a form: its name and its content, and its media type if the name does not say it.
FormFile = tuple[str, Any] | tuple[str, Any, str]


_LOADING = Lock()

#: Parses a URL. The URLs of most requests that create something are equal.
parse_url = lru_cache(maxsize=64)(httpx2.URL)


class CallFailed(Exception):
    """The base class of the errors that are raised if a call returns no usable response. `request` is the HTTP request
    of the call.
    """

    def __init__(self, request: httpx2.Request) -> None:
        super().__init__(f"{request.method} {request.url.path}")
        self.request = request


class StatusError(CallFailed):
    """Raised if the status of a response is not a success. `response` is the HTTP response, and `status_code` is its
    status.
    """

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(response.request)
        self.response = response
        self.status_code = response.status_code


class Unanswered(CallFailed):
    """Raised if a request has no complete response. `__cause__` is the exception of the HTTP client."""


class ApiClient:
    """Sends requests to one API endpoint. Several threads can use one client.

    Each method that sends a request takes the path below the base URL, such as `/files`. It raises StatusError if the
    status of the response is not a success, and Unanswered if there is no complete response. After such an error, the
    request is not repeated.
    """

    def __init__(self, http: httpx2.Client, endpoint: Endpoint, headers: Mapping[str, str], timeout: float) -> None:
        """Stores the HTTP client and the endpoint. `headers` are sent with every request. They take precedence over the
        headers of this client. `timeout` is the longest time of one call, in seconds.
        """
        self._http = http
        self._endpoint = endpoint
        self._timeout = timeout
        self._base = endpoint.base_url.rstrip("/")
        self._headers = {**_own_headers(endpoint), **{name.lower(): value for name, value in headers.items()}}
        self._merged: dict[tuple[str | None, str | None], httpx2.Headers] = {}
        self._sdk: OpenAI | None = None

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> httpx2.Response:
        """Returns the response to a GET request. `query` are the parameters of the URL."""
        return self._send("GET", path, params=query or None)

    def post(self, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        """Returns the response to a POST request with the JSON object `body`."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        return self._send("POST", path, content=content, content_type="application/json")

    def delete(self, path: str) -> httpx2.Response:
        """Returns the response to a DELETE request."""
        return self._send("DELETE", path)

    def upload(self, path: str, fields: Mapping[str, Any], files: Mapping[str, FormFile]) -> httpx2.Response:
        """Returns the response to a POST request with a form. `fields` are the values of the form, and `files` are its
        files. A value that is a mapping becomes one field for each of its keys, such as `expires_after[seconds]`.
        """
        _load_media_types()
        request = self._build("POST", path, data=dict(_form_fields(fields)), files=files)
        if all(isinstance(file[1], bytes) for file in files.values()):
            # The form is sent in one write. Each piece of a streamed form costs one, and a form has ten small pieces.
            request.read()
        return self._exchange(request)

    @property
    def sdk(self) -> OpenAI:
        """The SDK's client for the endpoint of this client. It uses the connections of this client. The first use
        imports the SDK.
        """
        if self._sdk is None:
            import openai

            self._sdk = openai.OpenAI(
                api_key=self._endpoint.api_key,
                base_url=self._endpoint.base_url,
                organization=self._endpoint.organization,
                project=self._endpoint.project,
                timeout=self._timeout,
                max_retries=0,
                http_client=self._http,
            )
        return self._sdk

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        return self._exchange(self._build(method, path, **content))

    def _build(self, method: str, path: str, content_type: str | None = None, **content: Any) -> httpx2.Request:
        headers = self._headers_of(BETA.get(path.split("/", 2)[1]), content_type)
        url = parse_url(self._base + path)
        return httpx2.Request(method, url, headers=headers, cookies=self._http.cookies, **content)

    def _headers_of(self, beta: str | None, content_type: str | None) -> httpx2.Headers:
        """Returns the headers of a request. `beta` and `content_type` are the values of the headers `OpenAI-Beta` and
        `Content-Type` (None: no such header). The merged headers are stored for later requests, because merging takes
        long.
        """
        merged = self._merged.get((beta, content_type))
        if merged is None:
            own = {"content-type": content_type} if content_type else {}
            sent = {**self._headers, **own}
            if beta:
                sent.setdefault("openai-beta", beta)
            merged = httpx2.Headers(self._http.headers)
            merged.update(sent)
            self._merged[beta, content_type] = merged
        return merged

    def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._http.send(request)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
            raise Unanswered(request) from error
        except RuntimeError as error:
            if not self._http.is_closed:
                raise
            raise Unanswered(request) from error  # Another thread has closed the client.
        if not response.is_success:
            raise StatusError(response)
        return response


def _load_media_types() -> None:
    """Loads the system's tables of media types, if they are not loaded yet. The HTTP library looks a file's type up in
    these tables. Without the lock, each of several threads that upload their first file would read all tables.
    """
    with _LOADING:
        if not mimetypes.inited:
            mimetypes.init()


def _own_headers(endpoint: Endpoint) -> dict[str, str]:
    headers = {
        "authorization": f"Bearer {endpoint.api_key}",
        "accept": "application/json",
        "user-agent": DISTRIBUTION,
    }
    owners = {"openai-organization": endpoint.organization, "openai-project": endpoint.project}
    return headers | {name: value for name, value in owners.items() if value is not None}


def _form_fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}[{key}]", each) for key, each in value.items())
        else:
            yield name, str(value).lower() if isinstance(value, bool) else value
