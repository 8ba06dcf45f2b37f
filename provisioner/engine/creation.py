"""Sends creates. If the response to a create is lost, searches for the created object before the create is sent again.

Without this search, the API could create a second object.
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
    """The error for a create that was not sent, because the run was stopped earlier."""


def create_once(
    ledger: Ledger,
    collection: Collection,
    change: Change,
    creating: Creating,
    draft: Callable[[str], Draft],
    stop: Event,
) -> tuple[Begin, Live]:
    """Creates an object. Returns the begin entry of the operation, and the live object. The caller must write the end
    entry of the operation.

    `creating` is the intent that the begin entry contains. `draft` is called with the operation's id and returns the
    object to send. If the response is lost, the operation stays open in the journal, even if the create was sent again:
    the server may still carry out the first create later. The next run then finds the object of the first create and
    deletes it. An operation also stays open if its response contains the id of another object. Raises ApiError if an
    API call fails, and Unsent if `stop` was set before the create was sent.
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
    """Searches for the object that the create in `begin` has made, after the response to the create was lost. Returns
    None if there is no such object.

    Raises Ambiguous if several objects are possible.
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
