"""An apply: the plan's changes become tasks, run together; what came of them is the outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from provisioner.diff.deletions import DELETE_ORDER
from provisioner.engine.pool import Key, Pool, Task
from provisioner.engine.steps import Steps, StillUsed, without_members
from provisioner.errors import ProvisionError
from provisioner.event import ApplyEnded, ApplyStarted, Emit, Failed, Finished, Skipped, Started
from provisioner.objects.collection import field_of
from provisioner.plan import Action, Change, Outcome, Plan
from provisioner.resource import Resource, refs

MAKING = (Action.CREATE, Action.REPLACE)
ENDING = (Action.DELETE, Action.FORGET)


def apply_changes(plan: Plan, steps: Steps, *, parallelism: int, emit: Emit, stop: Event) -> Outcome:
    """Carries the plan out. What fails stops only what needs it; once `stop` is set, nothing new is started."""
    watch = Watch(emit, steps)
    uploads = sum(change.type == "file" and change.action in MAKING for change in plan.changes)
    emit(ApplyStarted(len(plan.changes), uploads))
    pool = Pool(parallelism, watch, stop)
    tasks = list(_making_tasks(plan.changes, steps))
    watch.expect(tasks)
    pool.run(tasks)
    endings = list(_ending_tasks(plan.changes, steps))
    watch.expect(endings)
    _run_endings(endings, pool, watch)
    return watch.close(interrupted=stop.is_set())


def _making_tasks(changes: Sequence[Change], steps: Steps) -> Iterator[Task]:
    """A task for each object, one more for a store's members, in the plan's order."""
    last_alike: dict[tuple[object, ...], Key] = {}
    for change in changes:
        if change.action in ENDING:
            continue
        resource = steps.resources[change.address]
        collection = steps.collections[change.type]
        members = {name for name in resource.inputs if field_of(collection.fields, name).mode == "members"}
        after: frozenset[Key] = frozenset()
        if change.type == "file" and change.action in MAKING:
            alike = tuple(resource.inputs.get(name) for name in ("filename", "bytes", "purpose"))
            after = frozenset({last_alike[alike]} if alike in last_alike else ())
            last_alike[alike] = (change.address, "object")
        run = steps.make if change.action in MAKING else steps.change
        needs = _needs(without_members(resource.inputs, collection))
        yield Task((change.address, "object"), change, partial(run, change), needs, after)
        if members and _touches(change, members, resource):
            needs = _needs({name: resource.inputs[name] for name in members}) | {(change.address, "object")}
            yield Task((change.address, "members"), change, partial(steps.settle_members, change), needs)


def _needs(inputs: Mapping[str, object]) -> frozenset[Key]:
    return frozenset((ref.address, "object") for ref in refs(inputs))


def _touches(change: Change, members: set[str], resource: Resource) -> bool:
    """Whether the members' step has anything to do."""
    if change.action in MAKING:
        return any(resource.inputs[name] for name in members)
    return bool(members & set(change.fields))


def _ending_tasks(changes: Sequence[Change], steps: Steps) -> Iterator[Task]:
    """A task for each delete and forget, and for each object that this apply has replaced."""
    for change in changes:
        if change.action is Action.FORGET:
            yield Task((change.address, "forget"), change, partial(steps.forget, change))
        elif change.action is Action.DELETE and change.id is not None:
            remove = partial(steps.delete, change, change.id, retired=change.retired)
            yield Task((change.address, f"delete {change.id}"), change, remove)
    for change in changes:
        retired = steps.ledger.retired.get(change.id or "")
        if change.action is Action.REPLACE and retired is not None and not retired.retire_after:
            remove = partial(steps.delete, change, retired.id, retired=True)
            yield Task((change.address, f"retire {retired.id}"), change, remove)


