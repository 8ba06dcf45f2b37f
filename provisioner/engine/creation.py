"""Sends create requests. If the response to a create request is lost, searches for the created object before the
request is sent again. Without this search, the API could create a second object.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from provisioner.core.errors import Ambiguous, ProvisionError
from provisioner.engine.created_objects import rivals
from provisioner.engine.ledger import Ledger
from provisioner.engine.recovery import candidates
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Draft, Live
from provisioner.planning.plan import Change
from provisioner.state.journal import Begin, End
from provisioner.state.operations import Creating

#: How often a create is sent at most, if its answers are lost.
SENDINGS = 3
#: Seconds to wait before each search for the object of a create without an answer, because lists are updated late.
LOOKS = (0.0, 2.0)


class Unsent(ProvisionError):
    """The error for a create request that was not sent, because the run was stopped before."""


def create_once(
    ledger: Ledger,
    collection: Collection,
    change: Change,
    creating: Creating,
    draft: Callable[[str], Draft],
    stop: Event,
) -> tuple[Begin, Live]:
    """Creates an object. Returns the begin entry, which announces the operation in the journal, and the live object.
    The caller must write the end entry of the operation.

    `creating` describes the operation in the begin entry. `draft` is called with the operation's id and returns the
    object to send. If a response is lost and the request is sent again, the first operation stays open in the journal:
    the server may still carry it out later. The next run then finds and deletes the additional object.

    Raises ApiError if an API call fails, and Unsent if `stop` was set before the request was sent. Raises Ambiguous if
    it is not known whether or which object was created, or if the API returned the id of another object.
    """
    for _ in range(SENDINGS):
        begin = ledger.begin_in_turn(creating, change.address, change.type, creating.record.to_json())
        try:
            with ledger.turn():
                if stop.is_set():
                    raise Unsent("interrupted")
                live = collection.create(draft(begin.operation))
            break
        except Ambiguous as error:
            lost = error
            found = _look_up(ledger, begin, collection)
            if found is not None:
                live = found
                break
        except ProvisionError:
            ledger.close(End(begin.operation))
            raise
    else:
        raise lost
    if collection.remote and not ledger.claim(live.id):
        raise Ambiguous(
            f"the API answered with the id {live.id}, which is another object's already; nothing was recorded of it",
            hint="look at the object in the dashboard, then run the command again; check OPENAI_BASE_URL",
        )
    return begin, live


def _look_up(ledger: Ledger, begin: Begin, collection: Collection) -> Live | None:
    """Searches for the object that the create request in `begin` has made, after the response was lost. Returns None if
    there is no such object. Raises Ambiguous if several objects are possible, or if it is not certain that this request
    made the object that was found.
    """
    for pause in LOOKS:
        time.sleep(pause)
        found = candidates(begin, ledger.base.lineage, collection, ledger.known())
        if found.lives and (found.made is None or rivals(begin, ledger.operations(), collection.declared)):
            ids = ", ".join(live.id for live in found.lives)
            raise Ambiguous(f"the answer was lost, and any of {ids} may be it", hint="apply again")
        if found.made is not None:
            return found.made
    return None
