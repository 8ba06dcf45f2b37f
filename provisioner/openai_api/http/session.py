"""A session with the API: one client for all workers. Every call is reported, translated and, if it is safe,
retried.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from provisioner.core.defaults import PARALLELISM
from provisioner.core.endpoint import Endpoint, has_version
from provisioner.core.errors import Ambiguous, ApiError, NotFound, Rejected, Unavailable
from provisioner.core.text.redaction import redact, register
from provisioner.openai_api.http.answers import Unreadable
from provisioner.openai_api.http.client import open_client
from provisioner.openai_api.http.delay import asked_delay, own_delay
from provisioner.openai_api.http.installed_sdk import sdk_names
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.translation import UNREADABLE, is_refused, is_unusable, translate

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")

#: The most attempts for a call, and for one that the server only asks to repeat later.
ATTEMPTS = 6
LATER_ATTEMPTS = 20
#: The longest pause that a server may ask for, in seconds; for a longer one the run ends. The SDK's own limit is 120.
LONGEST_PAUSE = 900.0
#: The longest pause that a message repeats, in seconds.
LONGEST_SHOWN = 86_400.0
#: Seconds that one call may take, from its beginning to the end of its answer. Uploads get more, by their size.
TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP exchange. `seconds` is the time from the request to the headers of the answer."""

    method: str
    path: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause of `seconds` before a retry."""

    reason: str
    seconds: float


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


@dataclass(slots=True)
class Session:
    """Calls to one endpoint. Thread-safe.

    `observe` is called with every `Call` and `Wait`; `timeout` is the whole time of one call, in seconds. `rest` waits
    before a call is repeated, and returns whether the run is to end instead.
    """

    endpoint: Endpoint
    observe: Callable[[Call | Wait], None] = lambda event: None
    pace: Pace = field(default_factory=lambda: Pace(PARALLELISM))
    timeout: float = TIMEOUT
    rest: Callable[[float], bool] = _sleep
    _client: OpenAI | None = None
    _answered: bool = False
    _lock: Lock = field(default_factory=Lock)

    def read(self, function: Callable[[OpenAI], T]) -> T:
        """Returns what `function` reads. It is retried after every error that may be temporary. Raises ApiError."""
        return self._attempt(function, unanswered=Unavailable)

    def write(self, function: Callable[[OpenAI], T]) -> T:
        """Carries out a request that may be sent twice: an update, a delete. Retried. Raises ApiError."""
        return self._attempt(function, unanswered=Unavailable)

    def create(self, function: Callable[[OpenAI], T]) -> T:
        """Carries out a request that must not be sent twice.

        It is repeated only if it certainly was not carried out: after a refused connection or a 429. Raises ApiError,
        and Ambiguous if the answer was lost.
        """
        return self._attempt(function, unanswered=Ambiguous)

    def close(self) -> None:
        """Closes the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _attempt(self, function: Callable[[OpenAI], T], *, unanswered: type[Unavailable]) -> T:
        with sdk_names(unanswered):
            return self._attempt_until_answered(function, unanswered)

    def _attempt_until_answered(self, function: Callable[[OpenAI], T], unanswered: type[Unavailable]) -> T:
        import openai

        attempt = 1
        while True:
            try:
                with self.pace.turn():
                    answer = function(self._open())
            except (openai.OpenAIError, *UNREADABLE) as error:
                ours = self._located(self._without_key(translate(error, unanswered=unanswered)))
                delay = self._before_repeating(ours, error, attempt)
                if delay is None:
                    raise ours from error
            else:
                self._answered = True
                self.pace.speed_up()
                return answer
            self.observe(Wait(ours.message, delay))
            if self.rest(delay):
                raise ours
            attempt += 1

    def _without_key(self, error: ApiError) -> ApiError:
        """Returns the error without the key, because some servers repeat it."""
        error.message = redact(error.message)
        return error

    def _located(self, error: ApiError) -> ApiError:
        """Returns the error, or a clearer one if nothing at all is found below a base URL without a version such as
        `/v1`.
        """
        if not isinstance(error, NotFound) or self._answered or has_version(self.endpoint.base_url):
            return error
        import openai

        try:
            self._open().models.with_raw_response.list()
        except openai.NotFoundError:
            base = self.endpoint.base_url.rstrip("/")
            hint = f"OPENAI_BASE_URL, or `base_url:` in the settings, is {base}: most servers want {base}/v1"
            return ApiError(f"the server knows none of the API's paths: {error.message}", status=404, hint=hint)
        except (openai.OpenAIError, *UNREADABLE):
            return error
        self._answered = True
        return error

    def _before_repeating(self, ours: ApiError, error: Exception, attempt: int) -> float | None:
        """Returns the seconds before the call is repeated, or None if repeating would not help or could do harm."""
        most = LATER_ATTEMPTS if ours.status == 429 else ATTEMPTS
        if attempt >= most or not _may_repeat(ours, error):
            return None
        asked = asked_delay(getattr(getattr(error, "response", None), "headers", {}))
        if asked is not None and asked > LONGEST_PAUSE:
            wait = f"{asked:.0f} s" if asked <= LONGEST_SHOWN else "more than a day"
            ours.hint = f"the API asks to wait {wait}; run the command again then"
            return None
        delay = own_delay(attempt) if asked is None else asked
        if ours.status in (429, 503):
            self.pace.slow_down(delay)
        return delay

    def _open(self) -> OpenAI:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> OpenAI:
        register(self.endpoint.api_key)
        return open_client(self.endpoint, self.timeout, begun=_begin, answered=self._note)

    def _note(self, response: Any) -> None:
        request = response.request
        seconds = time.monotonic() - request.extensions["started"]
        self.observe(Call(request.method, request.url.path, response.status_code, seconds))


def _begin(request: Any) -> None:
    request.extensions["started"] = time.monotonic()


def _may_repeat(ours: ApiError, error: Exception) -> bool:
    """Returns whether repeating the call can help and cannot do harm."""
    if isinstance(ours, Ambiguous) or (isinstance(error, Unreadable) and not error.passing) or is_unusable(error):
        return False
    if isinstance(ours, Rejected):
        return ours.status == 409
    return isinstance(ours, Unavailable) or is_refused(error)
