"""Forgets objects: removes our mark from an object that stays at OpenAI, and its record from the state."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.engine.adoption import FORMER_NAME
from provisioner.engine.steps import Steps
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import MARK_PREFIX, Change
from provisioner.state.journal import Delta
from provisioner.state.operations import Updating
from provisioner.state.records import Record


def forget(steps: Steps, change: Change) -> None:
    """Removes a record, or a retired object, from the state. The object at OpenAI stays; if it carries the mark of this
    state, the mark is removed first, and metadata keys of others stay. Raises ApiError.
    """
    record = steps.ledger.records.get(change.address)
    live = None if change.retired or record is None else _find_marked(steps, record)
    if record is None or live is None:
        steps.forget(change)
        return
    body = _unmarked(record, live)
    update = partial(steps.collections[record.type].update, record.id, body)
    delta = Delta(remove=change.address)
    steps.ledger.write(Updating({}), change.address, record.type, body, update, lambda answer: delta)


def _find_marked(steps: Steps, record: Record) -> Live | None:
    """Returns the live object if it carries the mark of this state, otherwise None. Raises ApiError."""
    if TYPES[record.type].local or TYPES[record.type].mark is MarkPlace.NOWHERE or record.type in steps.actual.gone:
        return None
    if steps.actual.refreshed and record.address not in steps.actual.live:
        return None
    live = steps.collections[record.type].retrieve(record.id)
    if live is None or steps.collections[record.type].mark_of(live) is None:
        return None
    return live if steps.ownership.judge(record.type, record.address, live) is None else None


def _unmarked(record: Record, live: Live) -> Mapping[str, Any]:
    """Returns the fields that remove the mark: the metadata without it, or the name that the object had before."""
    if TYPES[record.type].mark is MarkPlace.NAME:
        return {"name": record.echo.get(FORMER_NAME) or record.address.name}
    metadata = live.fields.get("metadata") or {}
    return {"metadata": {key: value for key, value in metadata.items() if not key.startswith(MARK_PREFIX)}}
