"""Runs the tests of an opened project: with the applied assistants, or with the manifests as they are on disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.declaredtest import DeclaredTest
from provisioner.core.errors import ApiError, ProvisionError, UsageError
from provisioner.core.files.root import Root
from provisioner.core.objecttype import FILE
from provisioner.core.testresult import CaseResult, TestRun, Verdict
from provisioner.engine.running.answering import Answers
from provisioner.engine.running.dialogue import Dialogue
from provisioner.engine.running.local_functions import FunctionRunner, is_ci
from provisioner.engine.running.opening import check_stores, explain, open_dialogue
from provisioner.engine.running.pricing import price_turn
from provisioner.engine.running.subject import Subject, runtime_names
from provisioner.engine.testing.budget import Budget
from provisioner.engine.testing.suite import Suite
from provisioner.openai_api.turns.events import FunctionAnswered, FunctionCalled
from provisioner.openai_api.turns.turn import Attachment, Leftover
from provisioner.openai_api.turns.uploads import Uploads
from provisioner.project.chosen_tests import choose, digest_of, of_assistants
from provisioner.project.passed_tests import PassedTests
from provisioner.project.running import Runner, read_runner
from provisioner.project.wiring import Project

#: The most bytes of one file that a test attaches to a message.
MOST_FILE_BYTES = 64 * 1024 * 1024
#: Fields of a definition that need a stored response. Tests store no responses, so nothing is left at OpenAI.
STORED_ONLY = frozenset({"background", "background_options", "conversation", "previous_response_id"})
RESPONSES = "responses"


class TestOptions(Struct, frozen=True):
    """The options of a run of tests. `names` are names and globs of tests. `assistants` are the only assistants whose
    tests are run; None means all. If `changed` is True, tests that have passed and have not changed since are left out.
    `budget` is in USD. `handlers` allows local functions to run in CI.
    """

    __test__ = False  # pytest collects classes with this beginning of a name.

    names: tuple[str, ...] = ()
    assistants: Collection[Address] | None = None
    changed: bool = False
    unapplied: bool = False
    budget: float | None = None
    parallelism: int = 1
    handlers: bool = False


class ProjectPartner(Struct):
    """Gives the tests of a project access to its assistants: opens dialogues with them, and uploads files. Thread-safe.

    Each assistant is looked up once, and each file is uploaded once for all tests of assistants on the same target.
    `handlers` allows local functions to run in CI.
    """

    runner: Runner
    handlers: bool = False
    _uploads: Uploads | None = None
    _subjects: dict[Address, Subject] = field(default_factory=dict)
    _attached: dict[tuple[Path, str], Attachment] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def find_problem(self, assistant: Address) -> ProvisionError | None:
        """Returns an error if no dialogue with the assistant is possible: the assistant is not applied, or one of its
        vector stores has expired. Otherwise returns None.
        """
        try:
            subject = self._subject(assistant)
            check_stores(subject, self.runner.project.engine.collections)
        except ProvisionError as error:
            return error
        return None

    def open(self, assistant: Address) -> AbstractContextManager[Dialogue]:
        """Opens a dialogue with the assistant at the address `assistant`. On the target `responses`, the dialogue is
        not stored at OpenAI.
        """
        subject = self._subject(assistant)
        project = self.runner.project
        own, models = project.settings.prices, project.settings.model_prices
        return open_dialogue(
            project.session,
            subject,
            os.environ,
            streaming=subject.target != RESPONSES,
            price=lambda turn: price_turn(turn, subject, own, models),
        )

    def attach(self, assistant: Address, files: Sequence[Path | str]) -> tuple[Attachment, ...]:
        """Returns an attachment for each of `files`, the files that a test adds to one message to `assistant`. A `Path`
        is a local file, which is uploaded before its first use. A `str` is the id of a file that exists at OpenAI.
        """
        target = self._subject(assistant).target
        return tuple(self._attach(each, target) for each in files)

    def handle(self, assistant: Address, call: FunctionCalled) -> FunctionAnswered | None:
        """Calls the local function that the assistant wants to call, in a separate process, and returns its result.
        Returns None if the function has no `handler:`. Raises NoAnswer in CI, unless local functions are allowed there.
        """
        subject = self._subject(assistant)
        if subject.functions.get(call.name) is None:
            return None
        may_run = self.handlers or not is_ci(os.environ)
        runner = FunctionRunner(os.environ, secrets=runtime_names(subject.fields)) if may_run else None
        return Answers(subject.functions, runner)(call)

    def explain(self, assistant: Address, error: ApiError) -> ProvisionError:
        """Returns the API error `error` with advice for the user."""
        return explain(error, self._subject(assistant))

    def close(self) -> list[Leftover]:
        """Deletes the uploaded files. Returns the files that could not be deleted."""
        return self._uploads.close() if self._uploads else []

    def _subject(self, assistant: Address) -> Subject:
        with self._lock:
            if assistant not in self._subjects:
                found = self.runner.find(assistant.name)
                if found.target == RESPONSES:
                    kept = {name: value for name, value in found.fields.items() if name not in STORED_ONLY}
                    found = replace(found, fields={**kept, "store": False})
                self._subjects[assistant] = found
            return self._subjects[assistant]

    def _attach(self, file: Path | str, target: str) -> Attachment:
        if isinstance(file, str):
            return Attachment(file, self._names().get(file, file))
        with self._lock:
            if (file, target) not in self._attached:
                self._uploads = self._uploads or self.runner.uploads()
                content = read_file(self.runner.project, file)
                self._attached[file, target] = self._uploads.upload(file.name, content, target)
            return self._attached[file, target]

    def _names(self) -> dict[str, str]:
        """Returns the names of the recorded files, keyed by id."""
        records = self.runner.state.records if self.runner.state else {}
        return {
            record.id: str(record.inputs.get("filename") or "")
            for record in records.values()
            if record.type == FILE.name
        }


def read_file(project: Project, path: Path) -> bytes:
    """Returns the content of the file `path` of the project. Raises UsageError if the file cannot be read."""
    root = Root(project.settings.root, tuple(filter(None, (project.settings.state_folder,))))
    try:
        return root.read(path, MOST_FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="correct `files:` of the test") from error


def run_tests(
    project: Project,
    options: TestOptions,
    *,
    emit: Callable[[CaseResult, int], None] = lambda result, count: None,
    notify: Callable[[str], None] = lambda message: None,
) -> TestRun:
    """Runs the chosen tests and returns their results.

    `emit` is called with each result as soon as it is known, and with the number of chosen tests. `notify` is called
    with messages. Raises UsageError if a name selects no test or a file of a test cannot be read, StateError if the
    state cannot be read, and Blocked if the state is not the last written state.
    """
    began = time.monotonic()
    runner = read_runner(project, unapplied=options.unapplied)
    for note in runner.notes:
        notify(note)
    tests = choose(project.manifest.tests, options.names)
    if options.assistants is not None:
        tests = of_assistants(tests, options.assistants)
    passed = PassedTests(project.settings.root)
    digests = _digests(project, runner, tests)
    if options.changed:
        known = passed.read(project.settings.environment)
        tests = tuple(test for test in tests if known.get(test.name) != digests[test.name])
    results = _run(project, runner, tests, options, lambda result: emit(result, len(tests)), notify)
    _remember(project, passed, results, digests, notify)
    return TestRun(
        project=project.settings.project,
        environment=project.settings.environment,
        results=results,
        seconds=time.monotonic() - began,
        budget=options.budget,
        unapplied=options.unapplied,
    )


def _digests(project: Project, runner: Runner, tests: Sequence[DeclaredTest]) -> dict[str, str]:
    resources = {each.address: each for each in project.manifest.resources}

    def digest(test: DeclaredTest) -> str:
        def read(path: Path) -> bytes:
            return read_file(project, path)

        account = project.engine.identity.account
        return digest_of(test, resources, runner.state, read, account, unapplied=runner.unapplied)

    return {test.name: digest(test) for test in tests}


def _run(
    project: Project,
    runner: Runner,
    tests: Sequence[DeclaredTest],
    options: TestOptions,
    emit: Callable[[CaseResult], None],
    notify: Callable[[str], None],
) -> tuple[CaseResult, ...]:
    partner = ProjectPartner(runner, options.handlers)
    problems = _find_problems(partner, sorted({each for test in tests for each in test.assistants()}), options)
    broken: dict[Address, CaseResult] = {}
    for test in tests:
        error = next((found for each in sorted(test.assistants()) if (found := problems[each]) is not None), None)
        if error is not None:
            broken[test.address] = CaseResult(test, problem=error.message, hint=error.hint)
            emit(broken[test.address])
    suite = Suite(partner, options.parallelism, Budget(options.budget), emit, project.engine.stop)
    try:
        run = {each.test.address: each for each in suite.run([test for test in tests if test.address not in broken])}
    finally:
        for left in partner.close():
            notify(f"the uploaded {left.type} {left.id} could not be deleted: {left.reason}")
    return tuple((broken | run)[test.address] for test in tests)


def _find_problems(
    partner: ProjectPartner, assistants: Sequence[Address], options: TestOptions
) -> dict[Address, ProvisionError | None]:
    """Returns a mapping from each assistant to the error that prevents a dialogue with it, or to None if a dialogue is
    possible.
    """
    if not assistants:
        return {}
    with ThreadPoolExecutor(min(options.parallelism, len(assistants))) as pool:
        return dict(zip(assistants, pool.map(partner.find_problem, assistants), strict=True))


def _remember(
    project: Project,
    passed: PassedTests,
    results: Sequence[CaseResult],
    digests: dict[str, str],
    notify: Callable[[str], None],
) -> None:
    """Stores which tests have passed, for the option `--changed`. If the file cannot be written, calls `notify` with a
    message; the next run with `--changed` then runs more tests. `digests` maps the names of tests to their digests.
    """
    if not results:
        return
    good = {each.test.name: digests[each.test.name] for each in results if each.verdict is Verdict.PASSED}
    bad = [each.test.name for each in results if each.verdict in (Verdict.FAILED, Verdict.BROKEN)]
    if (problem := passed.add(project.settings.environment, good, bad)) is not None:
        notify(f"which tests passed is not remembered for --changed: {problem}")
