"""Makes resources from the manifests of a project. Only this module uses all steps: reading, checking and
converting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresschanges import NO_CHANGES, AddressChanges
from provisioner.core.addresskind import (
    ASSISTANT_KIND,
    FILE_KIND,
    INSTRUCTIONS_KIND,
    SKILL_KIND,
    TEST_KIND,
    TOOL_KIND,
    VECTOR_STORE_KIND,
)
from provisioner.core.declaredtest import DeclaredTest
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.leaves import leaves
from provisioner.core.localfunction import LocalFunction
from provisioner.core.objecttype import FILE, VECTOR_STORE
from provisioner.core.resource import Ref, Resource
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.assistants import Assistants
from provisioner.manifest.declarations import Declarations, collect
from provisioner.manifest.expressions.variables import GivenValues
from provisioner.manifest.files.digest_cache import DigestCache
from provisioner.manifest.files.file_lists import Members
from provisioner.manifest.files.project_files import Tree
from provisioner.manifest.files.referenced_files import Library, Look
from provisioner.manifest.includes.folders import Folders
from provisioner.manifest.includes.inclusion import Inclusion
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import Document
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.environment_values import read_values
from provisioner.manifest.project_settings.settings import Settings, read_settings
from provisioner.manifest.resources.environments import Environments
from provisioner.manifest.resources.imports import with_imports
from provisioner.manifest.resources.instructions import Instructions
from provisioner.manifest.resources.lifecycles import lifecycle_of, lifecycle_of_file
from provisioner.manifest.resources.moves import read_moves
from provisioner.manifest.resources.references import with_references
from provisioner.manifest.resources.removals import read_removals
from provisioner.manifest.resources.skills import Skills
from provisioner.manifest.resources.stores import METADATA, Store, count_own
from provisioner.manifest.resources.tests import Tests
from provisioner.manifest.resources.tools import Tools
from provisioner.manifest.secret_scan.secrets import Secrets
from provisioner.manifest.sources import Composed, NamedModel, Sources
from provisioner.manifest.values import open_expansion, with_defaults

NOTHING_GIVEN = GivenValues()
#: A function that returns the known digests of the files below a project's root.
OpenDigests = Callable[[Path], DigestCache]


class Manifest(Struct, frozen=True):
    """What a project declares in one environment of the project: the resources, sorted by address; the warnings and
    infos, sorted by place; and the language models that assistants use.

    `unread` maps addresses to texts. Each text names a file that was not read and seems to declare the address, and
    gives the reason. `address_changes` are the renames and removals of resources that were declared earlier.
    `functions` maps addresses of assistants to the local implementations of their functions, keyed by the name of the
    function. `tests` are the tests of assistants, sorted by name. Tests are not resources.
    """

    settings: Settings
    resources: tuple[Resource, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    models: tuple[NamedModel, ...] = ()
    unread: Mapping[Address, str] = field(default_factory=dict)
    address_changes: AddressChanges = NO_CHANGES
    functions: Mapping[Address, Mapping[str, LocalFunction]] = field(default_factory=dict)
    tests: tuple[DeclaredTest, ...] = ()


class ResourceParts(Struct):
    """Contains everything that makes the resources of a project: its settings, its declarations, the report for errors,
    and the objects that convert declarations to resources, such as `tools` and `assistants`.
    """

    settings: Settings
    declared: Declarations
    report: Report
    library: Library
    members: Members
    skills: Skills
    instructions: Instructions
    tools: Tools
    assistants: Assistants


def load(
    folder: Path,
    environment: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    given: GivenValues = NOTHING_GIVEN,
    open_digests: OpenDigests | None = None,
) -> Manifest:
    """Returns everything that the manifests in `folder` declare.

    `environment` is the name of an environment of the project, which the settings declare. If it is None, the default
    environment is used. `overrides` are settings (the names in OVERRIDABLE of the module `settings`, such as `target`
    and `state`) that replace the settings of the project and of the environment. If the state in `overrides` is a
    relative path, it is relative to the working folder. `given` are the values of variables from outside the project.
    `open_digests` returns the known digests of the files below a project's root. A file with a known digest is not read
    if it did not change.

    Raises InvalidManifest with the problems of all files, for example an undeclared environment. Raises UsageError if
    an override is not valid.
    """
    return load_whole(folder, environment, overrides, given=given, open_digests=open_digests)[0]


def load_whole(
    folder: Path,
    environment: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    look: Look | None = None,
    given: GivenValues = NOTHING_GIVEN,
    open_digests: OpenDigests | None = None,
) -> tuple[Manifest, Sources]:
    """Returns the manifest of a project, and the parsed files and values from which the manifest was made.

    `look` is called with the path and the first bytes of each hashed file. The other parameters and the errors are
    those of `load`.
    """
    report = Report()
    settings = read_settings(folder.resolve(), environment, overrides or {}, report)
    allowance = Allowance()
    folders = Folders(settings, report, allowance)
    readings, unread = folders.read_project()
    for reading in readings:
        report.take(reading.diagnostics)
    documents = [reading.document for reading in readings]
    expansion, variables = open_expansion(settings, documents, given, allowance, report)
    secrets = Secrets(report)
    included = Inclusion(folders, report, expansion).include(documents)
    folders.report_unused_ignores()
    documents_read = [*documents, *{document.path: document for document, _ in included}.values()]
    for document in [*settings.documents, *documents_read, *variables.documents]:
        secrets.check_document(document)
    settings = with_defaults(settings, expansion, report)
    declared = collect(documents, report, expansion, read_values(settings), unread, included)
    for written in expansion.replaced:
        secrets.check_expanded(written, expansion.scope.references.plain)
    tree = Tree(settings.root, settings.state_folder, report, allowance, folders.known)
    digests = open_digests(settings.root) if open_digests else None
    library = Library(tree, report, look, digests)
    making = _prepare(settings, declared, library, expansion.scope.references.by_token)
    resources = sorted(_resources(making), key=lambda r: r.address)
    resources = with_references(resources, expansion.scope.references, making.declared, report)
    resources = with_imports(resources, making.declared.imports, settings, report)
    resources = _with_uploads(resources, making.members.uploads)
    tests = _tests(making, resources).read()
    address_changes = _read_address_changes(making.declared, resources, settings, report)
    _check_secrets(making, resources, secrets)
    expansion.finish()
    models = tuple(_models(making.assistants.composed))
    functions = _functions(making)
    manifest = Manifest(settings, tuple(resources), report.finish(), models, unread, address_changes, functions, tests)
    return manifest, _sources(making, documents_read, secrets)


def _functions(making: ResourceParts) -> dict[Address, dict[str, LocalFunction]]:
    """Returns the local functions: the Python functions that `handler:` of function tools names. The result maps
    addresses of assistants to their local functions, keyed by the name of the function tool.
    """
    local, declared = making.tools.functions.local.found, making.tools.declared
    found: dict[Address, dict[str, LocalFunction]] = {}
    for assistant in making.assistants.composed if local else ():
        own = assistant.declaration.address
        for item, _ in assistant.tools:
            tool = declared.get(to_nfc(item.value)) if isinstance(item.value, str) else None
            found.setdefault(own, {}).update(local.get(tool.address if tool else own, {}))
    return found


def _tests(making: ResourceParts, resources: Iterable[Resource]) -> Tests:
    declared, kind = making.declared, ASSISTANT_KIND.name
    by_address = {resource.address: resource for resource in resources}
    assistants, groups = declared.of(kind), declared.groups[kind]
    return Tests(declared.of(TEST_KIND.name), assistants, groups, by_address, making.library, making.tools.functions)


def _with_uploads(resources: list[Resource], uploads: Mapping[str, Place]) -> list[Resource]:
    """Returns the resources with their field `uploads` set. `uploads` maps ids of files at the API to places in
    manifests. The field of a resource maps each id that occurs in its inputs to the place of the id.
    """
    if not uploads:
        return resources
    return [
        replace(each, uploads={id: uploads[id] for id in sorted(_texts(each.inputs) & uploads.keys())})
        for each in resources
    ]


def _texts(inputs: Mapping[str, Any]) -> set[str]:
    return {each for each in leaves(inputs) if isinstance(each, str)}


def _read_address_changes(
    declared: Declarations, resources: Iterable[Resource], settings: Settings, report: Report
) -> AddressChanges:
    by_address = {resource.address: resource for resource in resources}
    moves = read_moves(declared.moved, by_address, settings, report)
    return AddressChanges(moves, read_removals(declared.removed, by_address, moves, settings, report))


def _models(composed: Iterable[Composed]) -> Iterator[NamedModel]:
    for assistant in composed:
        if (model := assistant.fields.get("model")) is not None:
            yield NamedModel(model.value, model.place, assistant.declaration.address)


def _check_secrets(making: ResourceParts, resources: Sequence[Resource], secrets: Secrets) -> None:
    """Reports credentials in prompt files, in schemas to which manifests refer, and in the values that are sent to the
    API.
    """
    inline = (part for parts in making.instructions.composed.values() for _, part in parts)
    secrets.check_prompts((*making.instructions.fragments_read, *inline))
    for reference, document in making.tools.functions.read:
        secrets.check_schema(reference, document)
    secrets.check_resources(resources)


def _prepare(settings: Settings, declared: Declarations, library: Library, tokens: Mapping[str, Ref]) -> ResourceParts:
    report, tree, groups = library.report, library.tree, declared.groups
    members = Members(library, groups[FILE_KIND.name], tokens=tokens)
    instructions = Instructions(declared.of(INSTRUCTIONS_KIND.name), groups[INSTRUCTIONS_KIND.name], tree, report)
    skills = Skills(declared.of(SKILL_KIND.name), groups[SKILL_KIND.name], library)
    named = {SKILL_KIND.section: skills.express}
    stores = declared.of(VECTOR_STORE_KIND.name)
    tools = Tools(declared.of(TOOL_KIND.name), stores, groups, members, named, report)
    assistants = Assistants(settings, instructions, tools, Environments(members, named, report), library, report)
    return ResourceParts(settings, declared, report, library, members, skills, instructions, tools, assistants)


def _sources(making: ResourceParts, documents: Iterable[Document], secrets: Secrets) -> Sources:
    return Sources(
        documents=(*making.settings.documents, *documents),
        declared=making.declared,
        tools=making.tools.expanded,
        assistants=tuple(making.assistants.composed),
        fragments=tuple(making.instructions.fragments_read),
        files=(*making.library.entries.values(), *making.skills.entries),
        schemas=tuple(making.tools.functions.read),
        allowed=tuple(secrets.allowed),
    )


def _resources(making: ResourceParts) -> Iterator[Resource]:
    settings, declared, report, library = making.settings, making.declared, making.report, making.library
    for declaration in declared.of(FILE_KIND.name).values():
        library.declare(declaration)
    stores = [
        Store(item, report)
        for item in declared.of(VECTOR_STORE_KIND.name).values()
        if isinstance(item.written.value, dict)
    ]
    for store in stores:
        store.resolve(making.members)
        _check_pairs(store, report)
    yield from making.skills.resources(settings)
    making.instructions.check_fragments()
    making.tools.check_declared()
    for item in declared.of(ASSISTANT_KIND.name).values():
        if isinstance(item.written.value, dict):
            yield from making.assistants.express(item)
    library.read()
    yield from _files(library, settings)
    for store in stores:
        exclusive = store.written.get("exclusive")
        lifecycle = replace(
            lifecycle_of(store.written.get("lifecycle"), settings.lifecycle),
            exclusive=exclusive is not None and bool(exclusive.value),
        )
        place = store.written.key_place
        yield Resource(store.declaration.address, VECTOR_STORE.name, store.inputs(), place, lifecycle)


def _files(library: Library, settings: Settings) -> Iterator[Resource]:
    plain = lifecycle_of_file(None, settings.lifecycle)
    places: dict[int, Place] = {}  # Thousands of files of one glob have the same place.
    for entry in library.entries.values():
        if declared := entry.declaration.written if entry.declaration else None:
            lifecycle, place = lifecycle_of_file(declared.get("lifecycle"), settings.lifecycle), declared.key_place
        else:
            if id(entry.written) not in places:
                places[id(entry.written)] = entry.written.place
            lifecycle, place = plain, places[id(entry.written)]
        yield Resource(entry.address, FILE.name, entry.inputs, place, lifecycle, file=entry.file)


def _check_pairs(store: Store, report: Report) -> None:
    metadata = store.written.get("metadata")
    if metadata is not None and len(metadata.value) > METADATA:
        message = f"these are {len(metadata.value)} pairs; {count_own(16, 16 - METADATA)}, remove some"
        report.error(metadata, message, store.declaration.address)
