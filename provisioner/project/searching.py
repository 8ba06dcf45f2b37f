"""Searches in a vector store of an opened project."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from provisioner.core.address import Address
from provisioner.core.addresskind import VECTOR_STORE_KIND
from provisioner.core.errors import ApiError, NotFound, Rejected, UsageError
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.core.strictjson import loads
from provisioner.core.text.composition import to_nfc
from provisioner.engine.snapshot import read_checked_state
from provisioner.manifest.validation.nearest import advise
from provisioner.openai_api.turns.events import Hit
from provisioner.openai_api.turns.store_search import search_store
from provisioner.project.wiring import Project
from provisioner.state.records import State

#: The operators of conditions in the order in which they are looked for, and their names in the API.
OPERATORS = {"!=": "ne", ">=": "gte", "<=": "lte", "=": "eq", ">": "gt", "<": "lt"}
CONDITION = re.compile(r"([^=<>!]+)(!=|>=|<=|=|>|<)(.*)", re.DOTALL)
ID = re.compile(r"vs_[A-Za-z0-9_-]+")
EXPIRED = "expired"


def search_project(
    project: Project, name: str, query: str, *, conditions: Sequence[str], top: int, threshold: float | None
) -> list[Hit]:
    """Returns the search results in a vector store for `query`: the parts of files that match best, at most `top`.
    `threshold` is the lowest accepted score, or None.

    `name` is the name, the address or the id of the vector store. `conditions` are conditions on the attributes of
    files, such as `year>=1600`, or filters of the API as JSON; all of them must be met. Raises UsageError if the store
    is not applied or a condition is not valid, and ApiError if the search fails.
    """
    if not query.strip():
        raise UsageError("the query is empty", hint='write what is searched for: provision search hamlet "to be"')
    filters = combine([read_condition(each) for each in conditions])
    state, _ = read_checked_state(project.backend, project.engine.identity)
    id = find_store(name, project, state)
    try:
        return search_store(project.session, id, query, filters=filters, top=top, threshold=threshold)
    except (NotFound, Rejected) as error:
        raise _explained(error, project, name, id, has_filter=bool(conditions)) from error


def find_store(name: str, project: Project, state: State | None) -> str:
    """Returns the id of a vector store. `name` is its name, its address or its id. An id is returned unchanged and is
    not checked. Raises UsageError if no store has the name, or if the store is not applied.
    """
    plain = to_nfc(name.removeprefix(f"{VECTOR_STORE_KIND.name}."))
    records = state.records if state else {}
    record = records.get(Address(VECTOR_STORE_KIND.name, plain))
    if record is not None:
        return record.id
    if ID.fullmatch(name):
        return name
    declared = {each.address.name for each in project.manifest.resources if each.type == VECTOR_STORE.name}
    if plain in declared:
        raise UsageError(f"vector_store.{plain} is declared, but not applied", hint="run `provision apply` first")
    known = sorted({*declared, *(each.name for each in records if each.kind == VECTOR_STORE_KIND.name)})
    advice = advise(plain, known, "name a declared store, or an id `vs_…`")
    raise UsageError(f"there is no vector store called {name[:100]}", hint=advice)


def read_condition(text: str) -> dict[str, Any]:
    """Returns a condition in the API's format. `text` is a filter of the API as JSON, or a condition such as
    `year>=1600`. In a condition, the value is a number, true, false, or a text, which may be in double quotes. Raises
    UsageError if `text` has neither form.
    """
    if text.lstrip().startswith("{"):
        try:
            body = loads(text)
        except ValueError as error:
            raise UsageError(f"--filter is not JSON: {error}", hint="write such as 'author=Shakespeare'") from error
        return dict(body)
    found = CONDITION.fullmatch(text)
    if found is None or not found[1].strip():
        raise UsageError(
            f"`{text[:60]}` is no condition",
            hint="write KEY=VALUE; also !=, >, >=, <, <=, or a filter of the API as JSON",
        )
    value = _value(found[3].strip())
    operator = OPERATORS[found[2]]
    if operator in ("gt", "gte", "lt", "lte") and isinstance(value, bool):
        raise UsageError(f"`{text[:60]}` compares true or false by size", hint="write = or !=")
    return {"type": operator, "key": found[1].strip(), "value": value}


def combine(conditions: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Returns one condition that is met if all of `conditions` are met. Returns None if `conditions` is empty."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return {"type": "and", "filters": list(conditions)}


def _value(text: str) -> str | float | bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str | bool):
        return value
    is_number = isinstance(value, int | float) and abs(value) < 1e308
    return float(value) if is_number else text


def _explained(error: ApiError, project: Project, name: str, id: str, *, has_filter: bool) -> ApiError:
    """Returns `error`, the error of a search, with advice for the user. The advice depends on the reason: the vector
    store has expired or no longer exists, or the API refuses a filter. `name` is the name of the vector store on the
    command line, `id` is its id, and `has_filter` says whether the search has a filter.
    """
    live = project.engine.collections[VECTOR_STORE.name].retrieve(id)
    shown = id if name == id else f"{name} ({id})"
    if live is None:
        error.message = f"the vector store {shown} does not exist"
        made_again = "look with `provision plan` whether it is still live; an apply makes it again"
        error.hint = "correct the id, or name a declared store" if name == id else made_again
    elif live.status == EXPIRED:
        error.message = f"the vector store {shown} has expired and lost its files"
        error.hint = "name another store" if name == id else "run `provision apply`, which replaces it"
    elif has_filter:
        error.hint = "correct what the message names in --filter"
    return error
