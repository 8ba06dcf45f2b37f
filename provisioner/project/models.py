"""Reads the shutdown dates of models. If there is an API key, the dates are requested from the API once a day.
Otherwise, the newest of two lists is used: the last response of the API, and the list in the package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import ApiError, MissingKey, UsageError
from provisioner.core.files.limits import SMALL_BYTES
from provisioner.core.files.own import read_own, replace_own
from provisioner.manifest import Settings
from provisioner.openai_api.collections.models import parse_day, shutdown_dates
from provisioner.openai_api.http.session import Call, Session, Wait
from provisioner.project.credentials import find_endpoint
from provisioner.project.private_folder import FOLDER, check_untracked, open_private
from provisioner.review.lint.dates import Dates, over_packaged, packaged

FILE = "models.json"
#: The source of dates that were just asked for.
API = "the API"
#: The source of dates that were asked for at most a day ago, or earlier if the API cannot be asked now.
CACHED = "the API (cached)"
FRESH = timedelta(days=1)
#: The time limit of the call in seconds. It is short, because nothing depends on the answer.
TIMEOUT = 20.0


def read_dates(
    settings: Settings,
    now: datetime,
    *,
    offline: bool,
    is_cached: bool = True,
    observe: Callable[[Call | Wait], None] = lambda event: None,
) -> Dates:
    """Returns the shutdown dates of models. They come from the cache if the last response of the API is less than a day
    old, otherwise from the API.

    If the API cannot be called, no error is raised: the newest available list is returned, and its `remark` says why.
    If `is_cached` is False, the API is called even if the cache is new. If `offline` is True, the API is not called.
    `now` has a time zone. `observe` is called with each HTTP call.
    """
    try:
        endpoint = None if offline else find_endpoint(settings)
    except MissingKey:
        return _without_api(settings.root, now, "no API key is set")
    except UsageError as error:
        return _without_api(settings.root, now, error.message)
    if endpoint is None:
        return _without_api(settings.root, now, "")
    cached = _read_cache(settings.root, now, endpoint.account) if is_cached else None
    if cached is not None and now - cached[0] < FRESH:
        return cached[1]
    try:
        listed = _ask(endpoint, observe)
    except ApiError as error:
        return _without_api(settings.root, now, error.message, endpoint.account)
    dates = Dates(over_packaged(listed), now.date(), API)
    return _keep(settings.root, now, endpoint.account, listed, dates)


def _ask(endpoint: Endpoint, observe: Callable[[Call | Wait], None]) -> Mapping[str, date | None]:
    """Returns a mapping from each model that the API lists to its shutdown date, or to None if the model has no
    shutdown date.

    The API is called once and without retries, because another list can be used instead.
    """

    def observe_call(event: Call | Wait) -> None:
        if isinstance(event, Call):
            observe(event)

    with closing(Session(endpoint, observe_call, timeout=TIMEOUT, rest=lambda seconds: True)) as session:
        return shutdown_dates(session)


def _without_api(root: Path, now: datetime, remark: str, account: str | None = None) -> Dates:
    cached = _read_cache(root, now, account)
    own = packaged()
    chosen = cached[1] if cached is not None and cached[1].as_of >= own.as_of else own
    return replace(chosen, remark=remark)


def _read_cache(root: Path, now: datetime, account: str | None) -> tuple[datetime, Dates] | None:
    """Returns a pair from the cache: the time of the API's last response, and the shutdown dates in this response.
    Returns None if the cache cannot be used. `root` is the root folder of the project, and `now` is the present time.

    The response must belong to `account`. If `account` is None, a response for any account is used.
    """
    try:
        check_untracked(root / FOLDER)
        body: Any = json.loads(read_own(root / FOLDER / FILE, SMALL_BYTES))
        asked = datetime.fromisoformat(body["asked_at"])
        listed = {str(name): parse_day(day) for name, day in body["models"].items()}
        is_usable = asked <= now and account in (None, body["account"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # It is missing or not readable, so the API is asked again.
    return (asked, Dates(over_packaged(listed), asked.date(), CACHED)) if is_usable else None


def _keep(root: Path, now: datetime, account: str, listed: Mapping[str, date | None], dates: Dates) -> Dates:
    """Writes the API's response `listed` into the cache, and returns `dates`. Only the owner of the cache file can read
    the file.

    If the cache cannot be written, the returned dates have a remark about this, and the next run calls the API again.
    """
    days = {name: day.isoformat() if day else None for name, day in sorted(listed.items())}
    body = {"asked_at": now.astimezone(UTC).isoformat(), "account": account, "models": days}
    try:
        folder = open_private(root)
        replace_own(folder / FILE, json.dumps(body, indent=2).encode(), prefix=FILE, durable=False)
    except OSError as error:
        return replace(dates, remark=f"they cannot be kept in {FOLDER} ({error.strerror})")
    return dates
