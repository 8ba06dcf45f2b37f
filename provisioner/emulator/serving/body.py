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
from provisioner.emulator.serving.plain_form import MOST_BYTES, parse_plain_form, read_boundary

#: The most bytes of a form in addition to its files, and of a JSON body.
FORM_OVERHEAD, MOST_JSON = 1024 * 1024, 64 * 1024 * 1024

#: The name of a file whose part of the form has none.
UNNAMED = "upload"

Field = tuple[str, Upload | str]


async def read_body(request: Request, endpoint: Endpoint) -> Any:
    """Returns the decoded body of a POST request. Returns None for other methods. `endpoint` determines whether the
    body is a form or JSON. Raises Refusal if the body cannot be read.

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
    contains NaN, a number that a float cannot represent, or an escape (such as `\\ud800`) of an unpaired surrogate.
    """
    value = _DECODER.decode(text.decode(json.detect_encoding(text), "surrogatepass"))
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


_DECODER = json.JSONDecoder(parse_constant=_read_number, parse_float=_read_number, parse_int=_read_integer)


async def _read_form(request: Request, most: int) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        raise Refusal(400, "The request must be multipart/form-data.", code="invalid_content_type")
    length = int(request.headers.get("content-length", "0"))
    if length > most + FORM_OVERHEAD:
        raise too_large(most, "file")
    request = _bounded(request, most + FORM_OVERHEAD, "file")
    boundary = read_boundary(content_type)
    if boundary and 0 < length <= MOST_BYTES:
        parts = _read_plain_parts(await request.body(), boundary)
        if parts is not None:
            return _gather(parts)
    return _gather(await _read_parts(request))


def _read_plain_parts(body: bytes, boundary: bytes) -> list[Field] | None:
    parts = parse_plain_form(body, boundary)
    if parts is None:
        return None
    try:
        return [
            (name, data.decode() if filename is None else Upload(filename or UNNAMED, data))
            for name, filename, data in parts
        ]
    except UnicodeDecodeError:
        return None  # The general parser decides how to decode it.


async def _read_parts(request: Request) -> list[Field]:
    try:
        async with request.form() as parts:
            return [
                (
                    name,
                    Upload(value.filename or UNNAMED, await value.read()) if isinstance(value, UploadFile) else value,
                )
                for name, value in parts.multi_items()
            ]
    except MultiPartException as error:
        raise Refusal(400, f"We could not parse the form in your request: {error.message}") from error


def _gather(parts: list[Field]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for name, part in parts:
        if name.endswith("[]"):
            form.setdefault(name, []).append(part)
        else:
            form[name] = part
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