def _run_endings(endings: Sequence[Task], pool: Pool, watch: Watch) -> None:
    """Deletes users before what they use. What a spared or undeletable user may name waits for a later apply."""
    for kind in DELETE_ORDER:
        tasks = [task for task in endings if task.change.address.kind == kind]
        if watch.stayed:
            for task in tasks:
                watch.spare(task, f"since {watch.stayed} may name it")
        else:
            pool.run(tasks)


@dataclass(slots=True)
class Watch:
    """Puts the ends of tasks together to the ends of changes, and tells of them.

    `stayed` names the last object that should have been deleted and was not.
    """

    emit: Emit
    steps: Steps
    outcome: Outcome = field(default_factory=Outcome)
    clock: Callable[[], float] = time.monotonic
    stayed: str = ""
    _begun: float = field(default_factory=time.monotonic)
    _left: dict[str, int] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)

    def expect(self, tasks: Sequence[Task]) -> None:
        """Counts the tasks of each change, so that its end is known."""
        for task in tasks:
            self._left[_name(task)] = self._left.get(_name(task), 0) + 1

    def started(self, task: Task) -> None:
        """Tells of a change when its first task starts."""
        if _name(task) not in self._since:
            self._since[_name(task)] = self.clock()
            self.emit(Started(task.change))

    def succeeded(self, task: Task) -> None:
        """A change is applied when its last task is over and none failed."""
        name = _name(task)
        self._left[name] -= 1
        if task.key[1] == "object":
            self._made.add(name)
        if self._left[name] or name in self.outcome.failed or name in self.outcome.skipped:
            return
        if task.key[1].startswith("retire "):
            return
        self.outcome.applied.append(task.change)
        self.emit(Finished(task.change, self._id(task.change), self.clock() - self._since[name]))

    def failed(self, task: Task, error: BaseException) -> None:
        """A change with a failed task has failed. What is no error of ours is a bug, and is raised."""
        if isinstance(error, StillUsed):
            self.spare(task, error.message)
            return
        if not isinstance(error, ProvisionError):
            raise error
        self._note_stay(task)
        self._left[_name(task)] -= 1
        self.outcome.failed[_name(task)] = error.message
        self.emit(Failed(task.change, error.message, error.hint))

    def skipped(self, task: Task, because: str) -> None:
        """A change with a skipped task is skipped, unless it has failed already."""
        name = _name(task)
        self._note_stay(task)
        self._left[name] -= 1
        if name in self._made:
            because = f"{task.change.action}d, but its files are not attached: {because}"
        if name not in self.outcome.failed and name not in self.outcome.skipped:
            self.outcome.skipped[name] = because
            self.emit(Skipped(task.change, because))

    def spare(self, task: Task, because: str) -> None:
        """A replaced object that is still used waits for a later apply: told, but nothing that was left undone."""
        if not _is_replaced(task):
            self.skipped(task, because)
            return
        self._note_stay(task)
        self._left[_name(task)] -= 1
        self.emit(Skipped(task.change, f"the replaced {task.change.id} stays for now, {because}"))

    def _note_stay(self, task: Task) -> None:
        if _is_replaced(task) or task.change.action in ENDING:
            self.stayed = _name(task)

    def close(self, *, interrupted: bool) -> Outcome:
        """The outcome, with its time."""
        self.outcome.seconds = self.clock() - self._begun
        self.outcome.interrupted = interrupted
        self.emit(ApplyEnded())
        return self.outcome

    def _id(self, change: Change) -> str:
        """The id of what was made or changed, or of what is gone."""
        if change.action in ENDING:
            return change.id or ""
        record = self.steps.ledger.records.get(change.address)
        return record.id if record else ""


def _is_replaced(task: Task) -> bool:
    """Whether the task deletes an object that a change, of this apply or an earlier one, has replaced."""
    return task.key[1].startswith("retire ") or task.change.retired


def _name(task: Task) -> str:
    """What the outcome calls a task's change; the deletion of a replaced object is called by its id too."""
    if _is_replaced(task):
        return f"{task.change.address} (the replaced {task.change.id})"
    return str(task.change.address)
