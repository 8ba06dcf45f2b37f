"""How the API says no: status, message, type, param and code, in OpenAI's shape and wording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Refusal(Exception):
    """A request that is answered with an error object."""

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
        """The error object, as OpenAI's specification has it (`ErrorResponse`)."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def no_such_url(method: str, path: str) -> Refusal:
    """What any path that the API does not have is answered with."""
    return Refusal(404, f"Invalid URL ({method} {path})")


def invalid(param: str, reason: str, code: str = "invalid_value") -> Refusal:
    """A value that has the right type and is not allowed."""
    return Refusal(400, f"Invalid '{param}': {reason}", code=code, param=param)


def unknown_parameter(param: str) -> Refusal:
    """A field that the endpoint does not take."""
    return Refusal(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def missing_parameter(param: str) -> Refusal:
    """A required field that is not there."""
    return Refusal(400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def invalid_type(param: str, expected: str, value: Any) -> Refusal:
    """A value of another JSON type than the endpoint takes."""
    message = f"Invalid type for '{param}': expected {expected}, but got {describe(value)} instead."
    return Refusal(400, message, code="invalid_type", param=param)


def unsupported_value(param: str, value: Any, allowed: Sequence[Any]) -> Refusal:
    """A value outside an enumeration."""
    quoted = [f"'{item}'" for item in allowed]
    listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
    shown = f"'{value}'"
    return Refusal(400, f"Invalid value: {shown}. Supported values are: {listed}.", code="invalid_value", param=param)


def describe(value: Any) -> str:
    """A JSON value's type as OpenAI's messages name it."""
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal"),
        (str, "a string"),
        (list, "an array"),
        (dict, "an object"),
    ]
    return next((name for kind, name in names if isinstance(value, kind)), "null")
