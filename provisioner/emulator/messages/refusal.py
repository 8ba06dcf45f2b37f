"""Defines refusals of requests. A refusal has OpenAI's format (status, message, type, param and code) and, if it is
known, OpenAI's message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: The code of a refusal that the installed SDK causes, and not the request.
UNUSABLE_SDK = "unusable_sdk"


class Refusal(Exception):
    """Raised if the emulator refuses a request. The client gets an error object. `param` is the name of the wrong
    field, and `kind` is the type of the error.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Returns the error object in the format of OpenAI's specification (`ErrorResponse`)."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def no_such_url(method: str, path: str) -> Refusal:
    """Returns the refusal of a request with a method and a path that the API does not define."""
    return Refusal(404, f"Invalid URL ({method} {path})")


def invalid(param: str, reason: str, code: str = "invalid_value") -> Refusal:
    """Returns the refusal of a field with a value that has the right type but is not allowed. `param` is the name of
    the field. `reason` completes the message `Invalid '{param}': …`. `code` is the error code.
    """
    return Refusal(400, f"Invalid '{param}': {reason}", code=code, param=param)


def unknown_parameter(param: str) -> Refusal:
    """Returns the refusal of a field that the endpoint does not know. `param` is the name of the field."""
    return Refusal(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def missing_parameter(param: str) -> Refusal:
    """Returns the refusal of a request without a required field. `param` is the name of the field."""
    return Refusal(400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def invalid_type(param: str, expected: str, value: Any) -> Refusal:
    """Returns the refusal of a field with a value of the wrong JSON type. `param` is the name of the field, and
    `expected` describes the right type.
    """
    message = f"Invalid type for '{param}': expected {expected}, but got {describe(value)} instead."
    return Refusal(400, message, code="invalid_type", param=param)


def unsupported_value(param: str, value: Any, allowed: Sequence[Any]) -> Refusal:
    """Returns the refusal of a field with a value that is not in `allowed`. `param` is the name of the field."""
    quoted = [f"'{item}'" for item in allowed]
    listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
    shown = f"'{value}'"
    return Refusal(400, f"Invalid value: {shown}. Supported values are: {listed}.", code="invalid_value", param=param)


def unusable_sdk(reason: str) -> Refusal:
    """Returns the refusal of a request that cannot be checked, because the installed SDK lacks something. `reason` says
    what the SDK lacks.

    The status is 400 and not that of a server error, because a repeated request would fail again.
    """
    message = f"The installed openai SDK {reason}, so the emulator cannot check this request; install another version."
    return Refusal(400, message, code=UNUSABLE_SDK)


def describe(value: Any) -> str:
    """Returns the name of a value's JSON type, as OpenAI's messages write it: for example "a string"."""
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal"),
        (str, "a string"),
        (list, "an array"),
        (dict, "an object"),
    ]
    return next((name for kind, name in names if isinstance(value, kind)), "null")
