"""Makes the entries of manifests from found objects, and reports the result for each field of the objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND, SKILL_KIND, TOOL_KIND, VECTOR_STORE_KIND
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.tool_types import RESERVED
from provisioner.core.objecttype import AGENT, ASSISTANT, DEFINITION, ENVIRONMENT_TEMPLATE, FILE, TYPES, VECTOR_STORE
from provisioner.core.target_names import TARGET_OF
from provisioner.core.text.prose import trim_prose
from provisioner.manifest.resources.stores import METADATA
from provisioner.manifest.writing.checks import loosened, remove_inexpressible, remove_invalid, remove_unsound_schemas
from provisioner.manifest.writing.draft import Draft
from provisioner.manifest.writing.drafts_of_agents import draft_agent
from provisioner.manifest.writing.drafts_of_assistants import STORE_OF_FILES, draft_assistant
from provisioner.manifest.writing.drafts_of_definitions import draft_definition, draft_tool
from provisioner.manifest.writing.drafts_of_stores import draft_store
from provisioner.manifest.writing.found import TOOL, Found
from provisioner.manifest.writing.names import Names
from provisioner.manifest.writing.outcomes import ObjectReport, Outcome, settled
from provisioner.manifest.writing.references import References
from provisioner.manifest.writing.secret_values import REMOVED, take_secrets
from provisioner.manifest.writing.shared_tools import share_tools
from provisioner.openai_api.targets import TARGETS
from provisioner.openai_api.targets.agents import TEMPLATE_KEY

#: The most key-value pairs in the metadata of an object. Some of the pairs are marks of provision.
PAIRS = 16
ASSISTANTS = frozenset({ASSISTANT.name, AGENT.name, DEFINITION.name})
UNKNOWN = "this version does not know the field; if the API takes it, write it below `extra:`"


class Entries(Struct, frozen=True):
    """The content of manifests. `sections` maps each section to its entries, keyed by name. `imports` are the items of
    `imports:`. `objects` contains a report on each found object. `folders` maps the name of each skill to the contents
    of its files, keyed by the path in the skill's folder.
    """

    sections: Mapping[str, Mapping[str, dict[str, Any]]]
    imports: tuple[dict[str, str], ...] = ()
    objects: tuple[ObjectReport, ...] = ()
    folders: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


class _EntryParts(Struct):
    """The entries that were made so far, and the data that is needed to make more. `target` is the target (the API) of
    all assistants. If `keep_targets` is True, an assistant that exists on another target keeps that target instead.
    `variables` maps each NAME in a value `{runtime: NAME}` to the secret that this value replaces.
    """

    target: str
    names: Names
    references: References
    templates: Mapping[str, Found]
    keep_targets: bool = False
    sections: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    imports: list[dict[str, str]] = field(default_factory=list)
    objects: dict[str, ObjectReport] = field(default_factory=dict)
    folders: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def make_entries(
    found: Sequence[Found],
    target: str,
    *,
    imports: bool = False,
    keep_targets: bool = False,
    taken: Mapping[str, Iterable[str]] | None = None,
    declared_stores: Mapping[str, str] | None = None,
) -> Entries:
    """Returns the manifest entries for the objects in `found`, and a report on each object in their order. `target` is
    the API for which the assistants are made.

    With `imports`, the result contains an item of `imports:` for each object with an id that can be imported. With
    `keep_targets`, an assistant that exists on another target keeps its target. `taken` maps sections to the names that
    other manifests declare already. `declared_stores` maps the ids of vector stores to the names under which other
    manifests declare them.
    """
    everything = [each for one in found for each in (one, *_stores_of_files(one))]
    names = Names()
    for section, declared in (taken or {}).items():
        names.take(section, declared)
    references = References.of(everything, names)
    references.stores |= declared_stores or {}
    templates = {each.key: each for each in everything if each.type == ENVIRONMENT_TEMPLATE.name}
    making = _EntryParts(target, names, references, templates, keep_targets)
    for each in everything:
        if each.type == VECTOR_STORE.name:
            _add_store(making, each, imports=imports)
        elif each.files:
            _add_skill(making, each, imports=imports)
    for each in everything:
        if each.type in ASSISTANTS:
            _add_assistant(making, each, imports=imports)
        elif each.type == TOOL:
            _add_tool(making, each)
    for each in everything:
        if each.key not in making.objects:
            making.objects[each.key] = _unplaced(making, each)
    share_tools(making.sections, making.names)
    order = [making.objects[each.key] for each in everything]
    return Entries(making.sections, tuple(making.imports), tuple(order), making.folders)


def _stores_of_files(found: Found) -> list[Found]:
    """Returns a list with one new vector store if `found` is an assistant of version 1 of the Assistants API that uses
    the tool `retrieval` and has files. The vector store contains these files. For any other object, the list is empty.
    """
    files = found.fields.get("file_ids")
    tools = found.fields.get("tools")
    kinds = [each.get("type") for each in tools if isinstance(each, Mapping)] if isinstance(tools, list | tuple) else []
    if found.type != ASSISTANT.name or not isinstance(files, list | tuple) or not files or "retrieval" not in kinds:
        return []
    fields = {"name": f"{found.display_name or found.key} files", "file_ids": list(files)}
    store = Found(VECTOR_STORE.name, found.key + STORE_OF_FILES, fields, place=found.place, is_echo=False)
    return [store]


def _add_store(making: _EntryParts, found: Found, *, imports: bool) -> None:
    draft = Draft(found)
    name = making.references.stores[found.key]
    draft_store(draft)
    making.references.resolve_files(draft)
    _finish(making, draft, VECTOR_STORE_KIND.section, name, METADATA)
    _record(making, draft, f"{VECTOR_STORE_KIND.name}.{name}", imports=imports)


def _add_skill(making: _EntryParts, found: Found, *, imports: bool) -> None:
    """Adds a manifest entry for the skill `found`, whose files are known. The entry contains the path of the skill's
    folder. It contains no name and no description, because the file SKILL.md contains them. If `imports` is True, an
    entry that imports the skill is also added.
    """
    draft = Draft(found)
    name = making.references.skills[found.key]
    draft.left.clear()
    for field_name in found.fields:
        draft.say(field_name, Outcome.GIVEN)
    draft.entry["path"] = f"{SKILL_KIND.section}/{name}"
    making.folders[name] = found.files
    _finish(making, draft, SKILL_KIND.section, name, PAIRS)
    _record(making, draft, f"{SKILL_KIND.name}.{name}", imports=imports)


def _add_assistant(making: _EntryParts, found: Found, *, imports: bool) -> None:
    draft = Draft(found)
    section = ASSISTANT_KIND.section
    name = making.names.choose(section, found.display_name, "assistant")
    template = None
    if found.type == AGENT.name:
        template = making.templates.get(str((found.fields.get("metadata") or {}).get(TEMPLATE_KEY)))
        draft_agent(draft, template)
    elif found.type == ASSISTANT.name:
        draft_assistant(draft)
    else:
        draft_definition(draft)
    making.references.resolve_tools(draft)
    _trim_instructions(draft)
    _remove_doubles(draft)
    target = (making.keep_targets and TARGET_OF.get(found.type)) or making.target
    if target != making.target:
        draft.entry["target"] = target
    entry = _finish(making, draft, section, name, PAIRS - TARGETS[target].marks)
    is_same = TARGETS[entry.get("target", making.target)].type == found.type
    _record(making, draft, f"{ASSISTANT_KIND.name}.{name}", imports=imports and is_same)
    if template is not None:
        address = f"{ENVIRONMENT_KIND.name}.{name}"
        making.objects[template.key] = _report(template, address if is_same else None, Draft(template))
        if imports and is_same and template.id:
            making.imports.append({"to": address, "id": template.id})


def _add_tool(making: _EntryParts, found: Found) -> None:
    draft = Draft(found)
    draft_tool(draft)
    section = TOOL_KIND.section
    display = str(draft.entry.get("name") or found.display_name)
    existing = next((name for name, tool in making.sections.get(section, {}).items() if tool == draft.entry), None)
    if existing is not None:
        draft.note = "an equal tool is declared already"
        _record(making, draft, f"{TOOL_KIND.name}.{existing}", imports=False)
        return
    name = making.names.choose(section, display, "tool", reserved=RESERVED, exact=True)
    for name_of_field, reason in loosened(draft.entry):
        draft.say(name_of_field, Outcome.HOMELESS, reason=reason)
        if name_of_field == "parameters":
            draft.entry.clear()
    _finish(making, draft, section, name, PAIRS)
    _record(making, draft, f"{TOOL_KIND.name}.{name}" if draft.entry else None, imports=False)


def _finish(making: _EntryParts, draft: Draft, section: str, name: str, pairs: int) -> dict[str, Any]:
    """Completes the manifest entry of `draft`: removes secrets, and values that manifests or the target (the API) do
    not allow. Adds the entry to `section` under `name`, and returns the entry. `pairs` is the largest number of
    metadata pairs that the entry may contain.
    """
    entry = draft.entry
    draft.drop_left(UNKNOWN)
    if entry.get("name") == name and section != TOOL_KIND.section:
        del entry["name"]
    for removed in take_secrets(entry, name, making.variables):
        became = f"became `{{runtime: {removed.runtime}}}`" if removed.runtime else f"became `{REMOVED}`"
        outcome = became if removed.runtime or removed.is_kept else "is left out, because no manifest may have it"
        reason = f"{removed.description} {outcome}; revoke it if it was ever shared"
        draft.say(removed.path, Outcome.SECRET, removed.path if removed.runtime else None, reason)
    for key in list(entry.get("metadata") or ())[pairs:]:
        del entry["metadata"][key]
        draft.say(f"metadata.{key}", Outcome.HOMELESS, reason=f"at most {pairs} pairs can be your own")
    if entry:
        removals = [*remove_invalid(SECTIONS[section], entry)]
        if section == ASSISTANT_KIND.section:
            removals += [
                *remove_unsound_schemas(entry),
                *remove_inexpressible(entry, entry.get("target", making.target)),
            ]
        for path, reason in removals:
            draft.say(path, Outcome.HOMELESS, reason=reason)
    if section != TOOL_KIND.section or entry:
        making.sections.setdefault(section, {})[name] = entry
    return entry


def _record(making: _EntryParts, draft: Draft, address: str | None, *, imports: bool) -> None:
    found = draft.found
    if imports and address and found.id and found.type in TYPES and TYPES[found.type].is_importable:
        making.imports.append({"to": address, "id": found.id})
    making.objects[found.key] = _report(found, address, draft)


def _report(found: Found, address: str | None, draft: Draft) -> ObjectReport:
    fields = tuple(settled(draft.outcomes))
    return ObjectReport(found.type, found.id, found.display_name, address, found.place, fields, draft.note)


def _unplaced(making: _EntryParts, found: Found) -> ObjectReport:
    """Returns the report on an object that gets no manifest entry of its own. Such an object is a file, a skill or an
    environment template. The note in the report says how the manifests refer to the object, or that they do not.
    """
    if found.type == FILE.name:
        users = making.references.users.get(found.key, [])
        note = making.references.describe_file(found)
        used = f"; used by {', '.join(dict.fromkeys(users))}" if users else "; no store and no tool uses it"
        return replace(_report(found, None, Draft(found)), note=note + used)
    if found.type == ENVIRONMENT_TEMPLATE.name:
        note = "no agent was found that uses it; a template is a part of an assistant (`environment:`)"
    else:
        note = "nobody has its content; tools name it by its id"
    return replace(_report(found, None, Draft(found)), note=note)


def _trim_instructions(draft: Draft) -> None:
    """Removes from the instructions a byte-order mark and the empty lines at the end, because they would be lost when
    the manifest is read. Line ends become `\\n`. If the instructions contain only whitespace, removes the field.
    """
    text = draft.entry.get("instructions")
    if isinstance(text, str) and not text.strip():
        del draft.entry["instructions"]
    elif isinstance(text, str):
        draft.entry["instructions"] = trim_prose(text)


def _remove_doubles(draft: Draft) -> None:
    """Removes each tool that equals an earlier tool of the assistant in its name, or in its type and label."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for index, tool in enumerate(draft.entry.get("tools") or ()):
        given = tool if isinstance(tool, Mapping) else {"type": tool}
        name = str(given.get("name") or given.get("server_label") or "")
        identity = ("name", name) if given.get("name") else (str(given.get("type")), name)
        if identity in seen:
            draft.say(f"tools[{index}]", Outcome.HOMELESS, reason="the assistant has this tool twice; one is kept")
        else:
            kept.append(tool)
        seen.add(identity)
    if kept:
        draft.entry["tools"] = kept
