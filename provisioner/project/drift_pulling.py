"""Computes new texts of manifests, which contain the drift: the changes that others made to live objects. No file is
written.

The new texts are tested: the manifests are read with the new texts, and a plan compares them with the live objects. If
the plan still shows drift of a resource, the edits of its manifest are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec import field as struct_field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest, UsageError
from provisioner.core.files.root import proposing
from provisioner.engine.planned import Planned
from provisioner.manifest import Manifest, Settings, Sources, find, load_whole
from provisioner.manifest.editing.node_edits import NotEditable
from provisioner.manifest.editing.source_text import Overlapping
from provisioner.planning.diff import make_plan
from provisioner.planning.fieldpath import FieldPath
from provisioner.planning.plan import Plan
from provisioner.project.command_options import Choice
from provisioner.project.drift_edits import ResourceEdits, ValueEdits, find_declaration, make_edits
from provisioner.project.drifted import Drifted, DriftedEntries, is_written, owner_of
from provisioner.project.edited_files import Contents, EditedFiles
from provisioner.project.manifests import given_values_of
from provisioner.project.wiring import Project

UNFIT = "written there, the plan would still differ from the live object"
_Paths = frozenset[tuple[Address, FieldPath]]


class PulledDrift(Struct, frozen=True):
    """The present and the new contents of the manifests that `pull_drift` changes.

    `before` maps the path of each changed manifest to its present content, and `after` maps it to its new content.
    `resources` are the edits of each resource with drift. `unchanged` are the addresses of the resources without drift.
    """

    before: Contents = struct_field(default_factory=dict)
    after: Contents = struct_field(default_factory=dict)
    resources: tuple[ResourceEdits, ...] = ()
    unchanged: tuple[Address, ...] = ()


def pull_drift(project: Project, choice: Choice, addresses: Sequence[Address]) -> PulledDrift:
    """Returns the new contents of manifests after the drift (the changes by others) of the resources at `addresses` is
    written into them. If `addresses` is empty, all declared resources with drift are used. No file is written.

    Raises UsageError if no manifest declares an address, or if the state does not record it. Raises ApiError if the
    live objects cannot be read.
    """
    settings = project.settings
    changes = project.manifest.address_changes
    planned = project.engine.plan(project.manifest.resources, changes=changes)
    _, sources = _read(choice)
    state = planned.snapshot.state
    entries = DriftedEntries(state, planned.actual.live, planned.plan.drift, settings.root)
    declared = {each.address for each in project.manifest.resources}
    chosen = list(dict.fromkeys(map(owner_of, addresses))) or [each for each in entries.addresses() if each in declared]
    for address in chosen:
        if address not in declared:
            raise UsageError(f"no manifest declares {address}", hint="provision show lists what is managed")
        if address not in state.records:
            raise UsageError(f"{address} was never applied, so nothing can have drifted", hint="provision plan")
    found = [(address, entries.of(address, _folder(sources, address, settings))) for address in chosen]
    drifted = [each for _, each in found if each is not None]
    unchanged = tuple(address for address, each in found if each is None)
    trial = _Trial(choice, settings, planned, project.manifest, sources, EditedFiles(settings))
    return replace(trial.carry_out(drifted), unchanged=unchanged)


def _read(choice: Choice) -> tuple[Manifest, Sources]:
    return load_whole(find(choice.folder), choice.environment, given=given_values_of(choice))


def _folder(sources: Sources, address: Address, settings: Settings) -> Path:
    declaration = find_declaration(sources, address)
    return declaration.written.document.folder if declaration else settings.folder


@dataclass
class _Trial:
    """Tests edits of manifests, and refuses the edits that do not remove drift. First, the edits of all resources are
    tested together. If the manifests then have errors or still show drift, the edits are tested resource by resource,
    and then value by value.
    """

    choice: Choice
    settings: Settings
    planned: Planned
    manifest: Manifest
    sources: Sources
    files: EditedFiles
    _there: dict[Address, _Paths] = field(init=False)

    def __post_init__(self) -> None:
        self._there = _written_drift(self.planned.plan)

    def carry_out(self, drifted: Sequence[Drifted]) -> PulledDrift:
        made = [self._editable(make_edits(each, self.sources, self.settings.root)) for each in drifted]
        if not self._fit(made):
            kept: list[ResourceEdits] = []
            for each in made:
                kept.append(self._fitting(each, kept))
            made = kept
        after = self.files.contents(made)
        return PulledDrift({path: self.files.before[path] for path in after}, after, tuple(made))

    def _editable(self, made: ResourceEdits) -> ResourceEdits:
        """Returns a copy of `made`, the edits of one resource, that contains only the edits that can be made in the
        texts of the files. All other edits become entries of `refused`.
        """
        try:
            self.files.contents([made])
        except (NotEditable, Overlapping):
            kept = replace(made, values=[], refused=list(made.refused))
            for value in made.values:
                try:
                    self.files.contents([replace(kept, values=[*kept.values, value])])
                    kept.values.append(value)
                except (NotEditable, Overlapping) as error:
                    kept.refused.append(value.refuse(str(error) or UNFIT))
            return kept
        return made

    def _fitting(self, made: ResourceEdits, kept: Sequence[ResourceEdits]) -> ResourceEdits:
        """Returns a copy of `made`, the edits of one resource, that contains only the edits that remove drift when they
        are made together with `kept`, the edits of other resources. All other edits become entries of `refused`.
        """
        if self._fit([*kept, made]):
            return made
        fitting = _only(made, [])
        left = self._there.get(made.address, frozenset())
        for value in made.values if len(made.values) > 1 else ():
            trial = _only(made, [*fitting.values, value])
            found = self._left([*kept, trial])
            if found is not None and (now := found.get(made.address, frozenset())) < left:
                fitting, left = trial, now
        return fitting

    def _fit(self, made: Sequence[ResourceEdits]) -> bool:
        """Returns whether the edits in `made` remove the drift of the fields that they change. `made` contains the
        edits of each resource. If some edits of a resource were refused, its other fields may still have drift.
        """
        left = self._left(made)
        if left is None:
            return False
        for each in made:
            paths = left.get(each.address, frozenset())
            refused = set(map(_top, (refused.path for refused in each.refused)))
            written = set(map(_top, each.written)) - refused
            if each.written and not (paths < self._there[each.address] if refused else not paths):
                return False
            if any(str(path[0]) in written for _, path in paths):
                return False
        return True

    def _left(self, made: Sequence[ResourceEdits]) -> Mapping[Address, _Paths] | None:
        """Returns the drift (changes by others) that the plan would still show after the edits in `made`, keyed by the
        address of the resource. Returns None if the manifests would then have errors, or if resources without edits
        would change.
        """
        try:
            with proposing(self.files.contents(made)):
                manifest, _ = _read(self.choice)
        except (InvalidManifest, NotEditable, Overlapping):
            return None
        names = {each.address for each in made if each.written}
        old = {each.address: each.inputs for each in self.manifest.resources}
        new = {each.address: each.inputs for each in manifest.resources}
        if old.keys() != new.keys():
            return None
        if any(old[each] != new[each] for each in new if owner_of(each) not in names):
            return None
        return _written_drift(make_plan(manifest.resources, self.planned.snapshot.state, self.planned.actual))


def _written_drift(plan: Plan) -> dict[Address, _Paths]:
    """Returns the changes by others in a plan that are to be written into manifests, keyed by the address of the
    resource. Each change is a pair: the address of the object, and the path of the field.
    """
    found: dict[Address, set[tuple[Address, FieldPath]]] = {}
    for each in plan.drift:
        if is_written(each):
            found.setdefault(owner_of(each.address), set()).add((each.address, each.path))
    return {address: frozenset(paths) for address, paths in found.items()}


def _only(made: ResourceEdits, values: list[ValueEdits]) -> ResourceEdits:
    """Returns a copy of `made`, the edits of one resource, that contains only the edits in `values`. The other edits
    become entries of `refused`, one for each top-level field.
    """
    refused = {_top(each.path): each.refuse(UNFIT) for each in made.values if each not in values}
    return replace(made, values=values, refused=[*made.refused, *refused.values()])


def _top(path: str) -> str:
    """Returns the first part of a path, which is the name of a field. For `tools[0].type`, it is `tools`."""
    return re.split(r"[.\[]", path)[0]
