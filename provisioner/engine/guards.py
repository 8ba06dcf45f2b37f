"""Checks that a state or a journal may be used. It must belong to this project and account, and the recorded objects
must exist.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from provisioner.core.address import Address
from provisioner.core.errors import ApiError, Blocked, NotFound, TornState
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.state.journal import Entry, Opening, find_disagreement
from provisioner.state.partial_uploads import find_upload_disagreement
from provisioner.state.record_columns import summarize
from provisioner.state.records import State

if TYPE_CHECKING:
    from provisioner.openai_api.collections import Collection
    from provisioner.planning.diff import Actual

#: Status codes, besides 404, of servers that do not have a collection.
UNSUPPORTED = (400, 405, 422, 501)

JOURNAL_HINT = "keep a copy of it, then take it away and run `provision plan` to see what is live"


def check_project(state: State, project: str, environment: str) -> None:
    """Raises Blocked if `state` does not belong to this project and this environment of the project."""
    if state.project and (state.project, state.environment) != (project, environment):
        raise Blocked(
            f"the state belongs to {state.project}/{state.environment}, not to {project}/{environment}",
            hint="give each project its own `state:`; a renamed project keeps its objects only under its old name",
        )


def check_account(state: State, account: str, *, accepted: bool) -> None:
    """Raises Blocked if `state` has records and belongs to another account than `account`. Does not raise if `accepted`
    is True, because the user has then accepted the other account.
    """
    if state.records and state.account and state.account != account and not accepted:
        raise Blocked(
            f"the state was made on {state.account}, and this run would work on {account}",
            hint="use the key and the settings of that account; if it is the same one under a new name: "
            "--accept-account",
        )


def check_found(
    state: State,
    actual: Actual,
    collections: Mapping[str, Collection],
    *,
    leaving: Container[Address] = (),
    accepted: bool,
) -> None:
    """Raises Blocked if none of the recorded objects was found, because the API key then probably belongs to another
    account. Does not raise if `accepted` is True, because the user has then accepted that no object was found.

    Objects at the addresses in `leaving` are not counted, because a killed run may have deleted them. Nothing is raised
    if the live objects were not read.
    """
    remote = [
        record
        for record in summarize(state.records)
        if collections[record.type].remote and record.type not in actual.gone and record.address not in leaving
    ]
    if remote and actual.refreshed and not accepted and not any(record.address in actual.live for record in remote):
        raise Blocked(
            f"none of the {len(remote)} recorded objects was found: is this the right key?",
            hint="check OPENAI_API_KEY; if everything was deleted on purpose, say --accept-account",
        )


def find_marked(
    collections: Mapping[str, Collection], types: Iterable[str], owner: str, others: Iterable[str] = ()
) -> list[str]:
    """Returns the ids of the live objects whose ownership mark names `owner`, which is `project/environment`.

    Lists the objects of the types in `types`, and of the types that every project needs. Also lists objects of the
    types in `others`, if the server can list them. Raises ApiError if an API call fails.
    """
    found: list[str] = []
    wanted = {*types, *(each.name for each in TYPES.values() if each.needed_everywhere)}
    for type_ in sorted({*wanted, *others}):
        if TYPES[type_].mark is MarkPlace.NOWHERE:
            continue
        try:
            for page in collections[type_].pages():
                marks = ((live, collections[type_].mark_of(live)) for live in page)
                found += [live.id for live, mark in marks if mark and mark.owner.startswith(f"{owner}/")]
        except NotFound:
            continue
        except ApiError as error:
            if type_ in wanted or error.status not in UNSUPPORTED:
                raise
    return found


def refuse_marked(found: Sequence[str], owner: str) -> Blocked:
    """Returns the error for the case that there is no state, although live objects carry the ownership mark of `owner`
    (`project/environment`). `found` are the ids of these objects.
    """
    shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return Blocked(
        f"there is no state, but objects of {owner} are live: {shown}",
        hint="where the state is elsewhere, name that: another environment (--env), another folder (-C), or another "
        "place (`state:`, then `provision state migrate URL`); where it is lost, restore it from version control or a "
        "backup; where there is none, make a new one from their marks: provision state rebuild",
    )


def check_journal(entries: list[Entry], state: State | None) -> Opening | None:
    """Returns the first entry of the journal `entries`, or None if the journal is empty. Raises TornState if the
    journal belongs to another state than `state`, or contains contradictions.
    """
    if not entries:
        return None
    opening = entries[0]
    if not isinstance(opening, Opening):
        raise TornState("the journal does not begin as one", hint=JOURNAL_HINT)
    if state is not None and opening.lineage != state.lineage:
        raise TornState(
            f"the journal belongs to another state (lineage {opening.lineage}, the state's is {state.lineage})",
            hint="restore the journal beside the state to which it belongs",
        )
    if any(isinstance(entry, Opening) for entry in entries[1:]):
        raise TornState("the journal begins twice", hint=JOURNAL_HINT)
    if disagreement := find_disagreement(entries) or find_upload_disagreement(entries):
        raise TornState(f"the journal is not what provision wrote: {disagreement}", hint=JOURNAL_HINT)
    return opening
