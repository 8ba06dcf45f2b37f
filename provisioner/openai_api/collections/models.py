"""The models that an account can use, with the dates on which they are shut down."""

from __future__ import annotations

from datetime import date
from typing import Any

from provisioner.openai_api.http.answers import read_json
from provisioner.openai_api.http.session import Session


def shutdown_dates(session: Session) -> dict[str, date | None]:
    """The date of every model that GET /models lists, None where none is announced. Raises ApiError.

    What is not as the API has it is left out, or counts as no date: there are servers that only resemble the API.
    """
    body: Any = session.read(lambda client: read_json(client.models.with_raw_response.list()))
    listed = body.get("data") if isinstance(body, dict) else None
    models = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {each["id"]: parse_day(each.get("shutdown_date")) for each in models if isinstance(each.get("id"), str)}


def parse_day(written: object) -> date | None:
    """A day as the API writes it (`2027-01-14`, perhaps with a time behind it), or None."""
    try:
        return date.fromisoformat(written[:10]) if isinstance(written, str) else None
    except ValueError:
        return None
