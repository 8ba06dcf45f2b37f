"""Runs tests within a budget. Several samples run in parallel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, Event

from msgspec import Struct, field

from provisioner.core.declaredtest import DeclaredTest
from provisioner.core.testresult import CaseResult, Sample
from provisioner.engine.testing.answer_checker import AnswerChecker
from provisioner.engine.testing.budget import Budget, Permission
from provisioner.engine.testing.mocks import find_unused
from provisioner.engine.testing.sampling import Partner, SampleOutcome, run_sample

CANCELLED = "not run: the run was interrupted"


class _Case(Struct):
    """A test with its samples (the runs of this test): the samples that have ended, the indices of the mocks that were
    used, and the number of samples that have not ended yet.
    """

    test: DeclaredTest
    left: int
    samples: list[Sample] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    not_run: str = ""

    def result(self) -> CaseResult:
        """Returns the result of the test, from the samples that have ended."""
        samples = tuple(sorted(self.samples, key=lambda sample: sample.number))
        is_whole = bool(samples) and not self.not_run and not any(sample.problem for sample in samples)
        notes = tuple(find_unused(self.test.mocks, self.used)) if is_whole else ()
        return CaseResult(self.test, samples, not_run=self.not_run, notes=notes)


class Suite(Struct):
    """Runs tests. `partner` gives access to the assistants that are tested: it opens dialogues with them and attaches
    files to messages. At most `parallelism` samples run in parallel.

    `emit` is called with the result of each test after the test's last sample. If `stop` is set, no further sample
    begins.
    """

    partner: Partner
    parallelism: int
    budget: Budget = field(default_factory=Budget)
    emit: Callable[[CaseResult], None] = lambda result: None
    stop: Event = field(default_factory=Event)
    _changed: Condition = field(default_factory=Condition)

    def run(self, tests: Sequence[DeclaredTest]) -> tuple[CaseResult, ...]:
        """Runs the tests and returns their results, in the order of `tests`. After KeyboardInterrupt, sets `stop` and
        waits for the running samples. A second KeyboardInterrupt is raised again.
        """
        cases = [_Case(test, test.samples) for test in tests]
        tasks = deque((case, number) for case in cases for number in range(1, case.test.samples + 1))
        checker = AnswerChecker()
        workers = max(1, min(self.parallelism, len(tasks)))
        try:
            with ThreadPoolExecutor(workers) as pool:
                running = [pool.submit(self._work, tasks, checker) for _ in range(workers)]
                try:
                    for each in running:
                        each.result()
                except BaseException as error:
                    self.stop.set()
                    if not isinstance(error, KeyboardInterrupt):
                        raise
        finally:
            checker.close()
        for case, _ in tasks:
            self._pass_over(case, CANCELLED)
        return tuple(case.result() for case in cases)

    def _work(self, tasks: deque[tuple[_Case, int]], checker: AnswerChecker) -> None:
        """Runs samples from `tasks` until `tasks` is empty or no further sample may begin. Each task is a test and the
        number of a sample.
        """
        while (task := self._next(tasks)) is not None:
            case, number = task
            outcome: SampleOutcome | None = None
            try:
                outcome = run_sample(case.test, number, self.partner, checker, self.stop)
            finally:
                self._finish(case, outcome)

    def _next(self, tasks: deque[tuple[_Case, int]]) -> tuple[_Case, int] | None:
        with self._changed:
            while tasks and not self.stop.is_set():
                case, _ = tasks[0]
                if any(sample.problem for sample in case.samples):
                    tasks.popleft()  # The next sample would most probably end with the same problem.
                    self._pass_over(case, "")
                    continue
                permission = self.budget.ask()
                if permission is Permission.NOW:
                    self.budget.begin()
                    return tasks.popleft()
                if permission is Permission.NEVER:
                    tasks.popleft()
                    self._pass_over(case, self.budget.explain())
                    continue
                self._changed.wait()
            return None

    def _finish(self, case: _Case, outcome: SampleOutcome | None) -> None:
        with self._changed:
            self.budget.end(0.0 if outcome is None or outcome.sample.problem else outcome.sample.cost)
            if outcome is not None:
                case.samples.append(outcome.sample)
                case.used |= outcome.used
                case.left -= 1
                if case.left == 0:
                    self.emit(case.result())
            self._changed.notify_all()

    def _pass_over(self, case: _Case, reason: str) -> None:
        """Records that a sample of `case` is not run. If `reason` is not empty, the result of the test says that the
        whole test was not run for this reason.
        """
        case.not_run = case.not_run or reason
        case.left -= 1
        if case.left == 0:
            self.emit(case.result())
