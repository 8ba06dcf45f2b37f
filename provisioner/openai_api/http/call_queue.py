"""Defines the queue of API calls of one kind, such as uploads or reads. The queue contains the pauses that the server
has asked for.
"""

from __future__ import annotations

from collections import deque
from threading import Condition

from msgspec import Struct, field

from provisioner.openai_api.http.allowance import Allowance
from provisioner.openai_api.http.lane import Lane

#: The number of scopes (such as vector stores) of one kind above which those without information are forgotten.
MANY_SCOPES = 1_000


class Scope(Struct, eq=False):
    """Describes the calls to which one rate limit applies together, such as the writes to one vector store. `in_flight`
    and `waiting` are the numbers of these calls that are running and that wait. Until the time `paused_until`, no such
    call may begin.
    """

    allowance: Allowance = field(default_factory=Allowance)
    in_flight: int = 0
    waiting: int = 0
    paused_until: float = 0.0


class Waiter(Struct, eq=False):
    """Represents a thread that waits until its call may begin. `changed` wakes the thread."""

    scope: Scope
    changed: Condition
    may_begin: bool = False


class Queue:
    """Contains the calls of one kind: the number of running calls, the threads that wait, and the pauses that the
    server has asked for.
    """

    def __init__(self, widest: int) -> None:
        self.lane = Lane(widest)
        self.waiters: deque[Waiter] = deque()
        self.paused_until = 0.0
        #: The pause of the last refusal, and the scope of the refused call.
        self.refused_until = 0.0
        self.refused: Scope | None = None
        #: True if calls of several scopes were refused at the same time. The limit then applies to the whole kind.
        self.is_shared = False
        self._scopes: dict[str, Scope] = {}
        self._most = MANY_SCOPES

    def scope(self, name: str, now: float) -> Scope:
        """Returns the scope with the name `name`: the calls that share a rate limit. Creates the scope if it does not
        exist. If there are too many scopes, those without calls and without a pause are deleted.
        """
        found = self._scopes.get(name)
        if found is None:
            if len(self._scopes) >= self._most:
                self._scopes = {key: each for key, each in self._scopes.items() if _is_needed(each, now)}
                self._most = max(MANY_SCOPES, 2 * len(self._scopes))
            found = self._scopes[name] = Scope()
        return found

    def pause(self, scope: Scope, until: float, now: float) -> None:
        """Pauses the calls of `scope` (the calls that share a rate limit) until the time `until`, after the server has
        refused one of them at the time `now`. If calls of several scopes were refused at the same time, pauses all
        calls of this kind. Halves the limit on concurrent calls if no pause is in progress.
        """
        if now < self.refused_until:
            self.is_shared = self.is_shared or scope is not self.refused
        else:
            self.lane.refuse()
        self.refused, self.refused_until = scope, max(self.refused_until, until)
        scope.allowance.refuse()
        scope.paused_until = max(scope.paused_until, until)
        if self.is_shared:
            self.paused_until = max(self.paused_until, until)

    def delay(self, scope: Scope, now: float) -> float:
        """Returns the seconds from the time `now` until a call of `scope` (the calls that share a rate limit) may
        begin. The number of concurrent calls is not considered.
        """
        return max(self.paused_until - now, scope.paused_until - now, scope.allowance.delay(now))


def _is_needed(scope: Scope, now: float) -> bool:
    return bool(scope.in_flight or scope.waiting) or scope.paused_until > now or scope.allowance.delay(now) > 0
