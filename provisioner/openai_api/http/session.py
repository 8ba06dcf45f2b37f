"""Makes the calls to the API with one client for all threads. Translates errors, and repeats a failed call if this is
safe.

The session reports every call and every pause to a function, the observer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from provisioner.core.defaults import PARALLELISM
from provisioner.core.endpoint import Endpoint, has_version
from provisioner.core.errors import Ambiguous, ApiError, NotFound, Rejected, Unavailable
from provisioner.core.text.redaction import redact, register
from provisioner.openai_api.http.answers import Unreadable
from provisioner.openai_api.http.client import open_client
from provisioner.openai_api.http.delay import asked_delay, own_delay
from provisioner.openai_api.http.installed_sdk import sdk_names
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.rate_limit_headers import read_count
from provisioner.openai_api.http.streaming import EventStream, open_events
from provisioner.openai_api.http.translation import call_errors, is_refused, is_unusable, translate

if TYPE_CHECKING:
    from provisioner.openai_api.http.apiclient import ApiClient

T = TypeVar("T")

#: The most attempts for a call that fails, and for a call that the server asks to repeat later (429).
ATTEMPTS = 6
LATER_ATTEMPTS = 20
#: The longest pause in seconds that a server may ask for. If it asks for a longer pause, the call fails. The SDK's own
#: limit is 120.
LONGEST_PAUSE = 900.0
#: The longest pause in seconds that a message states exactly.
LONGEST_SHOWN = 86_400.0
#: The most seconds of one call, from its beginning to the end of its answer. An upload gets more time, depending on its
#: size.
TIMEOUT = 600.0


class Call(Struct, frozen=True):
    """Describes one HTTP request and its response. `seconds` is the time from the request to the headers of the
    response.
    """

    method: str
    path: str
    status: int
    seconds: float


class Wait(Struct, frozen=True):
    """Describes a pause of `seconds` before a call is repeated. `reason` is the message of the error that caused the
    pause.
    """

    reason: str
    seconds: float


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class Session(Struct):
    """Makes calls to one API endpoint. Several threads can use one session.

    The session calls `observe` with every `Call` and every `Wait`. `timeout` is the longest time of one call, in
    seconds. Before a call is repeated, the session calls `rest`, which waits for a number of seconds. If `rest` returns
    True, the run must end, and the call is not repeated.
    """

    endpoint: Endpoint
    observe: Callable[[Call | Wait], None] = lambda event: None
    pace: Pace = field(default_factory=lambda: Pace(PARALLELISM))
    timeout: float = TIMEOUT
    rest: Callable[[float], bool] = _sleep
    _client: ApiClient | None = None
    _answered: bool = False
    _is_closed: bool = False
    _lock: Lock = field(default_factory=Lock)

    def read(self, function: Callable[[ApiClient], T]) -> T:
        """Calls `function` and returns its result. `function` sends a request that changes nothing. The call is
        repeated after an error that may be temporary. Raises ApiError if no attempt succeeds.
        """
        return self._attempt(function, unanswered=Unavailable)

    def write(self, function: Callable[[ApiClient], T]) -> T:
        """Calls `function` and returns its result. `function` sends a request that is safe to repeat, such as an update
        or a delete. The call is repeated after an error that may be temporary. Raises ApiError if no attempt succeeds.
        """
        return self._attempt(function, unanswered=Unavailable)

    def create(self, function: Callable[[ApiClient], T]) -> T:
        """Calls `function` and returns its result. `function` sends a request that must not be carried out twice.

        The call is repeated only if the request was certainly not carried out: after a refused connection, a 429
        (unless the account has no credit) or a 409. Raises Ambiguous if the response was lost. Raises ApiError after
        other errors.
        """
        return self._attempt(function, unanswered=Ambiguous)

    def stream(self, function: Callable[[ApiClient], Any]) -> EventStream:
        """Calls `function` and returns the events of the response. `function` sends a request with `stream=True`.

        The call is repeated under the same conditions as in `create`. If an error occurs before the response begins,
        raises ApiError. If an error occurs while the events are read, the iteration raises StreamCut. Other calls can
        be made while the events are read.
        """
        return self._attempt(lambda client: open_events(function(client)), unanswered=Ambiguous)

    def prepare(self, load: Callable[[ApiClient], object]) -> None:
        """Creates the client, and calls `load` with the client. `load` uses the parts of the SDK that later calls need,
        so that these parts are imported now. Sends no request.
        """
        load(self._open())

    def close(self) -> None:
        """Closes the connections of the session. Calls that other threads are making fail, and no further call can be
        made.
        """
        with self._lock:
            self._is_closed = True
            if self._client is not None:
                self._client.close()
                self._client = None

    def _attempt(self, function: Callable[[ApiClient], T], *, unanswered: type[Unavailable]) -> T:
        with sdk_names(unanswered):
            return self._attempt_until_answered(function, unanswered)

    def _attempt_until_answered(self, function: Callable[[ApiClient], T], unanswered: type[Unavailable]) -> T:
        attempt = 1
        while True:
            try:
                with self.pace.call():
                    answer = function(self._open())
            except call_errors() as error:
                ours = self._located(self._without_key(translate(error, unanswered=unanswered)))
                delay = self._before_repeating(ours, error, attempt)
                if delay is None or self._is_closed or self.pace.stopped():
                    raise ours from error
            else:
                self._answered = True
                return answer
            self.observe(Wait(ours.message, delay))
            if self.rest(delay):
                raise ours
            attempt += 1

    def _without_key(self, error: ApiError) -> ApiError:
        """Returns `error` without the API key in its message. Some servers repeat the key in their error messages."""
        error.message = redact(error.message)
        return error

    def _located(self, error: ApiError) -> ApiError:
        """Returns an error that tells the user to try another base URL, if the server has answered no call yet, also
        returns 404 for `/models`, and the base URL contains no version such as `/v1`. Otherwise returns `error`.
        """
        if not isinstance(error, NotFound) or self._answered or has_version(self.endpoint.base_url):
            return error
        try:
            self._open().get("/models")
        except call_errors() as other:
            if getattr(other, "status_code", None) != 404:
                return error
            base = self.endpoint.base_url.rstrip("/")
            hint = f"OPENAI_BASE_URL, or `base_url:` in the settings, is {base}: most servers want {base}/v1"
            return ApiError(f"the server knows none of the API's paths: {error.message}", status=404, hint=hint)
        self._answered = True
        return error

    def _before_repeating(self, ours: ApiError, error: Exception, attempt: int) -> float | None:
        """Returns the number of seconds to wait before the call is repeated. Returns None if the call must not be
        repeated, because this would not help or could do harm. `error` is the exception, `ours` is the translated
        error, and `attempt` is the number of the attempt. If the call is repeated after a 429 or 503, other calls of
        this kind are slowed down too. If the API asks for a longer wait than LONGEST_PAUSE, `ours` gets a hint about
        this.
        """
        most = LATER_ATTEMPTS if ours.status == 429 else ATTEMPTS
        if attempt >= most or not _may_repeat(ours, error):
            return None
        asked = asked_delay(getattr(getattr(error, "response", None), "headers", {}))
        if asked is not None and asked > LONGEST_PAUSE:
            wait = f"{asked:.0f} s" if asked <= LONGEST_SHOWN else "more than a day"
            ours.hint = f"the API asks to wait {wait}; run the command again then"
            return None
        delay = own_delay(attempt) if asked is None else asked
        response = getattr(error, "response", None)
        if ours.status in (429, 503) and response is not None:
            self.pace.slow_down(response.request.method, response.request.url.path, delay)
        return delay

    def _open(self) -> ApiClient:
        with self._lock:
            if self._is_closed:
                raise Unavailable("the session is closed")
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> ApiClient:
        register(self.endpoint.api_key)
        return open_client(self.endpoint, self.timeout, begun=self._begin, answered=self._note)

    def _begin(self, request: Any) -> None:
        self.pace.begin(request.method, request.url.path)
        request.extensions["started"] = time.monotonic()

    def _note(self, response: Any) -> None:
        request = response.request
        method, path = request.method, request.url.path
        seconds = time.monotonic() - request.extensions["started"]
        sent = read_count(request.headers.get("content-length", "0" if method in ("GET", "DELETE") else None))
        self.pace.note(method, path, response.status_code, response.headers, seconds, sent)
        self.observe(Call(method, path, response.status_code, seconds))


def _may_repeat(ours: ApiError, error: Exception) -> bool:
    """Returns whether the call may be repeated after an error: a repeated call can do no harm, and it may help. `error`
    is the client's exception, and `ours` is the translated error.
    """
    if isinstance(ours, Ambiguous) or (isinstance(error, Unreadable) and not error.passing) or is_unusable(error):
        return False
    if isinstance(ours, Rejected):
        return ours.status == 409
    return isinstance(ours, Unavailable) or is_refused(error)
