"""Defines the tasks of an apply, and how a task waits for something at the API."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.planning.plan import Change


class Step(Enum):
    """The kind of work that a task does.

    `OBJECT` creates or changes an object. `ATTACH` attaches one full batch of files to a vector store as soon as these
    files are uploaded. `MEMBERS` attaches, changes and detaches all other files of a vector store. `FORGET` removes a
    record. `DELETE` deletes an object. `RETIRE` deletes an object that this apply has replaced.
    """

    OBJECT = "object"
    ATTACH = "attach"
    MEMBERS = "members"
    FORGET = "forget"
    DELETE = "delete"
    RETIRE = "retire"


class Key(NamedTuple):
    """The identity of a task: the address of its change, its step, and an id. `id` is the id of an object, or the
    number of a batch of files. It is only needed if several objects of one address are deleted, or several batches are
    attached.
    """

    address: Address
    step: Step
    id: str = ""


class Wait(Protocol):
    """An event at the API for which a task waits, such as the end of an indexing."""

    @property
    def pause(self) -> float:
        """The number of seconds until the next poll."""
        ...

    def poll(self) -> object | None:
        """Returns the result for which the task waits, or None if the result is not available yet."""
        ...


#: The stages of a task that waits between them. The generator yields what the task waits for, and then receives what
#: `poll` has returned.
Stages = Generator[Wait, Any, None]


class Task(Struct, frozen=True):
    """One step of a change. The function `run` carries out the step. The task starts when all tasks in `needs` have
    succeeded, and all tasks in `after` have ended, with or without success.

    `run` may return a generator, which yields a `Wait` whenever the task must wait. The task then ends when the
    generator is exhausted. While the task waits, the worker can run other tasks.
    """

    key: Key
    change: Change
    run: Callable[[], Stages | None]
    needs: frozenset[Key] = frozenset()
    after: frozenset[Key] = frozenset()
