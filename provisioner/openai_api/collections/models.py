"""Reads the models that an account can use, with the dates on which OpenAI shuts them down."""

from __future__ import annotations

from datetime import date
from typing import Any

from provisioner.openai_api.http.answers import read_json
from provisioner.openai_api.http.session import Session


def shutdown_dates(session: Session) -> dict[str, date | None]:
    """Returns the date on which OpenAI shuts down each model that the account can use, keyed by the name of the model.
    A date is None if OpenAI has announced no date. The dates come from the response to GET /models. Raises ApiError if
    the request fails.

    Some servers differ from OpenAI's API. So malformed entries are left out, and a malformed date becomes None.
    """
    body: Any = session.read(lambda client: read_json(client.get("/models")))
    listed = body.get("data") if isinstance(body, dict) else None
    models = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {each["id"]: parse_day(each.get("shutdown_date")) for each in models if isinstance(each.get("id"), str)}


def parse_day(written: object) -> date | None:
    """Returns the date in `written`, a text such as `2027-01-14`. A time may follow the date. Returns None for any
    other value.
    """
    try:
        return date.fromisoformat(written[:10]) if isinstance(written, str) else None
    except ValueError:
        return None
