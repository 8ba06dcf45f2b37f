"""Defines the results of tests: the answers, the expectations that were met, and the time, tokens and cost of the
test.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from provisioner.core.declaredtest import DeclaredTest, Expectation
from provisioner.core.exitcode import ExitCode

#: The largest difference of shares that is a rounding error.
ROUNDING = 1e-9


class Verdict(StrEnum):
    """The result of a test.

    | verdict  | meaning                                                            | exit code |
    |----------|--------------------------------------------------------------------|-----------|
    | passed   | enough samples met all expectations                                | 0         |
    | failed   | too few samples met all expectations                               | 4         |
    | broken   | an error occurred, so the result is not known                      | 1         |
    | not run  | the run ended before this test: budget spent, or run cancelled     | 1         |
    """

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    NOT_RUN = "not run"


class Check(Struct, frozen=True):
    """The result of comparing an expectation with an answer. `message` describes the difference. `message` is empty if
    the expectation is met.
    """

    expectation: Expectation
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether the expectation is met."""
        return not self.message


class CalledFunction(Struct, frozen=True):
    """A call of a tool in a sample. `arguments` are the arguments of the call as text. `result` is the result of the
    call as text, or None if it is not known.
    """

    name: str
    arguments: str = ""
    result: str | None = None


class Sample(Struct, frozen=True):
    """One run of a test. `answers` are the texts of the answers, one for each turn. `cost` is the estimated cost in
    USD, including judges (None: not known). If the expectations could not be checked, `problem` says why, and `hint`
    says what to do. `leftovers` are objects that could not be deleted at OpenAI.
    """

    number: int
    checks: tuple[Check, ...] = ()
    answers: tuple[str, ...] = ()
    calls: tuple[CalledFunction, ...] = ()
    tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None
    problem: str = ""
    hint: str | None = None
    leftovers: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the sample met all expectations."""
        return not self.problem and all(check.passed for check in self.checks)


class CaseResult(Struct, frozen=True):
    """The result of one test, with all its samples. If the test could not begin, `problem` says why, and `hint` says
    what to do. If the test or some of its samples were not run, `not_run` says why. `notes` are messages that do not
    mean that the test failed, for example about a mock that no call used.
    """

    test: DeclaredTest
    samples: tuple[Sample, ...] = ()
    problem: str = ""
    hint: str | None = None
    not_run: str = ""
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict on the test: passed, failed, broken or not run."""
        if self.problem or any(sample.problem for sample in self.samples):
            return Verdict.BROKEN
        if self.not_run:
            return Verdict.NOT_RUN
        return Verdict.PASSED if self.share >= self.test.share - ROUNDING else Verdict.FAILED

    @property
    def passed_samples(self) -> int:
        """The number of samples of the test that met all expectations."""
        return sum(sample.passed for sample in self.samples)

    @property
    def share(self) -> float:
        """The share of samples that met all expectations, from 0 to 1."""
        return self.passed_samples / len(self.samples) if self.samples else 0.0

    @property
    def seconds(self) -> float:
        """The total time of all samples of the test, in seconds."""
        return sum(sample.seconds for sample in self.samples)

    @property
    def tokens(self) -> int:
        """The total number of tokens of all samples of the test."""
        return sum(sample.tokens for sample in self.samples)

    @property
    def cost(self) -> float | None:
        """The estimated cost of all samples of the test in USD. None if the cost of a sample is not known."""
        return add_costs(sample.cost for sample in self.samples)

    def messages(self) -> list[str]:
        """Returns messages about what went wrong in the test. Each message is listed once, in the order in which it was
        found.
        """
        found = [self.problem] if self.problem else []
        for sample in self.samples:
            found += [sample.problem] if sample.problem else []
            found += [check.message for check in sample.checks if not check.passed]
        return [*dict.fromkeys(found), *([self.not_run] if self.not_run else [])]

    def hints(self) -> list[str]:
        """Returns the hints that say what to do about the problems of the test. Each hint is listed once."""
        found = [self.hint, *(sample.hint for sample in self.samples)]
        return list(dict.fromkeys(each for each in found if each))


class TestRun(Struct, frozen=True):
    """The results of a run of tests, in `results`. `seconds` is the time of the whole run. `budget` is the largest cost
    in USD that the run should have. If `unapplied` is True, the tests used the manifests on disk, which were not
    applied.
    """

    __test__ = False  # pytest collects classes with this beginning of a name.

    project: str
    environment: str
    results: tuple[CaseResult, ...]
    seconds: float = 0.0
    budget: float | None = None
    unapplied: bool = False

    def counts(self) -> dict[Verdict, int]:
        """Returns the number of tests with each verdict, keyed by the verdict."""
        found = dict.fromkeys(Verdict, 0)
        for each in self.results:
            found[each.verdict] += 1
        return found

    @property
    def cost(self) -> float | None:
        """The estimated cost of all tests in USD. None if the cost of a test is not known."""
        return add_costs(each.cost for each in self.results)

    @property
    def tokens(self) -> int:
        """The total number of tokens of all tests."""
        return sum(each.tokens for each in self.results)

    def exit_code(self) -> ExitCode:
        """Returns ERROR if a test is broken or was not run, otherwise UNMET if a test failed, otherwise DONE."""
        counts = self.counts()
        if counts[Verdict.BROKEN] or counts[Verdict.NOT_RUN]:
            return ExitCode.ERROR
        return ExitCode.UNMET if counts[Verdict.FAILED] else ExitCode.DONE


def add_costs(costs: Iterable[float | None]) -> float | None:
    """Returns the sum of costs in USD. Returns None if one of the costs is not known."""
    known = list(costs)
    return None if any(each is None for each in known) else sum(each for each in known if each is not None)
