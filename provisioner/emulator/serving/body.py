"""Reads the body of a request. The body is JSON or a multipart form with files."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import FORMS, FORMS_OR_JSON, Endpoint, Upload, too_large

#: The most bytes of a form in addition to its files, and of a JSON body.
FORM_OVERHEAD, MOST_JSON = 1024 * 1024, 64 * 1024 * 1024


async def read_body(request: Request, endpoint: Endpoint) -> Any:
    """Returns the decoded body of a POST request. Returns None for other methods. Raises Refusal if the body cannot be
    read.

    The result for a form is a mapping from the names of its fields to their values. If the name of a field ends with
    `[]`, the field can occur several times, and the mapping contains the list of its values.
    """
    if request.method != "POST":
        return None
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if endpoint in FORMS and not (is_json and endpoint in FORMS_OR_JSON):
        return await _read_form(request, FORMS[endpoint])
    text = await _bounded(request, MOST_JSON, "body").body()
    try:
        return parse_json(text or b"{}")
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"We could not parse the JSON body of your request: {error}") from error


def parse_json(text: bytes) -> Any:
    """Returns the parsed JSON of `text`. Raises ValueError if `text` is not JSON. Also raises ValueError if `text`
    contains NaN, a number that a float cannot represent, or an unpaired surrogate.
    """
    value = json.loads(text, parse_constant=_read_number, parse_float=_read_number, parse_int=_read_integer)
    if b"\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _read_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number in JSON, or too large")
    return number


def _read_integer(text: str) -> int:
    _read_number(text)
    return int(text)


async def _read_form(request: Request, most: int) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(400, "The request must be multipart/form-data.", code="invalid_content_type")
    if int(request.headers.get("content-length", "0")) > most + FORM_OVERHEAD:
        raise too_large(most, "file")
    form: dict[str, Any] = {}
    try:
        async with _bounded(request, most + FORM_OVERHEAD, "file").form() as parts:
            for name, value in parts.multi_items():
                part: Upload | str
                if isinstance(value, UploadFile):
                    part = Upload(value.filename or "upload", await value.read())
                else:
                    part = value
                if name.endswith("[]"):
                    form.setdefault(name, []).append(part)
                else:
                    form[name] = part
    except MultiPartException as error:
        raise Refusal(400, f"We could not parse the form in your request: {error.message}") from error
    return form


def _bounded(request: Request, most: int, param: str) -> Request:
    """Returns a request that limits its body to `most` bytes. If the body is longer, reading it raises Refusal. The
    limit applies even if the request does not state the length of its body. `param` is the name of the field in error
    messages.
    """
    left = most

    async def receive() -> Message:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise too_large(most, param)
        return message

    return Request(request.scope, receive)
