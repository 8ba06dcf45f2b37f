"""Translates the exceptions of the API client and of the SDK into the errors of provision. No other module translates
them.
"""

from __future__ import annotations

import sys
from typing import Any

from provisioner.core.errors import Ambiguous, ApiError, NotFound, OutOfCredit, Rejected, Unauthorized, Unavailable
from provisioner.openai_api.http.answers import Unreadable, error_messages_in, text_of
from provisioner.openai_api.http.decoding import SEARCHED, Undecodable, decode, first_line, printable

#: Error codes of a 429 after which waiting does not help (API reference, error codes).
NO_CREDIT = ("insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached")
AGAIN = "run the command again: it first looks for the result of the request"
#: The hint after a request that creates nothing, so that the next run need not look for a new object.
UNANSWERED = "wait a minute, then run the command again; check the network, and OPENAI_BASE_URL if it is set"
SPEND_LIMIT = "_spend_limit_exceeded"

UNREADABLE_HINT = "check OPENAI_BASE_URL: something that is not the API, or another version of it, seems to answer"
#: The most characters of the server's error message that a message repeats.
MOST = 500
#: The permissions of a restricted API key, by a part of the request's path. The first part that matches counts.
RIGHTS = (
    ("vector_stores", "Vector Stores"),
    ("assistants", "Assistants"),
    ("agents", "Agents"),
    ("files", "Files"),
    ("models", "Models"),
)

WRONG_VALUE = "correct in the manifests what the message names; `provision plan` shows what would be sent"
TOO_LARGE = "send less at once: make the file smaller or split it, or shorten the text that the message names"
#: What the user should do next, by HTTP status.
NEXT_STEPS = {
    400: WRONG_VALUE,
    404: "look with `provision plan` whether it is still live; where every call answers 404, check OPENAI_BASE_URL",
    409: "wait until the other change of the same object is done, then run the command again",
    413: TOO_LARGE,
    422: WRONG_VALUE,
    429: "wait a minute, then run the command again, with fewer calls at once (--parallelism 4)",
}
SERVER_FAILED = "wait a minute, then run the command again; the fault is the server's (status.openai.com)"
OTHERWISE = "check OPENAI_BASE_URL, and that the server speaks OpenAI's API; the message says why it refuses"

#: Errors of other classes. They occur if an answer ends in the middle of JSON or of a character, or if its headers name
#: something that Python does not know, such as a charset.
UNREADABLE = (Unreadable, ValueError, LookupError)

#: The class of the error for the status of a response. From 500 on, it is Unavailable; for any other status, ApiError.
STATUS_ERRORS: dict[int, type[ApiError]] = {
    400: Rejected,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: Rejected,
    422: Rejected,
    429: Unavailable,
}


def call_errors() -> tuple[type[Exception], ...]:
    """Returns the classes of errors that a call can raise and that `translate` accepts. The error classes of the SDK
    are included only if the SDK is loaded already, because loading the SDK takes long.
    """
    from provisioner.openai_api.http.apiclient import CallFailed

    return (CallFailed, _sdk_class("OpenAIError"), *UNREADABLE)


def _sdk_class(name: str) -> type[Exception]:
    """Returns the SDK's class of errors with this name. If the SDK is not loaded, or if another thread is loading it,
    returns `_NotLoaded`, because the SDK cannot have raised an error in this case.
    """
    sdk = sys.modules.get("openai")
    if sdk is None or getattr(getattr(sdk, "__spec__", None), "_initializing", False):
        return _NotLoaded
    found: type[Exception] = getattr(sdk, name)
    return found


class _NotLoaded(Exception):
    """The error class that replaces the SDK's error classes while the SDK is not loaded. It is never raised."""


def translate(error: Exception, *, unanswered: type[Unavailable] = Unavailable) -> ApiError:
    """Returns provision's error for an exception of the API client or of the SDK. `unanswered` is the class of the
    returned error if the response was lost: Ambiguous for a create request, and Unavailable for any other request.
    """
    from provisioner.openai_api.http.apiclient import CallFailed, StatusError

    if isinstance(error, Unreadable):
        return unanswered(str(error), status=error.status, hint=UNREADABLE_HINT)
    if isinstance(error, UNREADABLE):
        return unanswered("the API's answer ended early, or is not JSON", hint=_unanswered_hint(unanswered))
    if isinstance(error, StatusError | _sdk_class("APIStatusError")):
        return _from_status(error, unanswered)
    if isinstance(error, CallFailed | _sdk_class("APIConnectionError")):
        return _from_connection(error, unanswered)
    return ApiError(f"the API's answer could not be read: {error}", hint=UNREADABLE_HINT)


def _unanswered_hint(unanswered: type[Unavailable]) -> str:
    """Returns a text that says what the user should do if the response was lost. `unanswered` is Ambiguous for a create
    request. Only the text for a create request says that the next run looks for a new object.
    """
    return AGAIN if unanswered is Ambiguous else UNANSWERED


def _from_connection(error: Any, unanswered: type[Unavailable]) -> ApiError:
    import httpx2

    if isinstance(error, _sdk_class("APITimeoutError")) or isinstance(error.__cause__, httpx2.TimeoutException):
        return unanswered(f"the API did not answer in time ({call_of(error)})", hint=_unanswered_hint(unanswered))
    if is_refused(error):
        unanswered = Unavailable
    reason = f"{printable(_innermost(error), MOST)} ({call_of(error)})"
    if is_unusable(error):
        return unanswered(f"the API's answer cannot be used: {reason}", hint=UNREADABLE_HINT)
    if unanswered is Ambiguous:
        return Ambiguous(f"the API's answer was lost: {reason}", hint=AGAIN)
    return unanswered(
        f"the API cannot be reached: {reason}", hint="check the network, and OPENAI_BASE_URL if it is set"
    )


