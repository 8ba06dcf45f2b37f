"""Limits the number of concurrent calls, and waits before calls that the server would refuse.

Uploads, writes to vector stores, reads and other calls are limited separately, because the API limits them separately.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Lock, local

from msgspec import Struct

from provisioner.openai_api.http.call_kinds import CallKind, classify
from provisioner.openai_api.http.call_queue import Queue, Scope, Waiter
from provisioner.openai_api.http.rate_limit_headers import read_rate_limit

#: The interval in seconds at which a waiting worker checks whether the run is to end, and whether its call may begin.
LOOK = 0.5
#: The most bytes of a request whose time is compared with others. The time of a larger request depends on its size.
LARGEST_COMPARED = 65_536


def _monotonic() -> float:
    return time.monotonic()


class Turn(Struct):
    """Describes a permission to make one call. `queue` contains the calls of the same kind, and `scope` the calls with
    the same rate limit.
    """

    queue: Queue
    scope: Scope


class Pace:
    """Limits the number of concurrent calls of all threads, and adapts this number to the server.

    There are at most `widest` calls at once. Each kind of calls has its own limit, which grows while the server
    responds quickly, and shrinks after a 429 or 503 and when responses become slow (see `Lane`). Calls also wait while
    the headers of earlier responses say that no request is left (see `Allowance`).
    """

    def __init__(
        self,
        widest: int,
        stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = _monotonic,
    ) -> None:
        """Creates the queues. `widest` is the largest number of concurrent calls. The function `stopped` returns
        whether the run must end. If it returns True, calls do not wait for the end of a pause. `clock` returns a
        monotonic time in seconds.
        """
        self.widest = widest
        self.stopped = stopped
        self._clock = clock
        self._queues = {kind: Queue(widest) for kind in CallKind}
        self._in_flight = 0
        self._waiting = 0
        self._lock = Lock()
        self._own = local()

    @contextmanager
    def turn(self, method: str, path: str) -> Iterator[None]:
        """Returns a context manager for one call, which is made in the `with` block. Before the block, waits until the
        call may begin. `path` may begin with the path of the base URL.
        """
        with self.call():
            self.begin(method, path)
            yield

    @contextmanager
    def call(self) -> Iterator[None]:
        """Returns a context manager for a call whose method and path are not known before its request is sent. In the
        `with` block, `begin` must be called before the request is sent. The `with` blocks of one thread must not be
        nested.
        """
        self._own.turn, self._own.is_open = None, True
        try:
            yield
        finally:
            self._own.is_open = False
            self._release()

    def begin(self, method: str, path: str) -> None:
        """Waits until the call with this method and path may begin. The call ends at the end of the `with` block of
        `call`, or when the next call in the same block begins. Outside of such a block, the function returns
        immediately.
        """
        if not getattr(self._own, "is_open", False):
            return
        self._release()
        described = classify(method, path)
        with self._lock:
            now = self._clock()
            queue = self._queues[described.kind]
            scope = queue.scope(described.scope, now)
            if self._waiting or not self._may_begin(queue, scope, now):
                self._wait(queue, scope)
            else:
                self._start(queue, scope, now)
        self._own.turn = Turn(queue, scope)

    def note(
        self, method: str, path: str, status: int, headers: Mapping[str, str], seconds: float, sent: int | None = 0
    ) -> None:
        """Adapts the limits on calls to a response. `method` and `path` describe the request, `status` and `headers`
        the response. `seconds` is the time from the request to the headers of the response. `sent` is the number of
        bytes of the request's body, or None if it is not known.
        """
        described = classify(method, path)
        requests, tokens = read_rate_limit(headers, "requests"), read_rate_limit(headers, "tokens")
        with self._lock:
            now = self._clock()
            queue = self._queues[described.kind]
            scope = queue.scope(described.scope, now)
            if requests is not None:
                scope.allowance.note(requests, now, max(0, scope.in_flight - 1))
            if tokens is not None:
                scope.allowance.note_tokens(tokens, now)
            if status < 400:
                queue.lane.succeed()
                if sent is not None and sent <= LARGEST_COMPARED:
                    queue.lane.compare(described.endpoint, seconds)
            self._let_begin(now)
            self._look_again(queue, now)

    def slow_down(self, method: str, path: str, seconds: float) -> None:
        """Starts a pause of `seconds` after the server has refused the call with this method and path. Also halves the
        limit on concurrent calls of this kind.

        If a pause is already in progress, the pause is extended, and the limit is not halved again. The reason is that
        all calls that the server refuses during one pause have the same cause.
        """
        described = classify(method, path)
        with self._lock:
            now = self._clock()
            queue = self._queues[described.kind]
            queue.pause(queue.scope(described.scope, now), now + seconds, now)
            self._look_again(queue, now)

    def delay(self, method: str, path: str) -> float:
        """Returns the seconds for which pauses and rate limits delay a call with this method and path that would begin
        now.
        """
        described = classify(method, path)
        with self._lock:
            now = self._clock()
            queue = self._queues[described.kind]
            return max(0.0, queue.delay(queue.scope(described.scope, now), now))

    def width(self, kind: CallKind) -> int:
        """Returns the current limit on concurrent calls of this kind."""
        return self._queues[kind].lane.width

    def _may_begin(self, queue: Queue, scope: Scope, now: float) -> bool:
        has_room = self._in_flight < self.widest and queue.lane.in_flight < queue.lane.width
        return has_room and self._held(queue, scope, now) <= 0

    def _held(self, queue: Queue, scope: Scope, now: float) -> float:
        delay = queue.delay(scope, now)
        return 0.0 if delay > 0 and self.stopped() else delay

    def _start(self, queue: Queue, scope: Scope, now: float) -> None:
        self._in_flight += 1
        queue.lane.in_flight += 1
        scope.in_flight += 1
        scope.allowance.begin(now)

    def _wait(self, queue: Queue, scope: Scope) -> None:
        waiter = Waiter(scope, Condition(self._lock))
        self._enter(queue, waiter)
        try:
            while True:
                now = self._clock()
                self._let_begin(now)
                if waiter.may_begin:
                    return
                held = self._held(queue, scope, now)
                waiter.changed.wait(min(held, LOOK) if held > 0 else LOOK)
        except BaseException:
            self._leave(queue, waiter)
            raise

    def _enter(self, queue: Queue, waiter: Waiter) -> None:
        queue.waiters.append(waiter)
        waiter.scope.waiting += 1
        self._waiting += 1

    def _leave(self, queue: Queue, waiter: Waiter) -> None:
        """Removes `waiter` from `queue`, because its thread was interrupted while it waited."""
        if waiter.may_begin:
            self._end(queue, waiter.scope)
        else:
            queue.waiters.remove(waiter)
            waiter.scope.waiting -= 1
            self._waiting -= 1

    def _let_begin(self, now: float) -> None:
        """Lets waiting calls begin, as far as the limits allow it at the time `now`. Calls of the different kinds begin
        alternately, so that calls of one kind do not wait for all calls of another kind.
        """
        queues = [queue for queue in self._queues.values() if queue.waiters] if self._waiting else []
        while queues and self._in_flight < self.widest:
            queues = [queue for queue in queues if self._let_one_begin(queue, now)]

    def _let_one_begin(self, queue: Queue, now: float) -> bool:
        waiter = self._first_ready(queue, now)
        if waiter is None:
            return False
        queue.waiters.remove(waiter)
        self._waiting -= 1
        waiter.scope.waiting -= 1
        self._start(queue, waiter.scope, now)
        waiter.may_begin = True
        waiter.changed.notify()
        return True

    def _look_again(self, queue: Queue, now: float) -> None:
        """Wakes the first waiting thread of `queue` if a pause delays its call. The thread then determines again how
        long it must wait, and lets all calls begin that may begin.
        """
        if queue.waiters and queue.delay(queue.waiters[0].scope, now) > 0:
            queue.waiters[0].changed.notify()

    def _first_ready(self, queue: Queue, now: float) -> Waiter | None:
        if self._in_flight >= self.widest or queue.lane.in_flight >= queue.lane.width:
            return None
        held: Scope | None = None
        for waiter in queue.waiters:
            if waiter.scope is held:
                continue
            if self._held(queue, waiter.scope, now) <= 0:
                return waiter
            held = waiter.scope
        return None

    def _release(self) -> None:
        turn: Turn | None = getattr(self._own, "turn", None)
        if turn is not None:
            self._own.turn = None
            with self._lock:
                self._end(turn.queue, turn.scope)

    def _end(self, queue: Queue, scope: Scope) -> None:
        now = self._clock()
        self._in_flight -= 1
        queue.lane.in_flight -= 1
        scope.in_flight -= 1
        scope.allowance.end(now, scope.in_flight)
        self._let_begin(now)
