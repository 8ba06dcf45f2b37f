"""Adds the user, the time and the command to each state before the state is written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from provisioner.core.authorship import Authorship
from provisioner.planning.plan import Outcome
from provisioner.state.backends.holder import describe_owner
from provisioner.state.records import State


def sign(state: State, command: str, counts: Mapping[str, int] | None = None) -> State:
    """Returns a copy of `state` that also contains the user, the present time and the command. `command` contains the
    words of the command after `provision`. `counts` are the numbers of changes, as `count` returns them.
    """
    return replace(state, written=Authorship(int(time.time()), describe_owner(), command, dict(counts or {})))


def count(outcome: Outcome) -> dict[str, int]:
    """Returns the numbers of changes in `outcome`. The result maps the name of each action to the number of applied
    changes. It also contains `failed` and `skipped`, and `interrupted`, which is 1 or 0.
    """
    applied = Counter(change.action.value for change in outcome.applied)
    rest = {"failed": len(outcome.failed), "skipped": len(outcome.skipped), "interrupted": int(outcome.interrupted)}
    return {**applied, **rest}
