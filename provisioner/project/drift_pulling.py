"""Makes the new contents of manifests, into which the changes that others made at OpenAI are written.

The new contents are tried first: the manifests are read with the new contents, and a plan compares them with the live
objects. If the plan still shows drift of a resource, the edits for this resource are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest, UsageError
from provisioner.core.files.root import Root, proposing
from provisioner.engine.engine import Planned
from provisioner.manifest import Manifest, Settings, Sources, find, load_whole
from provisioner.manifest.editing.node_edits import NodeEdits, NotEditable
from provisioner.manifest.editing.prose import file_of
from provisioner.manifest.editing.source_text import Overlapping, SourceText, Splice, replace_lines
from provisioner.manifest.editing.spans import Spans
from provisioner.manifest.limits import FILE_BYTES
from provisioner.manifest.parsing.document import Document
from provisioner.manifest.parsing.frontmatter import FrontMatter, find_front_matter
from provisioner.planning.diff import make_plan
from provisioner.planning.plan import Plan
from provisioner.project.command_options import Choice
from provisioner.project.drift_edits import Refused, ResourceEdits, find_declaration, make_edits
from provisioner.project.drifted import Drifted, DriftedEntries, is_written, owner_of
from provisioner.project.manifests import given_by
from provisioner.project.wiring import Project

Contents = Mapping[Path, bytes]
UNFIT = "written there, the plan would still differ from the live object"


@dataclass(frozen=True)
class PulledDrift:
    """The result of `pull_drift`. `before` has the present contents of the manifests that change, and `after` the new
    contents. `resources` are the edits of each resource with drift, and `unchanged` are the addresses of the resources
    without drift.
    """

    before: Contents = field(default_factory=dict)
    after: Contents = field(default_factory=dict)
    resources: tuple[ResourceEdits, ...] = ()
    unchanged: tuple[Address, ...] = ()


def pull_drift(project: Project, choice: Choice, addresses: Sequence[Address]) -> PulledDrift:
    """Returns the new contents of the manifests that contain the drift of the resources at `addresses`. If `addresses`
    is empty, the drift of all declared resources is used. No file is written. Raises ApiError. Raises UsageError for an
    address that no manifest declares or that the state does not record.
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
    trial = _Trial(choice, settings, planned, project.manifest, sources)
    return replace(trial.carry_out(drifted), unchanged=unchanged)


def _read(choice: Choice) -> tuple[Manifest, Sources]:
    return load_whole(find(choice.folder), choice.environment, given=given_by(choice))


def _folder(sources: Sources, address: Address, settings: Settings) -> Path:
    declaration = find_declaration(sources, address)
    return declaration.written.document.folder if declaration else settings.folder


