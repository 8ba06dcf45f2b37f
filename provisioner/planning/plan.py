"""A plan: what would be done, and why. It is plain data without decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.estimate import Estimate
from provisioner.core.exitcode import ExitCode
from provisioner.planning.fieldpath import FieldPath, is_member, path_text
from provisioner.planning.reason import Reason

#: The prefix of the metadata keys of marks, which name the owner of an object. Manifests may not use it.
MARK_PREFIX = "provision_"


class Action(StrEnum):
    """What happens to an address.

    | action  | the object at OpenAI                           | the record               |
    |---------|------------------------------------------------|--------------------------|
    | create  | made                                           | made                     |
    | update  | changed in place; keeps its id                 | changed                  |
    | replace | a new one is made, later the old one deleted   | points to the new one    |
    | delete  | deleted                                        | taken away               |
    | adopt   | untouched, or updated after it is taken over   | made, and marked adopted |
    | forget  | untouched                                      | taken away               |
    | no-op   | untouched                                      | untouched                |
    """

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    NO_OP = "no-op"


@dataclass(frozen=True, slots=True)
class Unknown:
    """An id in `after` that is known only after the apply."""

    address: Address

    def to_json(self) -> dict[str, str]:
        """Returns the value in JSON output."""
        return {"known_after_apply": f"{self.address}.id"}


@dataclass(frozen=True, slots=True)
class Change:
    """An address, what happens to it, and why.

    `before` and `after` are the inputs by top-level field (None: there is no object); `before` has the live value of
    fields that have drifted. `fields` are the fields to send; it is empty for create and delete. `type` and `id` are
    those of the object (`id` is None for a create). If a replace changes the type, `former_type` is the type of
    `before`, whose fields are then those of another API. `retired` is set for the delete of an object that an earlier
    change has replaced; the address itself still exists. `sources` are the addresses of instructions and tools that
    changed since they were last sent; they only explain the change.
    """

    address: Address
    action: Action
    type: str
    reasons: tuple[Reason, ...] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    fields: tuple[str, ...] = ()
    id: str | None = None
    retired: bool = False
    moved_from: Address | None = None
    former_type: str | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """What others changed in a field that is ours. `path` is empty if the object itself is gone.

    `overwritten` says that applying the plan would undo the other's change. `recorded` is what the API returned when we
    last wrote, not what we sent.
    """

    address: Address
    path: FieldPath
    recorded: Any = None
    actual: Any = None
    overwritten: bool = False

    @property
    def field(self) -> str | None:
        """The path as it is displayed and written, or None if the object itself is gone."""
        return path_text(self.path)

    @property
    def is_member(self) -> bool:
        """Whether the drift is in one file of a vector store."""
        return is_member(self.path)


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in an order in which they can be made, the number of unchanged resources, and messages.

    `cost` is None if nothing in the plan costs anything, and if no estimate was made. `needs` is for graphs: what each
    resource and each deleted record needs, sorted. Instructions and tools are no resources, so they are only values in
    it. If something is deleted, what needed it until now is included.
    """

    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unchanged: int = 0
    cost: Estimate | None = None
    needs: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)

    def summary(self) -> dict[str, int]:
        """Returns the number of changes of each action."""
        counts = dict.fromkeys((action.value for action in Action), 0)
        for change in self.changes:
            counts[change.action.value] += 1
        counts[Action.NO_OP.value] = self.unchanged
        return counts

    def blockers(self) -> list[Diagnostic]:
        """The diagnostics of guards that block the plan."""
        return [d for d in self.diagnostics if d.severity == "blocked"]

    def errors(self) -> list[Diagnostic]:
        """The diagnostics that make the plan impossible."""
        return [d for d in self.diagnostics if d.severity == "error"]

    def exit_code(self, *, detailed: bool = False) -> ExitCode:
        """Returns the exit code of a plan: DONE if it can be applied.

        With `detailed`, a plan that can be applied and has changes is CHANGES.
        """
        if self.errors():
            return ExitCode.ERROR
        if self.blockers():
            return ExitCode.BLOCKED
        return ExitCode.CHANGES if detailed and self.changes else ExitCode.DONE


@dataclass(slots=True)
class Outcome:
    """What an apply did: addresses with the results of their changes. Times are in seconds.

    `bug` is the first exception in a change that is none of our errors.
    """

    applied: list[Change] = field(default_factory=list)
    failed: dict[str, Diagnostic] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    interrupted: bool = False
    bug: Exception | None = None

    def exit_code(self) -> ExitCode:
        """Returns the exit code of an apply: DONE if every change was applied."""
        return ExitCode.ERROR if self.bug or self.failed or self.skipped or self.interrupted else ExitCode.DONE
