"""Defines the data of a plan: the planned changes and their reasons. This module makes no decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.estimate import Estimate
from provisioner.core.exitcode import ExitCode
from provisioner.planning.action import Action as Action
from provisioner.planning.fieldpath import FieldPath, is_member, path_text
from provisioner.planning.reason import Reason

if TYPE_CHECKING:  # Commands that make no plan use only `Action`, and need not read a state.
    from provisioner.state.records import Record

#: The prefix of the metadata keys of marks, which name the owner of an object. Manifests may not use it.
MARK_PREFIX = "provision_"


class Unknown(Struct, frozen=True):
    """A placeholder for a value that is known only after the apply. The value is the id of an object that will be
    created, or the number of a release that an assistant will get.

    `address` is the address of the object. `attribute` is `id` or `release`.
    """

    address: Address
    attribute: str = "id"

    def to_json(self) -> dict[str, Any]:
        """Returns the placeholder in the form in which plan files contain it: `{"known_after_apply": "ADDRESS.id"}`."""
        return {"known_after_apply": f"{self.address}.{self.attribute}"}


class UnknownText(Struct, frozen=True):
    """A text that contains ids or releases which are known only after the apply. `parts` are the pieces of the text, in
    order: known texts, and `Unknown` placeholders.
    """

    parts: tuple[str | Unknown, ...]

    def to_json(self) -> dict[str, Any]:
        """Returns the text in the form in which plan files contain it: `{"known_after_apply": [TEXT,
        {"known_after_apply": …}, …]}`.
        """
        return {"known_after_apply": [part if isinstance(part, str) else part.to_json() for part in self.parts]}


class Change(Struct, frozen=True):
    """A planned change: an address, the action, and the reasons.

    `before` and `after` are the values of the object's fields before and after the change (None: there is no object, or
    its values are not part of the change). For a field that was changed outside of provision, `before` contains the
    live value. `fields` are the names of the fields to send. For a create, a replace and a delete, `fields` is empty.
    For a forget, `fields` contains the field from which the ownership mark is removed. `type` and `id` are the type and
    the id of the object (`id` is None for a create). If a replace changes the type, `former_type` is the type of the
    old object, and `before` contains the fields of that type. `retired` is true for the delete or the forget of an
    object that an earlier change has replaced; the new object at the address stays. `moved_from` is the address of the
    record before this change, if the resource was renamed. `sources` are the addresses of instructions and tools that
    changed since they were last sent; plans show them as an explanation.
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


class Drift(Struct, frozen=True):
    """A change that was made outside of provision, in a field that provision manages.

    `path` is the changed field; it is empty if the object no longer exists. `recorded` is the value that the API
    returned after provision's last write. The API may return another value than the value that was sent. `actual` is
    the live value. `overwritten` is true if applying the plan would replace the live value.
    """

    address: Address
    path: FieldPath
    recorded: Any = None
    actual: Any = None
    overwritten: bool = False

    @property
    def field(self) -> str | None:
        """The path in the form that plans display, for example `metadata.key`. It is None if the object no longer
        exists.
        """
        return path_text(self.path)

    @property
    def is_member(self) -> bool:
        """Whether the drift is a change of one file in a vector store."""
        return is_member(self.path)


class Plan(Struct, frozen=True):
    """The planned changes in an order in which they can be applied, the drift, the diagnostics, and the number of
    unchanged resources.

    `cost` is None if nothing in the plan costs anything, or if no estimate was made. `settled` are new records for
    objects that others have already changed to what the manifests say.

    `needs` maps the address of each resource and each deleted record to the sorted addresses that it needs; graphs show
    them. Instructions and tools are not resources, so they occur only in the values. If a resource needs a deleted
    record until this plan is applied, its value also contains the address of that record.
    """

    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unchanged: int = 0
    cost: Estimate | None = None
    needs: Mapping[Address, tuple[Address, ...]] = field(default_factory=dict)
    settled: tuple[Record, ...] = ()

    def summary(self) -> dict[str, int]:
        """Returns the number of changes for each action, keyed by the action's name. `no-op` is the number of unchanged
        resources.
        """
        counts = dict.fromkeys((action.value for action in Action), 0)
        for change in self.changes:
            counts[change.action.value] += 1
        counts[Action.NO_OP.value] = self.unchanged
        return counts

    def blockers(self) -> list[Diagnostic]:
        """Returns the diagnostics of severity `blocked`. While a plan has such a diagnostic, it is not applied, unless
        the user gives an option that allows it.
        """
        return [d for d in self.diagnostics if d.severity == "blocked"]

    def errors(self) -> list[Diagnostic]:
        """Returns the diagnostics of severity `error`. The plan cannot be applied while it has such diagnostics."""
        return [d for d in self.diagnostics if d.severity == "error"]

    def exit_code(self, *, detailed: bool = False) -> ExitCode:
        """Returns the exit code for the plan: ERROR if it contains errors, BLOCKED if a diagnostic blocks it, otherwise
        DONE.

        If `detailed` is True and the plan contains changes, the exit code is CHANGES instead of DONE.
        """
        if self.errors():
            return ExitCode.ERROR
        if self.blockers():
            return ExitCode.BLOCKED
        return ExitCode.CHANGES if detailed and self.changes else ExitCode.DONE


class Outcome(Struct):
    """The result of an apply: which changes were applied, failed or were skipped.

    `failed` maps the address of each failed change to a diagnostic. `skipped` maps the address of each skipped change
    to the reason. `seconds` is the duration of the apply. `interrupted` is true if the user stopped the apply. `bug` is
    the first exception that is not a ProvisionError.
    """

    applied: list[Change] = field(default_factory=list)
    failed: dict[str, Diagnostic] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    interrupted: bool = False
    bug: Exception | None = None

    def exit_code(self) -> ExitCode:
        """Returns the exit code of an apply: DONE if every change was applied, otherwise ERROR."""
        return ExitCode.ERROR if self.bug or self.failed or self.skipped or self.interrupted else ExitCode.DONE
