"""Carries out an apply: turns the plan's changes into tasks, runs the tasks in parallel, and returns the outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import partial
from threading import Event

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import DELETE_ORDER, FILE, OBJECT_KINDS, MarkPlace
from provisioner.core.resource import Resource, refs
from provisioner.engine.adoption import adopt
from provisioner.engine.change_outcomes import ENDING, Watch, is_replaced
from provisioner.engine.filling import Filling, early_batches
from provisioner.engine.pool import Pool
from provisioner.engine.renaming import forget, replace_renamed
from provisioner.engine.steps import Steps, member_fields, without_members
from provisioner.engine.task import Key, Stages, Step, Task
from provisioner.engine.versions import makes_version
from provisioner.openai_api.collections.vector_stores import BATCH
from provisioner.planning.event import ApplyStarted, Emit
from provisioner.planning.plan import Action, Change, Outcome, Plan
from provisioner.planning.planfile import MAKING
from provisioner.state.versions import version_of

#: Kinds whose ids applications use, so an id can be in use although no record names it. Files are used through stores.
SUCCEEDED = tuple(kind.name for kind in OBJECT_KINDS if kind.held_by_applications)

#: The steps that give a vector store its files.
FILLING = (Step.ATTACH, Step.MEMBERS)
#: The distance in the order of tasks between a task and the last one that it needs. The distance to others is larger.
SHORTLY = 1e-6


def apply_changes(plan: Plan, steps: Steps, *, workers: int, emit: Emit, stop: Event) -> Outcome:
    """Carries out `plan` and returns the outcome. `steps` contains the methods that make one change each. If a change
    fails, only the changes that need its object are skipped, and the deletions that must wait for it.

    `workers` is the largest number of tasks that run at the same time. `emit` receives the events. After `stop` is set,
    no new task is started.
    """
    watch = Watch(emit, steps)
    uploads = sum(change.type == FILE.name and change.action in MAKING for change in plan.changes)
    emit(ApplyStarted(len(plan.changes), uploads))
    pool = Pool(workers, watch, stop)
    tasks = list(_making_tasks(plan.changes, steps))
    watch.expect(tasks)
    pool.run(_in_starting_order(tasks))
    endings = list(_ending_tasks(plan.changes, steps))
    watch.expect(endings)
    _run_endings(endings, pool, watch, _find_unmade(plan.changes, steps, watch))
    return watch.close(interrupted=stop.is_set())


def _making_tasks(changes: Sequence[Change], steps: Steps) -> Iterator[Task]:
    """Yields the tasks that make objects, in the order of the plan: one task for each object that is created, adopted
    or changed, and further tasks that attach the files of each vector store.
    """
    last_alike: dict[tuple[object, ...], Key] = {}
    filled_first = {change.address for change in changes if _must_be_filled(change, steps)}
    adopted = {change.address for change in changes if change.action is Action.ADOPT}
    uploaded = {
        change.address: position
        for position, change in enumerate(changes)
        if change.type == FILE.name and change.action in MAKING and change.address not in steps.ledger.records
    }
    for change in changes:
        if change.action in ENDING:
            continue
        resource = steps.resources[change.address]
        collection = steps.collections[change.type]
        members = member_fields(collection) & resource.inputs.keys()
        after: frozenset[Key] = frozenset()
        if change.action in MAKING and collection.remote and collection.declared.mark is MarkPlace.NOWHERE:
            # If the answers were lost, these objects could not be distinguished. So they are made one at a time.
            alike = (change.type, *(str(resource.inputs.get(name)) for name in collection.declared.traits))
            after = frozenset({last_alike[alike]} if alike in last_alike else ())
            last_alike[alike] = Key(change.address, Step.OBJECT)
        run = _step_of(change, steps)
        needs = _needs(without_members(resource.inputs, collection))
        if change.action is Action.ADOPT:
            # If the run stops in between, the next one would not look for uploads in a store that is adopted already.
            needs |= {key for key in _needs(resource.inputs) if key.address in adopted}
        needs |= {Key(each.address, Step.MEMBERS) for each in needs if each.address in filled_first}
        yield Task(Key(change.address, Step.OBJECT), change, run, needs, after)
        if members and _touches(change, members, resource):
            yield from _filling_tasks(change, steps, uploaded)


def _in_starting_order(tasks: Sequence[Task]) -> list[Task]:
    """Returns `tasks` in the order in which they start. This is the order of the plan, with two exceptions: a vector
    store is created or changed before its first file is uploaded, and a task follows immediately after the last task
    that it needs.

    Because of the exceptions, a vector store gets its files, and can be used, while the files of the next vector stores
    are still being uploaded.
    """
    positions = {task.key: float(position) for position, task in enumerate(tasks)}
    starts = dict(positions)
    for task in tasks:
        store = Key(task.key.address, Step.OBJECT)
        if task.key.step in FILLING and store in starts:
            files = [positions[key] for key in task.needs | task.after if key in positions]
            starts[store] = min([starts[store], *(position - 0.5 for position in files)])
    for task in tasks:
        needs = task.needs | task.after if task.key.step in FILLING else task.needs
        before = [starts[key] for key in needs if key in starts]
        starts[task.key] = min(starts[task.key], max(before) + SHORTLY if before else math.inf)
    return sorted(tasks, key=lambda task: starts[task.key])


def _filling_tasks(change: Change, steps: Steps, uploaded: Mapping[Address, int]) -> Iterator[Task]:
    """Yields the tasks that attach the files of a vector store. An early batch is attached before all files are
    uploaded; there is one task for each early batch, and one for all other files. `uploaded` maps the new files that
    this apply uploads to their positions in the plan.

    The batches are attached one after the other, because together they are one operation in the journal. If a file
    cannot be uploaded after early batches were attached, the last task still runs and records the attached files.
    """
    files = steps.resources[change.address].inputs["files"]
    store, last = Key(change.address, Step.OBJECT), Key(change.address, Step.MEMBERS)
    batches: list[list[str]] = []
    if change.action is not Action.ADOPT and len(files) > BATCH:
        record = None if change.action in MAKING else steps.ledger.records.get(change.address)
        batches = early_batches(files, (record.inputs.get("files") if record else None) or {}, uploaded)
    filling = Filling(steps, change, sum(map(len, batches)))
    earlier: frozenset[Key] = frozenset()
    for number, keys in enumerate(batches):
        needs = _needs({key: files[key] for key in keys}) | {store} | earlier
        task = Task(Key(change.address, Step.ATTACH, str(number)), change, partial(filling.attach_early, keys), needs)
        earlier = frozenset({task.key})
        yield task
    needs = _needs(files)
    after = frozenset(key for key in needs if key.address in uploaded) if batches else frozenset()
    yield Task(last, change, filling.settle, (needs - after) | {store}, after | earlier)


def _step_of(change: Change, steps: Steps) -> Callable[[], Stages | None]:
    """Returns a function without parameters that carries out `change`: it creates, adopts, replaces or updates the
    object. The returned function always returns None. (The functions of other tasks may return a generator, which
    yields what the task waits for; a task with this function never waits.)
    """
    if change.action is Action.ADOPT:
        return partial(adopt, steps, change)
    if change.action is Action.REPLACE:
        return partial(replace_renamed, steps, change)
    return partial(steps.make if change.action in MAKING else steps.change, change)


def _needs(inputs: Mapping[str, object]) -> frozenset[Key]:
    return frozenset(Key(ref.address, Step.OBJECT) for ref in refs(inputs))


def _must_be_filled(change: Change, steps: Steps) -> bool:
    """Returns whether the objects that use a vector store must wait until the vector store has its files. `change` is
    the change of the vector store.

    The result is True if this apply creates the vector store. It is also True if an earlier run did not attach all
    files (`unfilled` in the record) and no recorded object uses the vector store yet. Otherwise the result is False:
    the vector store is in use already, and lacks only new files for a short time.
    """
    if change.action in MAKING:
        return True
    record = steps.ledger.records.get(change.address)
    return record is not None and record.unfilled and not steps.ledger.users(record.id)


def _touches(change: Change, members: Set[str], resource: Resource) -> bool:
    """Returns whether `change` attaches, changes or detaches files of the vector store that `resource` declares.
    `members` are the names of the fields that contain files.
    """
    if change.action in MAKING:
        return any(resource.inputs[name] for name in members)
    return bool(members & set(change.fields))


def _ending_tasks(changes: Sequence[Change], steps: Steps) -> Iterator[Task]:
    """Yields the tasks that remove something: one for each deletion, one for each record to remove (action `forget`),
    and one for each object that this apply has replaced, unless the replaced object must be kept for a time.
    """
    for change in changes:
        if change.action is Action.FORGET:
            key = Key(change.address, Step.FORGET, (change.id or "") if change.retired else "")
            yield Task(key, change, partial(forget, steps, change))
        elif change.action is Action.DELETE and change.id is not None:
            remove = partial(steps.delete, change, change.id, retired=change.retired)
            yield Task(Key(change.address, Step.DELETE, change.id), change, remove)
    for change in changes:
        replaced = _replaced_by(change, steps)
        retired = steps.ledger.retired.get(replaced.id or "") if replaced else None
        if replaced is None or retired is None or retired.retire_after:
            continue
        if not steps.ledger.kept_users(retired.id, steps.now) and steps.ledger.held_until(retired.id) <= steps.now:
            remove = partial(steps.delete, replaced, retired.id, retired=True)
            yield Task(Key(change.address, Step.RETIRE, retired.id), replaced, remove)


def _replaced_by(change: Change, steps: Steps) -> Change | None:
    """Returns a change whose `id` is the id of the object that `change` has replaced. If `change` replaces an object,
    the result is `change` itself. If `change` has uploaded a new version, the result is a copy with the id of the
    former version. Returns None if nothing was replaced.
    """
    if makes_version(change):
        record = steps.former.get(change.address)
        former = None if record is None else version_of(record)
        return None if former is None else replace(change, id=former)
    return change if change.action is Action.REPLACE else None


def _find_unmade(changes: Sequence[Change], steps: Steps, watch: Watch) -> dict[str, Address]:
    """Returns one resource of each kind whose object may be missing after this apply. An object may be missing if its
    creation failed or was skipped, or if a vector store did not get its files. The result maps the kind, such as
    `vector_store`, to the address of the resource.

    If applications use the ids of this kind, the caller then deletes no object of this kind that is no longer declared
    and that no recorded object uses. Its resource may have a new name in the manifests, so the missing object may be
    intended to replace it.
    """
    undone = watch.outcome.failed.keys() | watch.outcome.skipped.keys()
    found: dict[str, Address] = {}
    for change in changes:
        record = steps.ledger.records.get(change.address)
        new = change.action is Action.CREATE or (record is not None and record.unfilled)
        if new and str(change.address) in undone:
            found.setdefault(change.address.kind, change.address)
    return found


def _run_endings(endings: Sequence[Task], pool: Pool, watch: Watch, unmade: Mapping[str, Address]) -> None:
    """Runs the tasks `endings`, which delete objects or remove records. An object is deleted before the objects that it
    uses. `watch` collects the results of the tasks.

    An object is not deleted if the object that replaces it may be missing (`unmade`, the result of `_find_unmade`). If
    a deletion fails or is skipped, no objects of the kinds that it may use are deleted either. A later apply deletes
    them.
    """
    for kind in DELETE_ORDER:
        tasks = [task for task in endings if task.change.address.kind == kind]
        if watch.stayed:
            for task in tasks:
                watch.spare(task, f"since {watch.stayed} may name it")
            continue
        premature = {task.key: because for task in tasks if (because := _is_premature(task, watch, unmade))}
        for task in tasks:
            if task.key in premature:
                watch.spare(task, premature[task.key])
        pool.run([task for task in tasks if task.key not in premature])


def _is_premature(task: Task, watch: Watch, unmade: Mapping[str, Address]) -> str | None:
    """Returns the reason if the object of `task` must not be deleted yet: the change of its replacement has failed or
    was skipped, or an object of the same kind is missing that may be its replacement under a new name. Returns None if
    the object may be deleted. `unmade` is the result of `_find_unmade`.
    """
    address = str(task.change.address)
    if is_replaced(task):
        undone = address in watch.outcome.failed or address in watch.outcome.skipped
        return f"since {address} is not as declared yet" if undone else None
    successor = unmade.get(task.change.address.kind) if task.change.address.kind in SUCCEEDED else None
    if successor is None or task.change.action is not Action.DELETE or watch.steps.ledger.users(task.change.id or ""):
        return None
    return f"since {successor}, which may take its place, is not as declared yet"
