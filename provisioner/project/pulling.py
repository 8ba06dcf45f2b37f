"""Makes manifests for unmanaged live objects. With these manifests, the next plan adopts the objects, so that provision
manages them, and changes nothing in them except that they get an ownership mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.errors import ProvisionError
from provisioner.core.objecttype import FILE, VECTOR_STORE
from provisioner.manifest import load_whole
from provisioner.manifest.expressions.variables import GivenValues
from provisioner.manifest.loading import NOTHING_GIVEN
from provisioner.manifest.project_settings.settings import FILE as SETTINGS_FILE
from provisioner.manifest.taken_names import find_taken, section_of
from provisioner.manifest.writing.entries import Entries, make_entries
from provisioner.manifest.writing.inherited import take_away
from provisioner.manifest.writing.layout import lay_out, lay_out_skills
from provisioner.manifest.writing.new_settings import settings_text
from provisioner.manifest.writing.outcomes import OPEN, ObjectReport
from provisioner.openai_api.targets.agent_environment import CODE_TOOLS
from provisioner.planning.unmanaged import Selection, Survey, Unmanaged
from provisioner.project.local_files import LocalPath, match_files
from provisioner.project.new_project import fit_target
from provisioner.project.pullable import WRITTEN, Pullable, find_pullable, to_found
from provisioner.project.pulled_skills import read_skills
from provisioner.project.trial import try_manifests
from provisioner.project.wiring import Project
from provisioner.state.records import State

#: The most fields of one object that a message names.
NAMED = 3
#: Why an environment template is not imported.
WITHOUT_AGENT = "manifests cannot express it: its agent is left out"


class Pulled(Struct, frozen=True):
    """The manifests that were made for unmanaged objects. `files` maps the path of each file in the folder to its
    content. `objects` are reports, one for each object. `left` are the selected objects that are left out, each with
    the reason. `matched` is the number of uploads for which a local file was found.
    """

    files: Mapping[str, str | bytes]
    objects: tuple[ObjectReport, ...]
    left: tuple[tuple[Unmanaged, str], ...]
    matched: int = 0


class _Surroundings(Struct, frozen=True):
    """The names and ids that the project already uses, so that new manifests do not use them again.

    `taken` maps each section of a manifest to the names that are used in it: in the manifests and in the records, for
    all environments of the project. `claimed` are the ids in `imports:` for any environment of the project. `stores`
    maps the id of each recorded and declared vector store to its name.
    """

    taken: Mapping[str, frozenset[str]]
    claimed: frozenset[str]
    stores: Mapping[str, str]


def make_manifests(
    project: Project,
    state: State,
    found: Survey,
    selection: Selection,
    folder: Path,
    local: Path | None,
    given: GivenValues = NOTHING_GIVEN,
) -> Pulled:
    """Returns manifests for the unmanaged objects that `selection` selects. `folder` is the folder to which they will
    be written. `local` is a folder that is searched for local copies of uploaded files, and `given` contains the values
    of variables.

    An object is left out if a manifest cannot express it, or if the next plan would change it. For a new project, the
    result also contains the settings file.
    """
    around = _look_around(project, state, given)
    pullable = find_pullable(found, selection, around.claimed)
    if project.is_new:
        project = fit_target(project, pullable.objects.values())
    skills = read_skills(project.engine.collections, pullable.objects)
    objects = {id: skills.lives.get(id, each) for id, each in pullable.objects.items() if id not in skills.refused}
    left = [*pullable.left, *((pullable.objects[id], reason) for id, reason in skills.refused.items())]
    while objects:
        entries = _entries(project, around, objects, pullable, {}, skills.files)
        refused = _refused(entries, project, objects)
        if not refused:
            break
        left += [(objects.pop(id), reason) for id, reason in refused.items() if id in objects]
    if not objects:
        return Pulled({}, (), tuple(left))
    matched: Mapping[str, LocalPath] = {}
    if local is not None:
        matched = match_files(local, folder, project.settings, objects.values(), pullable.files)
    entries = _entries(project, around, objects, pullable, matched, skills.files)
    imported = {each["id"] for each in entries.imports}
    left += [(each, WITHOUT_AGENT) for id, each in objects.items() if id not in imported]
    reports = tuple(each for each in entries.objects if each.id in imported)
    files: dict[str, str | bytes] = {**lay_out(entries), **lay_out_skills(entries)}
    if project.is_new:
        files[SETTINGS_FILE] = settings_text(project.settings.project, project.settings.target)
    return Pulled(dict(sorted(files.items())), reports, tuple(left), len(matched))


def _look_around(project: Project, state: State, given: GivenValues) -> _Surroundings:
    settings = project.settings
    if project.is_new:
        return _Surroundings({}, frozenset(), {})
    _, sources = load_whole(settings.folder, settings.environment if settings.environments else None, given=given)
    names = [
        (declaration.kind.section, name)
        for declarations in sources.declared.by_kind.values()
        for name, declaration in declarations.items()
    ]
    names += [(section_of(address), address.name) for address in state.records]
    taken = find_taken(settings, names)
    claimed = taken.ids | {each.imported.id for each in project.manifest.resources if each.imported is not None}
    declared = {each.address for each in project.manifest.resources}
    stores = {
        record.id: record.address.name
        for record in state.records.values()
        if record.type == VECTOR_STORE.name and record.address in declared
    }
    return _Surroundings(taken.names, claimed, stores)


def _entries(
    project: Project,
    around: _Surroundings,
    objects: Mapping[str, Unmanaged],
    pullable: Pullable,
    local: Mapping[str, LocalPath],
    skills: Mapping[str, Mapping[str, bytes]],
) -> Entries:
    """Returns the entries of the manifests, and the imports for this environment of the project. `objects` are the
    objects that get entries, and `local` maps the ids of uploads to local files. `around` contains the names that are
    used already.

    The project can set default values for fields of assistants. If an assistant lacks such a field, its entry sets the
    field to null.
    """
    settings = project.settings
    paths = {id: each.written for id, each in local.items()}
    found = to_found(objects.values(), pullable.files, paths, skills)
    entries = make_entries(
        found, settings.target, imports=True, keep_targets=True, taken=around.taken, declared_stores=around.stores
    )
    for entry in entries.sections.get(ASSISTANT_KIND.section, {}).values():
        take_away(entry, settings.defaults)
    environments = {
        f"{ENVIRONMENT_KIND.name}.{name}"
        for name, entry in entries.sections.get(ASSISTANT_KIND.section, {}).items()
        if entry.get("environment") or CODE_TOOLS.keys() & set(map(str, entry.get("tools") or ()))
    }
    imports = [
        dict(each)
        for each in entries.imports
        if each["to"] in environments or not each["to"].startswith(f"{ENVIRONMENT_KIND.name}.")
    ]
    if FILE.is_importable:
        imports += [{"to": str(each.address), "id": id} for id, each in sorted(local.items())]
    if settings.environments:
        imports = [{**each, "environment": settings.environment} for each in imports]
    return replace(entries, imports=tuple(imports))


def _refused(entries: Entries, project: Project, objects: Mapping[str, Unmanaged]) -> dict[str, str]:
    """Returns the objects for which no manifest is written, as a mapping from ids to reasons. There are two reasons: a
    manifest cannot express the object, or the next plan would change the object when it is adopted.
    """
    ids = {each["to"]: each["id"] for each in entries.imports}
    reports = {each.id: each for each in entries.objects if each.id is not None and each.id in objects}
    refused = {
        id: f"manifests cannot express it: {_lost(report)}"
        for id, report in reports.items()
        if objects[id].type in WRITTEN and id not in ids.values()
    }
    lives = {Address.parse(to): objects[id].live for to, id in ids.items() if id in objects}
    for address, reason in try_manifests(
        {**lay_out(entries), **lay_out_skills(entries)}, project.settings, lives
    ).items():
        id = ids.get(address)
        if address.startswith(f"{ENVIRONMENT_KIND.name}."):  # the template is a part of its assistant
            id = ids.get(f"{ASSISTANT_KIND.name}.{address.partition('.')[2]}", id)
        if id is None:
            raise ProvisionError(
                f"the manifests that would be written cannot be used: {address}: {reason}",
                hint="nothing was written; leave the object out with --match, and please report it",
            )
        lost = _lost(reports[id]) if id in reports else ""
        refused.setdefault(id, f"{reason} ({lost})" if lost else reason)
    return refused


def _lost(report: ObjectReport) -> str:
    """Returns a text that lists the fields of an object that a manifest cannot express, each with the reason. The text
    contains at most NAMED fields.
    """
    open_ = [each for each in report.fields if each.outcome in OPEN]
    return "; ".join(f"{each.path}: {each.reason or each.outcome}" for each in open_[:NAMED])
