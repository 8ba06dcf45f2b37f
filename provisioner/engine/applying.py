"""An apply: the plan's changes become tasks, run together; what came of them is the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from threading import Event

from provisioner.diff.deletions import DELETE_ORDER
from provisioner.engine.pool import Key, Pool, Task
from provisioner.engine.steps import Steps, without_members
from provisioner.engine.watch import ENDING, RETIRE, Watch
from provisioner.event import ApplyStarted, Emit
from provisioner.objects.collection import field_of
from provisioner.plan import Action, Change, Outcome, Plan
from provisioner.resource import Resource, refs

MAKING = (Action.CREATE, Action.REPLACE)


def apply_changes(plan: Plan, steps: Steps, *, workers: int, emit: Emit, stop: Event) -> Outcome:
    """Carries the plan out. What fails stops only what needs it; once `stop` is set, nothing new is started."""
    watch = Watch(emit, steps)
    uploads = sum(change.type == "file" and change.action in MAKING for change in plan.changes)
    emit(ApplyStarted(len(plan.changes), uploads))
    pool = Pool(workers, watch, stop)
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
            name = f"forget {change.id}" if change.retired else "forget"
            yield Task((change.address, name), change, partial(steps.forget, change))
        elif change.action is Action.DELETE and change.id is not None:
            remove = partial(steps.delete, change, change.id, retired=change.retired)
            yield Task((change.address, f"delete {change.id}"), change, remove)
    for change in changes:
        retired = steps.ledger.retired.get(change.id or "")
        if change.action is Action.REPLACE and retired is not None and not retired.retire_after:
            remove = partial(steps.delete, change, retired.id, retired=True)
            yield Task((change.address, f"{RETIRE}{retired.id}"), change, remove)


def _run_endings(endings: Sequence[Task], pool: Pool, watch: Watch) -> None:
    """Deletes users before what they use. What a spared or undeletable user may name waits for a later apply."""
    for kind in DELETE_ORDER:
        tasks = [task for task in endings if task.change.address.kind == kind]
        if watch.stayed:
            for task in tasks:
                watch.spare(task, f"since {watch.stayed} may name it")
        else:
            pool.run(tasks)
