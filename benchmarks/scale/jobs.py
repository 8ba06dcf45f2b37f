"""The calls of each operation, and which of them must wait for others, for a project of any size.

The files of a vector store are attached when all of them are uploaded. If a vector store has more than one batch (500
files), `provision` attaches full batches earlier, with the same number of calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.scale.bounds import BATCH, FILE_PAGE, PAGE, Calls, call_kind, pages
from benchmarks.scale.sizes import Size


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `path` begins after the version, such as `/files`. `attached` is the number of files that the call
    attaches to a vector store.
    """

    method: str
    path: str
    attached: int = 0

    @property
    def body(self) -> dict[str, list[None]]:
        """A body that attaches this number of files."""
        return {"file_ids": [None] * self.attached} if self.attached else {}


@dataclass(slots=True, eq=False)
class Job:
    """Calls that one worker makes, one after the other. `needs` is the number of jobs that must end before, and `then`
    are the jobs that wait for this one. A simulation counts `needs` down, so that it runs each job once.
    """

    calls: tuple[Call, ...]
    needs: int = 0
    then: list[Job] = field(default_factory=list)


#: The jobs of one part of an operation, in the order in which they start. All jobs end before the next part begins.
Phase = list[Job]

LIST_STORES, LIST_FILES = Call("GET", "/vector_stores"), Call("GET", "/files")
UPLOAD, DELETE_FILE = Call("POST", "/files"), Call("DELETE", "/files/f")


def plan(size: Size) -> Iterator[Phase]:
    """Yields the jobs of a full plan that finds no difference."""
    yield _lists(size) + [Job(_list_members(store, size.files_per_store)) for store in range(size.stores)]


def quick_plan(size: Size) -> Iterator[Phase]:
    """Yields the jobs of a quick plan that finds no difference."""
    yield _lists(size)


def first_apply(size: Size) -> Iterator[Phase]:
    """Yields the jobs of an apply in an empty account. It looks twice for vector stores that it may have made before:
    for the plan, and under the lock.
    """
    yield [Job((LIST_STORES, LIST_STORES))]
    jobs = []
    for store in range(size.stores):
        create = Job((Call("POST", "/vector_stores"),))
        uploads = [Job((UPLOAD,)) for _ in range(size.files_per_store)]
        jobs += [create, *uploads, _after([create, *uploads], _fill(store, size.files_per_store))]
    yield jobs


def change_files(size: Size) -> Iterator[Phase]:
    """Yields the jobs of an apply after one file in each vector store has changed."""
    yield from plan(size)
    jobs = []
    for store in range(size.stores):
        upload = Job((UPLOAD,))
        detach = Call("DELETE", f"{_members(store)}/f")
        jobs += [upload, _after([upload], (*_fill(store, 1, size.files_per_store), detach))]
    yield jobs
    yield [Job((DELETE_FILE,)) for _ in range(size.stores)]


def destroy(size: Size) -> Iterator[Phase]:
    """Yields the jobs of a destroy."""
    yield from plan(size)
    yield [Job((Call("DELETE", f"/vector_stores/{store}"),)) for store in range(size.stores)]
    yield [Job((DELETE_FILE,)) for _ in range(size.stores * size.files_per_store)]


#: The operations that can be simulated, with the names that the measured ones have.
OPERATIONS: Mapping[str, Callable[[Size], Iterator[Phase]]] = {
    "first apply": first_apply,
    "no-op plan": plan,
    "no-op plan, quick": quick_plan,
    # A changed prompt needs no further call, because the definition of an assistant is in the state only.
    "one prompt changed: plan": plan,
    "one prompt changed: apply": plan,
    "a file in each store changed: apply": change_files,
    "destroy": destroy,
}


def all_calls(phases: Iterable[Phase]) -> Calls:
    """Returns the calls of an operation, of which the server refuses none. `phases` are its jobs."""
    made = (call for jobs in phases for job in jobs for call in job.calls)
    return Calls(Counter(call_kind(call.method, call.path) for call in made))


def longest_chain(phases: Iterable[Phase]) -> int:
    """Returns the number of calls of an operation that must follow one another. `phases` are its jobs."""
    return sum(max(_chain_ends(jobs).values()) for jobs in phases)


def _chain_ends(jobs: Phase) -> dict[Job, int]:
    """Returns the length of the longest chain that ends with each job. A job comes after those for which it waits."""
    ends = {job: len(job.calls) for job in jobs}
    for job in jobs:
        for later in job.then:
            ends[later] = max(ends[later], ends[job] + len(later.calls))
    return ends


def _lists(size: Size) -> list[Job]:
    files = size.stores * size.files_per_store
    return [Job((LIST_FILES,) * pages(files, FILE_PAGE)), Job((LIST_STORES,) * pages(size.stores, PAGE))]


def _members(store: int) -> str:
    return f"/vector_stores/{store}/files"


def _list_members(store: int, files: int) -> tuple[Call, ...]:
    return (Call("GET", _members(store)),) * pages(files, PAGE)


def _fill(store: int, new: int, present: int = 0) -> tuple[Call, ...]:
    """Returns the calls that attach `new` files to a vector store with `present` files, and that then read its files.
    If these have more than one page, a call before asks for the files that are being indexed.
    """
    sizes = [BATCH] * (new // BATCH) + ([new % BATCH] if new % BATCH else [])
    batches = [Call("POST", f"/vector_stores/{store}/file_batches", attached) for attached in sizes]
    files = new + present
    pending = (Call("GET", _members(store)),) if files > PAGE else ()
    return (*batches, *pending, *_list_members(store, files))


def _after(before: list[Job], calls: tuple[Call, ...]) -> Job:
    """Returns a job that begins when all jobs in `before` have ended."""
    job = Job(calls, len(before))
    for each in before:
        each.then.append(job)
    return job
