"""Every exception of the SDK becomes one of ours, and a new one is noticed."""

from __future__ import annotations

import inspect
import json
from typing import Any

import httpx2
import openai
import pytest

from provisioner.core import errors
from provisioner.core.errors import Ambiguous, ApiError, NotFound, OutOfCredit, Rejected, Unauthorized, Unavailable
from provisioner.openai_api.http.translation import translate

REQUEST = httpx2.Request("POST", "https://api.openai.com/v1/files")

#: The SDK's errors that a status brings, by status.
STATUSES: dict[int, tuple[type[openai.APIStatusError], type[ApiError]]] = {
    400: (openai.BadRequestError, Rejected),
    401: (openai.AuthenticationError, Unauthorized),
    403: (openai.PermissionDeniedError, Unauthorized),
    404: (openai.NotFoundError, NotFound),
    409: (openai.ConflictError, Rejected),
    422: (openai.UnprocessableEntityError, Rejected),
    429: (openai.RateLimitError, Unavailable),
    500: (openai.InternalServerError, Unavailable),
    503: (openai.InternalServerError, Unavailable),
}
#: Those that have no status of their own.
OTHERS = {openai.APIConnectionError, openai.APITimeoutError, openai.APIResponseValidationError, openai.OAuthError}
ROOTS = {openai.OpenAIError, openai.APIError, openai.APIStatusError}
#: Those that no call of ours can raise: they belong to features that we do not use.
NOT_RAISED = {
    openai.ContentFilterFinishReasonError,  # parsed completions
    openai.LengthFinishReasonError,  # parsed completions
    openai.InvalidWebhookSignatureError,  # webhooks
    openai.WebSocketConnectionClosedError,  # realtime
    openai.WebSocketQueueFullError,  # realtime
}


def test_the_sdk_has_no_exception_that_nobody_thought_of() -> None:
    exported = {
        each
        for name in openai.__all__
        if inspect.isclass(each := getattr(openai, name)) and issubclass(each, Exception)
    }
    assert exported == {theirs for theirs, _ in STATUSES.values()} | OTHERS | ROOTS | NOT_RAISED


def status_error(status: int, **body: Any) -> openai.APIStatusError:
    """What the SDK raises for an answer of this status."""
    client = openai.OpenAI(api_key="none", max_retries=0)
    response = httpx2.Response(status, request=REQUEST, content=json.dumps({"error": body}))
    return client._make_status_error_from_response(response)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("status", STATUSES)
def test_a_status(status: int) -> None:
    theirs, ours = STATUSES[status]
    error = status_error(status, message="No.", code="some_code")
    assert type(error) is theirs
    translated = translate(error)
    assert type(translated) is ours
    assert (translated.status, translated.code) == (status, "some_code")
    assert "No." in translated.message
    assert "Error code" not in translated.message


#: What the next step of a status has to name.
NEXT = {
    400: "provision plan",
    401: "OPENAI_API_KEY",
    403: "permission `Files: Write`",
    404: "provision plan",
    408: "run the command again",
    409: "run the command again",
    413: "smaller",
    418: "OPENAI_BASE_URL",
    422: "provision plan",
    429: "--parallelism",
    500: "run the command again",
    502: "run the command again",
    503: "run the command again",
    529: "run the command again",
}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("status", NEXT)
@pytest.mark.parametrize("body", [{"message": "No."}, {}], ids=["said", "empty"])
def test_a_status_carries_a_next_step(status: int, body: dict[str, str]) -> None:
    hint = translate(status_error(status, **body)).hint
    assert hint is not None
    assert NEXT[status] in hint


@pytest.mark.parametrize("status", [500, 502, 408])
def test_what_may_have_been_carried_out_is_looked_up_by_the_next_run(status: int) -> None:
    hint = translate(status_error(status, message="?"), unanswered=Ambiguous).hint
    assert hint is not None
    assert "first looks for the result of the request" in hint


UNANSWERED = [
    openai.APITimeoutError(httpx2.Request("GET", "https://api.openai.com/v1/files")),
    ValueError("the JSON ends early"),
]


@pytest.mark.parametrize("error", UNANSWERED, ids=["time-out", "cut"])
def test_only_of_a_create_it_is_found_out_what_became_of_it(error: Exception) -> None:
    read, create = translate(error), translate(error, unanswered=Ambiguous)
    assert read.hint is not None
    assert create.hint is not None
    assert "what became of" not in read.hint
    assert "run the command again" in read.hint
    assert "first looks for the result of the request" in create.hint


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("status", "lost"), [(500, True), (503, True), (408, True), (429, False), (400, False)])
def test_a_create_without_a_clear_answer_is_ambiguous(status: int, lost: bool) -> None:
    assert isinstance(translate(status_error(status, message="?"), unanswered=Ambiguous), Ambiguous) == lost


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "code",
    [
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "project_spend_limit_exceeded",
        "organization_spend_limit_exceeded",
    ],
)
def test_no_waiting_helps_without_credit(code: str) -> None:
    translated = translate(status_error(429, message="You are out.", code=code))
    assert isinstance(translated, OutOfCredit)
    assert translated.hint is not None
    assert "credit" in translated.hint


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "slow_down", None])
def test_a_rate_limit_can_be_waited_for(code: str | None) -> None:
    assert type(translate(status_error(429, message="Slow down.", code=code))) is Unavailable


def connection_error(cause: Exception) -> openai.APIConnectionError:
    error = openai.APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    return error


def test_a_refused_connection_was_not_carried_out() -> None:
    error = connection_error(httpx2.ConnectError("Connection refused"))
    translated = translate(error, unanswered=Ambiguous)
    assert type(translated) is Unavailable
    assert "Connection refused" in translated.message


def test_a_lost_connection_may_have_been_carried_out() -> None:
    error = connection_error(httpx2.ReadError("Connection reset by peer"))
    assert type(translate(error, unanswered=Ambiguous)) is Ambiguous
    assert type(translate(error)) is Unavailable


def test_a_time_out_may_have_been_carried_out() -> None:
    error = openai.APITimeoutError(request=REQUEST)
    assert type(translate(error, unanswered=Ambiguous)) is Ambiguous
    assert type(translate(error)) is Unavailable


def test_a_refused_token_is_a_wrong_key() -> None:
    body = {"error": "invalid_grant"}
    error = openai.OAuthError(response=httpx2.Response(401, request=REQUEST, json=body), body=body)
    assert isinstance(translate(error), Unauthorized)


def test_an_answer_that_is_no_json_may_have_been_carried_out() -> None:
    error = json.JSONDecodeError("Expecting value", "<html>", 0)
    assert type(translate(error, unanswered=Ambiguous)) is Ambiguous


def test_the_tree_in_the_docstring_names_every_error() -> None:
    defined = {
        name for name, each in vars(errors).items() if inspect.isclass(each) and issubclass(each, errors.ProvisionError)
    }
    assert errors.__doc__ is not None
    drawn = {line.strip("│├└─ ").split()[0] for line in errors.__doc__.splitlines()[2:] if line}
    assert drawn == defined
