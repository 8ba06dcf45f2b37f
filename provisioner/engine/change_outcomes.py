"""Combines the results of tasks into the results of changes. A change, such as the creation of a vector store, can
consist of several tasks. The results are used for the outcome of an apply and for its events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ProvisionError, diagnose
from provisioner.engine.creation import Unsent
from provisioner.engine.filling import Unfilled
from provisioner.engine.steps import Steps
from provisioner.engine.task import Step, Task
from provisioner.engine.undeleted import Kept, StillUsed
from provisioner.planning.event import ApplyEnded, Emit, Failed, Finished, Skipped, Started
from provisioner.planning.plan import Action, Change, Outcome

#: The actions that remove an address from the state.
ENDING = (Action.DELETE, Action.FORGET)


class Watch(Struct):
    """Combines the results of tasks into the results of changes. Adds the result of each change to `outcome`, and
    reports it as an event with `emit`.

    `stayed` is the name of the last object whose deletion, or whose removal from the state, failed or was skipped. It
    is empty if there is no such object.
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
    _skipped: dict[str, str] = field(default_factory=dict)

    def expect(self, tasks: Sequence[Task]) -> None:
        """Counts how many of `tasks` belong to each change, so that the last task of a change can be recognised."""
        for task in tasks:
            self._left[_name(task)] = self._left.get(_name(task), 0) + 1

    def started(self, task: Task) -> None:
        """Reports the change of `task` as started if `task` is the first task of this change."""
        if _name(task) not in self._since:
            self._since[_name(task)] = self.clock()
            self.emit(Started(task.change))

    def succeeded(self, task: Task) -> None:
        """Counts `task` as succeeded. Reports its change as applied if this was the last task of the change, and no
        task of the change failed or was skipped. The deletion of an object that this apply has replaced is not
        reported.
        """
        name = _name(task)
        since = self._since[name]
        if task.key.step is Step.OBJECT:
            self._made.add(name)
        is_last = self._end(task)
        if not is_last or name in self.outcome.failed or name in self.outcome.skipped:
            return
        if task.key.step is Step.RETIRE:
            return
        self.outcome.applied.append(task.change)
        self.emit(Finished(task.change, self._id(task.change), self.clock() - since))

    def failed(self, task: Task, error: BaseException) -> None:
        """Records the change of `task` as failed, because the task raised `error`. Four errors have another effect.
        After `Unsent` (the create request was not sent) and `Unfilled` (files of a vector store are missing), the
        change counts as skipped. After `Kept` (the object is kept for a time, because a release or another object needs
        it), the change counts as applied. After `StillUsed`, the object is reported as not deleted.

        An exception that is not a ProvisionError is a bug in provision; the first one is stored in the outcome. An
        exception that ends the process, such as KeyboardInterrupt, is raised again.
        """
        if isinstance(error, StillUsed):
            self.spare(task, error.message)
            return
        if isinstance(error, Kept):
            self._end(task)
            self.outcome.applied.append(task.change)
            self.emit(Skipped(task.change, error.message))
            return
        if isinstance(error, Unsent | Unfilled):
            self.skipped(task, error.message)
            return
        if not isinstance(error, Exception):
            raise error
        if isinstance(error, ProvisionError):
            diagnostic, *_ = diagnose(error)
        else:
            diagnostic = Diagnostic("error", f"provision has a bug here: {type(error).__name__}: {error}")
            self.outcome.bug = self.outcome.bug or error
        self._note_stay(task)
        self.outcome.failed[_name(task)] = diagnostic
        self._end(task)
        self.emit(Failed(task.change, diagnostic.message, diagnostic.hint))

    def skipped(self, task: Task, because: str) -> None:
        """Records the change of `task` as skipped for the reason `because`. If another task of this change fails, the
        change counts as failed.
        """
        self._note_stay(task)
        self._skipped.setdefault(_name(task), because)
        self._end(task)

    def spare(self, task: Task, because: str) -> None:
        """Reports that the object of `task` is not deleted in this apply (or its record is not removed), for the reason
        `because`. A later apply does so.

        If the deletion is the whole change, the change counts as skipped. If the object is an old one that a new object
        has replaced, an event is sent, and the outcome does not change.
        """
        if not is_replaced(task):
            self.skipped(task, because)
            return
        self._note_stay(task)
        self._end(task)
        self.emit(Skipped(task.change, f"the replaced {task.change.id} stays for now, {because}"))

    def _end(self, task: Task) -> bool:
        """Counts `task` as ended. Returns whether this was the last task of its change. If it was, a skipped change is
        reported as skipped, and what is stored about the change is removed, except from the outcome.
        """
        name = _name(task)
        self._left[name] -= 1
        if self._left[name]:
            return False
        is_made, because = name in self._made, self._skipped.pop(name, None)
        del self._left[name]
        self._since.pop(name, None)
        self._made.discard(name)
        if because is not None and name not in self.outcome.failed:
            if is_made:
                because = f"{task.change.action}d, but its files are not attached: {because}"
            self.outcome.skipped[name] = because
            self.emit(Skipped(task.change, because))
        return True

    def _note_stay(self, task: Task) -> None:
        if is_replaced(task) or task.change.action in ENDING:
            self.stayed = _name(task)

    def close(self, *, interrupted: bool) -> Outcome:
        """Ends the apply and returns its outcome, with its duration in seconds. `interrupted` says whether the apply
        was interrupted.
        """
        self.outcome.seconds = self.clock() - self._begun
        self.outcome.interrupted = interrupted
        self.emit(ApplyEnded())
        return self.outcome

    def _id(self, change: Change) -> str:
        """Returns the id of the object that `change` created, updated or deleted."""
        if change.action in ENDING:
            return change.id or ""
        record = self.steps.ledger.records.get(change.address)
        return record.id if record else ""


def is_replaced(task: Task) -> bool:
    """Returns whether `task` deletes an object that was replaced, by a change of this apply or of an earlier apply."""
    return task.key.step is Step.RETIRE or task.change.retired


def _name(task: Task) -> str:
    """Returns the name under which the outcome lists the change of `task`. The name is the address of the change. For
    the deletion of a replaced object, the object's id is added.
    """
    if is_replaced(task):
        return f"{task.change.address} (the replaced {task.change.id})"
    return str(task.change.address)
