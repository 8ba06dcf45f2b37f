"""The one border where the SDK's exceptions become ours."""

from __future__ import annotations

import json
from typing import Any

from provisioner.errors import Ambiguous, ApiError, NotFound, OutOfCredit, Rejected, Unauthorized, Unavailable

#: 429s that no waiting cures (API reference, error codes).
NO_CREDIT = ("insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached")
AGAIN = "run the command again: it finds out first what became of the request"
SPEND_LIMIT = "_spend_limit_exceeded"

#: What the SDK lets through of an answer that ends early: in the midst of JSON, or of a letter.
UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError)

#: Every exception of the SDK that a status brings, with what it and its subclasses become.
STATUS_ERRORS: dict[str, type[ApiError]] = {
    "AuthenticationError": Unauthorized,
    "PermissionDeniedError": Unauthorized,
    "NotFoundError": NotFound,
    "BadRequestError": Rejected,
    "ConflictError": Rejected,
    "UnprocessableEntityError": Rejected,
    "RateLimitError": Unavailable,
    "InternalServerError": Unavailable,
}


def translate(error: Exception, *, unanswered: type[Unavailable] = Unavailable) -> ApiError:
    """Ours for one of the SDK's. `unanswered` is what a lost answer becomes: Ambiguous for a request sent once."""
    import openai

    if isinstance(error, UNREADABLE):
        return unanswered("the API's answer ended early, or is not JSON", hint=AGAIN)
    if isinstance(error, openai.APIStatusError):
        return _from_status(error, unanswered)
    if isinstance(error, openai.APITimeoutError):
        return unanswered("the API did not answer in time", hint=AGAIN)
    if isinstance(error, openai.APIConnectionError):
        if is_refused(error):
            unanswered = Unavailable
        if unanswered is Ambiguous:
            return Ambiguous(f"the API's answer was lost: {_innermost(error)}", hint=AGAIN)
        return unanswered(
            f"the API cannot be reached: {_innermost(error)}",
            hint="check the network, and OPENAI_BASE_URL if it is set",
        )
    return ApiError(f"the API's answer could not be read: {error}")


def is_refused(error: BaseException) -> bool:
    """Whether the connection was never made, so that nothing can have been carried out."""
    import httpx2

    cause = error.__cause__
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def _from_status(error: Any, unanswered: type[Unavailable]) -> ApiError:
    status, code = error.status_code, error.code
    message = _message(error)
    names = (base.__name__ for base in type(error).__mro__)
    kind = next((STATUS_ERRORS[name] for name in names if name in STATUS_ERRORS), ApiError)
    if kind is Unauthorized:
        hint = "check OPENAI_API_KEY, and that the key may use this project"
        return Unauthorized(f"the API refused the key: {message}", status=status, code=code, hint=hint)
    if status == 429 and code is not None and (code in NO_CREDIT or code.endswith(SPEND_LIMIT)):
        hint = "add credit or raise the limit at OpenAI, then run the command again"
        return OutOfCredit(f"the account cannot pay: {message}", status=status, code=code, hint=hint)
    if status == 408 or (kind is Unavailable and status != 429):
        kind = unanswered
    return kind(message, status=status, code=code)


def _message(error: Any) -> str:
    """OpenAI's own words, without the SDK's `Error code: …` around them."""
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    return str(error.message)


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__


__all__ = ["UNREADABLE", "Ambiguous", "is_refused", "translate"]
