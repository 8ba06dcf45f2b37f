"""Sends single requests to the API, and returns their responses.

The SDK's own methods import 1,500 modules of types, which takes longer than the calls of a plan with a hundred vector
stores. So plan and apply send plain requests. The commands that hold conversations use the SDK, by `ApiClient.sdk`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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


class CallFailed(Exception):
    """The base class of the errors of a call that returns no usable response. `request` is the HTTP request."""

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

    Every method takes the path of a request below the base URL, such as `/files`. It raises StatusError if the server
    refuses the request, and Unanswered if there is no complete response. No request is repeated.
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
        self._sdk: OpenAI | None = None

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> httpx2.Response:
        """Returns the response to a GET request. `query` are the parameters of the URL."""
        return self._send("GET", path, params=query or None)

    def post(self, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        """Returns the response to a POST request with the JSON object `body`."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        return self._send("POST", path, content=content, headers={"content-type": "application/json"})

    def delete(self, path: str) -> httpx2.Response:
        """Returns the response to a DELETE request."""
        return self._send("DELETE", path)

    def upload(self, path: str, fields: Mapping[str, Any], files: Mapping[str, FormFile]) -> httpx2.Response:
        """Returns the response to a POST request with a form. `fields` are the values of the form. A value that is a
        mapping becomes one field for each of its keys, such as `expires_after[seconds]`.
        """
        return self._send("POST", path, data=dict(_form_fields(fields)), files=files)

    @property
    def sdk(self) -> OpenAI:
        """The SDK's client for the same endpoint. It uses the same connections. The first use imports the SDK."""
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

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx2.Response:
        sent = {**self._headers, **(headers or {})}
        if beta := BETA.get(path.split("/", 2)[1]):
            sent.setdefault("openai-beta", beta)
        request = self._http.build_request(method, self._base + path, headers=sent, **content)
        try:
            response = self._http.send(request)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
            raise Unanswered(request) from error
        if not response.is_success:
            raise StatusError(response)
        return response


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
