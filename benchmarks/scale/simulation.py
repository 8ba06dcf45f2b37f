"""Simulates operations on projects that are too large to be measured. The simulation has its own clock.

The simulated client decides with the code of `provision` when a call may begin, and the simulated server delays and
refuses calls with the code of the emulator. The clock, the workers and their jobs have code of their own.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import count
from threading import Condition

from benchmarks.scale.bounds import Calls, call_kind
from benchmarks.scale.jobs import Call, Job, Phase
from benchmarks.scale.operations import PARALLELISM, Network
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.serving.delays import Delays
from provisioner.emulator.serving.rate_limits import RateLimits
from provisioner.openai_api.http.call_kinds import classify
from provisioner.openai_api.http.call_queue import Queue, Waiter
from provisioner.openai_api.http.delay import asked_delay
from provisioner.openai_api.http.pace import Pace

#: The least time in seconds after which a waiting thread looks again whether its call may begin.
LEAST_WAIT = 0.001


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation takes. `wall` is the time in seconds. `calls` contains all calls, and `refused` is the number
    of those that the server refuses (429).
    """

    wall: float
    calls: Calls
    refused: int


def simulate(phases: Iterable[Phase], network: Network, *, cpu: float = 0.0) -> Outcome:
    """Returns what an operation takes. `phases` are its jobs. `cpu` is the CPU time for each call in seconds. Python
    runs one thread at a time, so the CPU times of two calls do not overlap.
    """
    simulation = _Simulation(network, cpu)
    for jobs in phases:
        simulation.run(jobs)
    return Outcome(simulation.now, Calls(simulation.calls), simulation.refused)


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of a call in a queue."""

    queue: Queue
    waiter: Waiter


class _EventPace(Pace):
    """A pace whose calls wait without threads."""

    def __init__(self, widest: int, clock: Callable[[], float]) -> None:
        super().__init__(widest, clock=clock)
        self._changed = Condition(self._lock)

    def enter(self, call: Call) -> _Place:
        """Adds a call to those that wait, and returns its place. `waiter.may_begin` says later whether it may begin."""
        described = classify(call.method, call.path)
        with self._lock:
            queue = self._queues[described.kind]
            waiter = Waiter(queue.scope(described.scope, self._clock()), self._changed)
            self._enter(queue, waiter)
        return _Place(queue, waiter)

    def let_begin(self) -> None:
        """Lets the waiting calls begin that may begin now."""
        with self._lock:
            self._let_begin(self._clock())

    def leave(self, place: _Place) -> None:
        """Ends the call that has begun at `place`."""
        with self._lock:
            self._end(place.queue, place.waiter.scope)

    def held(self) -> float:
        """Returns the time in seconds until the first call may begin that is delayed by a rate limit or a pause.
        Returns infinity if no call is delayed.
        """
        now = self._clock()
        scopes = {id(each.scope): (queue, each.scope) for queue in self._queues.values() for each in queue.waiters}
        delays = (self._held(queue, scope, now) for queue, scope in scopes.values())
        return min((delay for delay in delays if delay > 0), default=math.inf)


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker that makes the calls of `job`, of which `made` have succeeded."""

    job: Job
    made: int = 0

    @property
    def call(self) -> Call:
        """The next call."""
        return self.job.calls[self.made]


class _Simulation:
    """The workers, the server, and what happens when. `now` is the simulated time in seconds."""

    def __init__(self, network: Network, cpu: float) -> None:
        self.now = 0.0
        self.calls: Counter[str] = Counter()
        self.refused = 0
        self._cpu = cpu
        #: The time at which the latest CPU time ends.
        self._computed = 0.0
        self._delays = Delays(network.delay)
        self._limits = RateLimits(network.rates, self.now)
        self._pace = _EventPace(PARALLELISM, lambda: self.now)
        #: The workers whose calls wait until they may begin.
        self._waiting: list[tuple[_Worker, _Place]] = []
        self._workers = 0
        #: What happens at which time, as a heap. The numbers keep the order of what happens at the same time.
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._look = math.inf
        self._positions: dict[Job, int] = {}
        self._ready: list[tuple[int, Job]] = []

    def run(self, jobs: Phase) -> None:
        """Runs `jobs` until all of them have ended."""
        self._positions = {job: position for position, job in enumerate(jobs)}
        self._ready = [(position, job) for job, position in self._positions.items() if not job.needs]
        self._proceed()
        while self._events:
            self.now, _, happen = heapq.heappop(self._events)
            happen()
            self._proceed()

    def _proceed(self) -> None:
        """Gives jobs to the free workers, and lets calls begin, as far as this is possible now."""
        while self._ready and self._workers < PARALLELISM:
            self._workers += 1
            self._enter(_Worker(heapq.heappop(self._ready)[1]))
        self._pace.let_begin()
        begun = [(worker, place) for worker, place in self._waiting if place.waiter.may_begin]
        if begun:
            self._waiting = [each for each in self._waiting if not each[1].waiter.may_begin]
        for worker, place in begun:
            self._send(worker, place)
        if self._waiting and (look := self.now + max(self._pace.held(), LEAST_WAIT)) < self._look:
            self._look = look
            self._at(look, self._look_again)

    def _look_again(self) -> None:
        self._look = math.inf

    def _enter(self, worker: _Worker) -> None:
        self._waiting.append((worker, self._pace.enter(worker.call)))

    def _send(self, worker: _Worker, place: _Place) -> None:
        call = worker.call
        self.calls[call_kind(call.method, call.path)] += 1
        try:
            status, headers = 200, self._limits.take(call.method, call.path, call.body, self.now)
        except Refusal as refusal:
            status, headers = refusal.status, refusal.headers
        seconds = self._delays.draw()
        answered = partial(self._receive, worker, place, status, headers, seconds)
        self._at(self.now + seconds, answered)

    def _receive(self, worker: _Worker, place: _Place, status: int, headers: dict[str, str], seconds: float) -> None:
        method, path = worker.call.method, worker.call.path
        self._pace.note(method, path, status, headers, seconds)
        self._pace.leave(place)
        if status >= 400:
            self.refused += 1
            delay = asked_delay(headers) or 0.0
            self._pace.slow_down(method, path, delay)
            self._at(self.now + delay, partial(self._enter, worker))
            return
        self._computed = max(self._computed, self.now) + self._cpu
        self._at(self._computed, partial(self._succeed, worker))

    def _succeed(self, worker: _Worker) -> None:
        worker.made += 1
        if worker.made < len(worker.job.calls):
            self._enter(worker)
            return
        self._workers -= 1
        for job in worker.job.then:
            job.needs -= 1
            if not job.needs:
                heapq.heappush(self._ready, (self._positions[job], job))

    def _at(self, time: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), happen))
