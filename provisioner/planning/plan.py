"""What would be done, and why. Plain data: no decision is taken here."""

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

#: How the metadata keys begin that say whose an object is. Manifests may not use the prefix.
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
    """Stands in `after` for an id that is known only after apply."""

    address: Address

    def to_json(self) -> dict[str, str]:
        """As the JSON output spells it."""
        return {"known_after_apply": f"{self.address}.id"}


@dataclass(frozen=True, slots=True)
class Change:
    """An address, what happens to it, and why.

    `before` and `after` are the inputs by top-level field (None: there is nothing); `before` shows what is
    live where it has drifted. `fields` names the fields to send; it is empty for create and delete.
    `type` and `id` name the object acted on (`id` is None for a create); where a replace changes the type,
    `former_type` is that of `before`, which is then in another API's spelling. `retired` is set for the delete of an
    object that an earlier change has replaced: the address itself lives on. `sources` are the addresses of
    instructions and tools that are not as they were when they were last sent; they only explain.
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
    """What others changed in a field that is ours. `path` is empty where the object itself is gone.

    `overwritten` says that applying the plan would undo the other's change; `recorded` is what came back when
    we last wrote, not what we sent.
    """

    address: Address
    path: FieldPath
    recorded: Any = None
    actual: Any = None
    overwritten: bool = False

    @property
    def field(self) -> str | None:
        """The path as it is shown and written; None where the object itself is gone."""
        return path_text(self.path)

    @property
    def is_member(self) -> bool:
        """Whether it is about one file of a vector store."""
        return is_member(self.path)


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in the order in which they may run, no-ops left out but counted, and what else to know.

    `cost` is None where nothing in it costs anything, and where nobody has estimated it.
    `needs` is what a picture of the plan is drawn from: each resource and each record that leaves, with what it needs,
    sorted. Instructions and tools are no resources, so they stand only among what is needed. What a resource needed
    until now stands there, too, where that leaves.
    """

    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unchanged: int = 0
    cost: Estimate | None = None
    needs: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)

    def summary(self) -> dict[str, int]:
        """How many changes there are of each action."""
        counts = dict.fromkeys((action.value for action in Action), 0)
        for change in self.changes:
            counts[change.action.value] += 1
        counts[Action.NO_OP.value] = self.unchanged
        return counts

    def blockers(self) -> list[Diagnostic]:
        """The guards that stand in the way."""
        return [d for d in self.diagnostics if d.severity == "blocked"]

    def errors(self) -> list[Diagnostic]:
        """What makes the plan impossible."""
        return [d for d in self.diagnostics if d.severity == "error"]

    def exit_code(self, *, detailed: bool = False) -> ExitCode:
        """What the plan means for the exit code: DONE where it can be applied.

        With `detailed`, a plan that can be applied and has changes is CHANGES.
        """
        if self.errors():
            return ExitCode.ERROR
        if self.blockers():
            return ExitCode.BLOCKED
        return ExitCode.CHANGES if detailed and self.changes else ExitCode.DONE


@dataclass(slots=True)
class Outcome:
    """What an apply did: addresses with what became of their changes. Times are in seconds.

    `bug` is the first exception of a change that is no error of ours.
    """

    applied: list[Change] = field(default_factory=list)
    failed: dict[str, Diagnostic] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    interrupted: bool = False
    bug: Exception | None = None

    def exit_code(self) -> ExitCode:
        """DONE where every change was applied."""
        return ExitCode.ERROR if self.bug or self.failed or self.skipped or self.interrupted else ExitCode.DONE