def is_unusable(error: BaseException) -> bool:
    """Returns whether `error` means that the response was too long or could not be decompressed. In both cases, a
    repeated call would not help.
    """
    import httpx2

    from provisioner.openai_api.http.deadline import Overlong
    from provisioner.openai_api.http.transport import Oversized

    cause = error.__cause__
    overlong = cause is not None and isinstance(cause.__cause__, Overlong)
    return overlong or isinstance(cause, Oversized | httpx2.DecodingError)


def is_refused(error: BaseException) -> bool:
    """Returns whether `error` means that no connection was made. In this case, the server has certainly not carried out
    the request.
    """
    import httpx2

    cause = error.__cause__
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def _from_status(error: Any, unanswered: type[Unavailable]) -> ApiError:
    status, code = error.status_code, _code(error)
    message = f"{_message(error)} ({call_of(error)} answered {status})"
    if 300 <= status < 400:
        return _from_redirect(error, message, unanswered)
    kind = STATUS_ERRORS.get(status, Unavailable if status >= 500 else ApiError)
    if status == 403:
        hint = missing_right(error.request.method, error.request.url.path)
        return Unauthorized(f"the API refused this call: {message}", status=status, code=code, hint=hint)
    if kind is Unauthorized:
        hint = "check OPENAI_API_KEY, and that the key may use this project"
        return Unauthorized(f"the API refused the key: {message}", status=status, code=code, hint=hint)
    if status == 429 and code is not None and (code in NO_CREDIT or code.endswith(SPEND_LIMIT)):
        hint = "add credit or raise the limit at OpenAI, then run the command again"
        return OutOfCredit(f"the account cannot pay: {message}", status=status, code=code, hint=hint)
    if status == 408 or (kind is Unavailable and status != 429):
        kind = unanswered
    return kind(message, status=status, code=code, hint=AGAIN if kind is Ambiguous else next_step(status))


def next_step(status: int) -> str:
    """Returns a text that says what the user should do after a response with this HTTP status. It is used if the error
    code in the response does not give more information.
    """
    return NEXT_STEPS.get(status, SERVER_FAILED if status >= 500 or status == 408 else OTHERWISE)


def _from_redirect(error: Any, message: str, unanswered: type[Unavailable]) -> ApiError:
    """Returns the error, with the text `message`, for a redirect that the client did not follow. The server may already
    have carried out the request, unless the status is 307 or 308. In this case, the error is Ambiguous if `unanswered`
    is Ambiguous (for a create request). Otherwise the error is ApiError.
    """
    from provisioner.openai_api.http.transport import REDIRECT, origin_text

    status, here = error.status_code, origin_text(error.request.url)
    there = error.response.extensions.get(REDIRECT)
    if there is None:
        return ApiError(message, status=status, hint=OTHERWISE)
    where = printable(there, MOST) if there else "a place that is no URL"
    if there == here:
        where = "another place on the same server"
    message = (
        f"{here} redirects to {where}, which is not followed: what is sent may hold prompts, files and the key "
        f"({call_of(error)} answered {status})"
    )
    hint = (
        "check OPENAI_BASE_URL, or `base_url:` in the settings: it must name the server that answers without a redirect"
    )
    carried_out = unanswered is Ambiguous and status not in (307, 308)
    return (Ambiguous if carried_out else ApiError)(message, status=status, hint=hint)


def call_of(error: Any) -> str:
    """Returns the method and the path of a request. `error` is the error that the request caused."""
    return f"{error.request.method} {printable(error.request.url.path, MOST)}"


def missing_right(method: str, path: str) -> str:
    """Returns a hint for a request that was refused with the status 403. `method` and `path` are those of the request.
    The hint names the permission that the API key probably lacks, as OpenAI's settings for API keys name it. If no
    permission is known for the path, the hint is general.
    """
    found = next((right for part, right in RIGHTS if f"/{part}" in path), None)
    verb = "Read" if method == "GET" else "Write"
    if found is None:
        return "check that the key may make this call, and use this project"
    return f"the key lacks the permission `{found}: {verb}`; edit the key's permissions, or use another key"


def _message(error: Any) -> str:
    """Returns the error message in the server's response. `error` is the error of the client. If the format of the
    response is unknown, returns the first line of the response.
    """
    content = error.response.content
    try:
        message = next(iter(error_messages_in(decode(content))), "")
    except Undecodable:
        message = ""
    shown = (
        printable(" ".join(message.split()), MOST)
        if message
        else first_line(content[:SEARCHED].decode("utf-8", "replace"))
    )
    return shown or "no reason given"


def _code(error: Any) -> str | None:
    """Returns the error code in the server's response, such as `insufficient_quota`. Returns None if there is none."""
    try:
        body = decode(error.response.content)
    except Undecodable:
        return None
    inner = body.get("error", body) if isinstance(body, dict) else None
    return text_of(inner.get("code")) if isinstance(inner, dict) else None


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


__all__ = ["UNREADABLE", "Ambiguous", "call_errors", "is_refused", "is_unusable", "translate"]