@dataclass
class _Trial:
    """A trial of edits of manifests. First the edits of all resources are tried together. If the result has errors or
    still shows drift, the edits of one resource after the other are tried, and those that fail are refused.
    """

    choice: Choice
    settings: Settings
    planned: Planned
    manifest: Manifest
    sources: Sources
    _reason: str = UNFIT

    def carry_out(self, drifted: Sequence[Drifted]) -> PulledDrift:
        made = [make_edits(each, self.sources, self.settings.root) for each in drifted]
        before, after = self._contents(made)
        if after is None or not self._fits(made, after):
            kept: list[ResourceEdits] = []
            for each in made:
                _, contents = self._contents([*kept, each])
                if contents is not None and self._fits([*kept, each], contents):
                    kept.append(each)
                else:
                    kept.append(_refuse(each, drifted, self._reason))
            made = kept
            before, after = self._contents(made)
        return PulledDrift(before, after or {}, tuple(made))

    def _contents(self, made: Sequence[ResourceEdits]) -> tuple[Contents, Contents | None]:
        """Returns the present contents and the new contents of the files that the edits `made` change. Returns None as
        the new contents if the edits cannot be made, or if they overlap.
        """
        texts: dict[Path, SourceText] = {}
        splices: dict[Path, list[Splice]] = {}
        before: dict[Path, bytes] = {}
        root = Root(self.settings.root, (self.settings.state_folder,) if self.settings.state_folder else ())

        def text_of(path: Path) -> SourceText:
            if path not in texts:
                before[path] = root.read(path, FILE_BYTES)
                texts[path] = SourceText(before[path].decode("utf-8"))
            return texts[path]

        try:
            for each in made:
                grouped: dict[int, tuple[Document, list[object]]] = {}
                for located in each.located:
                    document = located.document
                    grouped.setdefault(hash(document.path), (document, []))[1].append(located.edit)
                for document, edits in grouped.values():
                    source = text_of(document.path)
                    editor = NodeEdits(Spans(source, document.node), document.path.suffix == ".json")
                    splices.setdefault(document.path, []).extend(editor.splices(edits))  # type: ignore[arg-type]
                for part, text in each.prose:
                    path = file_of(part)
                    splices.setdefault(path, []).extend(
                        _prose_splices(text_of(path), part.raw, text, part.path is None)
                    )
            after = {path: texts[path].replaced(found).encode("utf-8") for path, found in splices.items() if found}
        except (NotEditable, Overlapping) as error:
            self._reason = str(error) or UNFIT
            return before, None
        self._reason = UNFIT
        return before, after

    def _fits(self, made: Sequence[ResourceEdits], after: Contents) -> bool:
        """Returns whether the edits `made` have the wanted result. With the new contents `after`, the manifests must
        have no errors, resources without edits must stay the same, and the drift that is written must disappear from
        the plan.
        """
        try:
            with proposing(after):
                manifest, _ = _read(self.choice)
        except InvalidManifest:
            return False
        names = {each.address for each in made if each.written}
        old = {each.address: each.inputs for each in self.manifest.resources}
        new = {each.address: each.inputs for each in manifest.resources}
        if old.keys() != new.keys():
            return False
        if any(old[each] != new[each] for each in new if owner_of(each) not in names):
            return False
        plan = make_plan(manifest.resources, self.planned.snapshot.state, self.planned.actual)
        return all(_leaves(each, plan, self.planned.plan) for each in made if each.written)


def _leaves(made: ResourceEdits, plan: Plan, former: Plan) -> bool:
    """Returns whether the edits `made` remove the drift of their resource. `plan` is the plan with the edits, and
    `former` the plan without them. All drift must be gone from `plan`. If some changes were refused, it is enough that
    some drift is gone.
    """
    left = {
        (each.address, each.path) for each in plan.drift if owner_of(each.address) == made.address and is_written(each)
    }
    there = {(each.address, each.path) for each in former.drift if owner_of(each.address) == made.address}
    return left < there if made.refused else not left


def _refuse(made: ResourceEdits, drifted: Sequence[Drifted], reason: str) -> ResourceEdits:
    """Returns `made` without its edits of files. Each change that these edits would have written is refused with the
    reason `reason`.
    """
    after = next(each.after for each in drifted if each.address == made.address)
    names = dict.fromkeys(re.split(r"[.\[]", path)[0] for path in made.written)
    refused = [Refused(name, after.get(name), reason) for name in names]
    return ResourceEdits(made.address, refused=[*made.refused, *refused])


def _prose_splices(source: SourceText, before: str, text: str, in_body: bool) -> list[Splice]:
    """Returns the splices (replacements of characters) that replace the text `before` by `text` in the file `source`.
    The file is a prompt file. If `in_body` is True, it is a Markdown manifest, and only the text below its front matter
    is searched. Raises NotEditable if the file does not contain `before`.
    """
    begin = 0
    if in_body and isinstance(found := find_front_matter(source.text), FrontMatter):
        begin = found.body
    at = source.text.find(before, begin)
    if at < 0:
        raise NotEditable("the text is not in the file as it was read")
    return replace_lines(before, text, at)
