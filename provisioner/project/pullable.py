"""Selects the unmanaged objects for which manifests can be written, and converts them to `Found` values, the form from
which `provisioner.manifest.writing` makes manifests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.objecttype import AGENT, ASSISTANT, ENVIRONMENT_TEMPLATE, FILE, SKILL, TYPES, VECTOR_STORE
from provisioner.engine.adoption import METADATA_KEYS
from provisioner.manifest.writing.found import Found, MemberFile
from provisioner.openai_api.collections.collection import MARK_KEYS
from provisioner.openai_api.targets.agents import TEMPLATE_KEY
from provisioner.planning.unmanaged import Selection, Survey, Unmanaged

#: The types of objects that get an entry of their own in the manifests.
WRITTEN = (VECTOR_STORE.name, SKILL.name, AGENT.name, ASSISTANT.name)


class Pullable(Struct, frozen=True):
    """The objects that `provision pull` writes to manifests, and the objects that it leaves out.

    `objects` maps ids to the objects that are written to manifests; these include the environment templates of agents.
    `files` maps ids to all unmanaged files. `left` are the selected objects that are left out, each with the reason.
    """

    objects: Mapping[str, Unmanaged]
    files: Mapping[str, Unmanaged] = field(default_factory=dict)
    left: tuple[tuple[Unmanaged, str], ...] = ()


def find_pullable(found: Survey, selection: Selection, claimed: Collection[str]) -> Pullable:
    """Returns the objects for which manifests can be written, and the selected objects that are left out, with reasons.
    `found` contains the unmanaged live objects, and `selection` is the filter of the user.

    `claimed` are the ids in `imports:` of the present manifests. Objects with these ids are ignored, because the next
    apply adopts them.
    """
    by_id = {each.id: each for each in found.objects}
    objects: dict[str, Unmanaged] = {}
    left: list[tuple[Unmanaged, str]] = []
    for each in found.objects:
        if each.id in claimed or not selection.selects(each, found.now):
            continue
        if (reason := _find_reason(each)) is not None:
            left.append((each, reason))
        elif each.type in WRITTEN:
            objects[each.id] = each
    for each in list(objects.values()):
        template = by_id.get(template_of(each) or "")
        if template is None or template.owner is not None or template.id in claimed:
            continue
        if template.id in objects:
            del objects[each.id]
            left.append(
                (each, f"manifests cannot express it: another agent has its environment template {template.id}")
            )
        else:
            objects[template.id] = template
    files = {each.id: each for each in found.objects if each.type == FILE.name}
    rest = (each for each in found.objects if each.owner is None and each.id not in {*claimed, *objects})
    left += [(each, reason) for each in rest if selection.selects(each, found.now) and (reason := _rest(each))]
    return Pullable(objects, files, tuple(left))


def template_of(each: Unmanaged) -> str | None:
    """Returns the id of the environment template in the metadata of the agent `each`, or None if the metadata contains
    no such id.
    """
    return each.live.metadata.get(TEMPLATE_KEY) if each.type == AGENT.name else None


def to_found(
    objects: Iterable[Unmanaged],
    files: Mapping[str, Unmanaged],
    paths: Mapping[str, str],
    skills: Mapping[str, Mapping[str, bytes]],
) -> list[Found]:
    """Returns `objects` as `Found` values, from which manifests are made. The files in the vector stores among
    `objects` are added to the result.

    `paths` maps the id of an upload to the path of a local file with the same content. The path is relative to the
    folder to which the manifests are written. `skills` maps the id of a skill to the contents of its files, keyed by
    path.
    """
    made = [replace(_to_found(each, files), files=skills.get(each.id, {})) for each in objects]
    members = {member.id for each in made for member in each.members}
    names = sorted(id for id in members if id in files)
    return [
        *made,
        *(Found(FILE.name, id, dict(files[id].live.fields), id=id, path=paths.get(id)) for id in names),
    ]


def _to_found(each: Unmanaged, files: Mapping[str, Unmanaged]) -> Found:
    holding = TYPES[each.type].members
    fields = {name: value for name, value in each.live.fields.items() if name != holding}
    members = each.live.fields.get(holding) or {} if holding else {}
    return Found(
        each.type,
        each.id,
        fields,
        id=each.id,
        members=tuple(
            MemberFile(
                id,
                files[id].name if id in files else "",
                attributes=member.get("attributes"),
                chunking_strategy=member.get("chunking_strategy"),
            )
            for id, member in members.items()
        ),
    )


def _find_reason(each: Unmanaged) -> str | None:
    """Returns the reason if no manifest can be written for an object: it belongs to another owner, it has expired, or
    it would have too many metadata keys after provision adds its ownership mark. Otherwise returns None.
    """
    if each.owner is not None:
        return f"it belongs to {each.owner}"
    if each.type not in WRITTEN:
        return None
    if each.live.status == "expired":
        return "it has expired, so it holds nothing"
    wanted = {*each.live.metadata, *MARK_KEYS}
    if len(wanted) > METADATA_KEYS:
        return (
            f"with provision's mark it would have {len(wanted)} metadata keys, and at most {METADATA_KEYS} are possible"
        )
    return None


def _rest(each: Unmanaged) -> str | None:
    """Returns the reason why an object is left out if manifests have no entries for objects of its type. Returns None
    if manifests have such entries, or if the object is a file that another object uses.
    """
    if each.type in WRITTEN:
        return None
    if each.type == ENVIRONMENT_TEMPLATE.name:
        return "no agent that is pulled names it; a template is a part of an assistant (`environment:`)"
    if each.users:
        return None
    return "nothing uses it, so no manifest needs it"
