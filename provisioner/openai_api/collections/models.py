"""The models of an account, with the dates on which they are shut down."""

from __future__ import annotations

from datetime import date
from typing import Any

from provisioner.openai_api.http.answers import read_json
from provisioner.openai_api.http.session import Session


def shutdown_dates(session: Session) -> dict[str, date | None]:
    """Returns the shutdown date of every model in GET /models, or None if none is announced. Raises ApiError.

    Some servers only resemble the API, so malformed entries are omitted, and malformed dates count as none.
    """
    body: Any = session.read(lambda client: read_json(client.models.with_raw_response.list()))
    listed = body.get("data") if isinstance(body, dict) else None
    models = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {each["id"]: parse_day(each.get("shutdown_date")) for each in models if isinstance(each.get("id"), str)}


def parse_day(written: object) -> date | None:
    """Returns a day in the API's format (`2027-01-14`, perhaps followed by a time), or None."""
    try:
        return date.fromisoformat(written[:10]) if isinstance(written, str) else None
    except ValueError:
        return None
