"""Checks the origin, the key, the rate and the beta header of a request."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cache

from starlette.datastructures import Headers

from provisioner.emulator.messages.refusal import Refusal

#: The port of HTTP, which browsers omit in the header `Host`.
HTTP_PORT = 80

WRONG_KEY = "sk-wrong"
"""Keys with this prefix are refused, so that tests can use a wrong key."""

#: The value of the header `OpenAI-Beta` that the first part of a path requires.
BETA = {"assistants": "assistants=v2", "threads": "assistants=v2", "agents": "agents=v1"}
#: The names of this machine that are accepted in the header `Host`.
NAMES = ("127.0.0.1", "localhost", "[::1]")
#: Values of the header `Sec-Fetch-Site` of requests that no page of another server made
#: (https://www.w3.org/TR/fetch-metadata/).
OWN_SITES = ("same-origin", "none")


def check_origin(headers: Headers, port: int) -> None:
    """Raises Refusal with status 403 if the header `Host` names another server, or if a web page of another server has
    sent the request. `port` is the port of this server.

    A web page of another server can reach a local server in two ways. First, the host name of the page can resolve to
    the local machine; then `Host` contains this name. Second, browsers send some requests without asking the local
    server for permission; then `Origin` and `Sec-Fetch-Site` name the server of the page.
    """
    places, own = _own_places(port)
    hosts = [host.lower() for host in headers.getlist("host")]
    if len(hosts) != 1 or hosts[0] not in places:
        message = f"The host of this request is not this server: call it 127.0.0.1:{port} or localhost:{port}."
        raise Refusal(403, message, code="invalid_host")
    foreign = any(origin.lower() not in own for origin in headers.getlist("origin"))
    if foreign or any(site.strip().lower() not in OWN_SITES for site in headers.getlist("sec-fetch-site")):
        raise Refusal(403, "This request comes from a page of another server.", code="invalid_origin")


@cache
def _own_places(port: int) -> tuple[frozenset[str], frozenset[str]]:
    """Returns two sets: the values of the header `Host` that name this server, and the values of the header `Origin`
    that name this server. `port` is the server's port.
    """
    places = {f"{name}:{port}" for name in NAMES} | set(NAMES if port == HTTP_PORT else ())
    return frozenset(places), frozenset(f"http://{place}" for place in places)


def check_key(headers: Mapping[str, str]) -> None:
    """Raises Refusal with status 401 if the API key is missing, or if it begins with WRONG_KEY, so that clients can
    test this error. All other keys are accepted.
    """
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        message = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header using "
            "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
        raise Refusal(401, message, code="invalid_api_key")
    if key.strip().startswith(WRONG_KEY):
        raise Refusal(401, f"Incorrect API key provided: {WRONG_KEY}***.", code="invalid_api_key")


def check_beta(path: str, headers: Mapping[str, str]) -> None:
    """Raises Refusal with status 400 if the endpoint at `path` requires the header OpenAI-Beta, and `headers` does not
    contain it.
    """
    needed = BETA.get(path.split("/")[1])
    given = [word.strip() for word in headers.get("openai-beta", "").split(",")]
    if needed and needed not in given:
        name = needed.partition("=")[0].capitalize()
        message = (
            f"You must provide the 'OpenAI-Beta' header to access the {name} API. "
            f"Please try again by setting the header 'OpenAI-Beta: {needed}'."
        )
        raise Refusal(400, message, code="invalid_beta")


class RateLimit:
    """Limits the number of requests within sixty seconds. `requests` is the largest number of requests. If it is None,
    there is no limit.
    """

    def __init__(self, requests: int | None) -> None:
        self._requests = requests
        self._times: deque[float] = deque()

    def check(self, now: float) -> None:
        """Counts a request at the time `now`, in seconds. Raises Refusal with status 429 if the limit is exceeded. A
        refused request is not counted.
        """
        if self._requests is None:
            return
        while self._times and self._times[0] <= now - 60:
            self._times.popleft()
        if len(self._times) < self._requests:
            self._times.append(now)
            return
        wait = 60 - (now - self._times[0]) if self._times else 60
        raise Refusal(
            429,
            f"Rate limit reached for requests. Limit: {self._requests} / min. Please try again in {wait:.0f}s.",
            code="rate_limit_exceeded",
            kind="requests",
            headers={"retry-after": f"{max(wait, 1):.0f}"},
        )
