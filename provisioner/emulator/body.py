"""Reads the body of a request: JSON, or a form with a file."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from provisioner.emulator import files
from provisioner.emulator.refusal import Refusal
from provisioner.emulator.request import Upload

FORM_PATH = "/v1/files"
FORM_OVERHEAD = 1024 * 1024


async def read_body(request: Request) -> Any:
    """Returns the decoded body of a POST, None for other methods. Raises Refusal if it cannot be read."""
    if request.method != "POST":
        return None
    if request.scope["path"] == FORM_PATH:
        return await _read_form(request)
    text = await request.body()
    try:
        return parse_json(text or b"{}")
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"We could not parse the JSON body of your request: {error}") from error


def parse_json(text: bytes) -> Any:
    """Decodes JSON strictly: no NaN, no number that a float cannot hold, no unpaired surrogate."""
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


async def _read_form(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(400, "The request must be multipart/form-data.", code="invalid_content_type")
    if int(request.headers.get("content-length", "0")) > files.MAX_BYTES + FORM_OVERHEAD:
        raise files.too_large()
    form: dict[str, Any] = {}
    try:
        async with request.form() as parts:
            for name, value in parts.multi_items():
                if isinstance(value, UploadFile):
                    form[name] = Upload(value.filename or "upload", await value.read())
                else:
                    form[name] = value
    except MultiPartException as error:
        raise Refusal(400, f"We could not parse the form in your request: {error.message}") from error
    return form
