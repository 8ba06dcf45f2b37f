"""Finds the names and ids that the manifests of a project use already, in all environments of the project.

Expressions in the files are not evaluated. Files that `ignore:` leaves out are also read, because another environment
may read these files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.errors import InvalidManifest, UsageError
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.sections import IMPORTS, MOVED, REMOVED
from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.files.folder_contents import Scan
from provisioner.manifest.files.manifest_files import read_folder
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import Document
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings


class TakenNames(Struct, frozen=True):
    """The names that a project uses already, keyed by section of the manifests, and the ids in its `imports:`."""

    names: Mapping[str, frozenset[str]]
    ids: frozenset[str]


NOTHING_TAKEN = TakenNames({}, frozenset())


def find_taken(settings: Settings, others: Iterable[tuple[str, str]] = ()) -> TakenNames:
    """Returns the names that the manifests of a project use already, and the ids in its `imports:`. A name is used if a
    manifest declares it, if an environment of the project sets values for it, or if an entry of `moved:` or `removed:`
    names it.

    `others` are further used names, as pairs of a section and a name. Files that cannot be read are left out.
    """
    try:
        readings, _ = read_folder(replace(settings, ignore=(), written_ignore=()), Report(), Allowance(), Scan())
    except InvalidManifest:
        readings = []
    documents = [reading.document for reading in readings]
    names: dict[str, set[str]] = {}
    pairs = [pair for document in documents for pair in _names_in(document)]
    pairs += [pair for document in settings.documents for pair in _overridden_in(document)]
    for section, name in (*pairs, *others):
        names.setdefault(section, set()).add(to_nfc(name.partition("[")[0]))
    ids = {entry["id"] for each in documents for entry in _entries(each, IMPORTS) if isinstance(entry.get("id"), str)}
    return TakenNames({section: frozenset(each) for section, each in names.items()}, frozenset(ids))


def section_of(address: Address) -> str:
    """Returns the section of manifests in which the resource at an address is declared. For an environment template,
    this is the section of its assistant.
    """
    return ASSISTANT_KIND.section if address.kind == ENVIRONMENT_KIND.name else ADDRESS_KINDS[address.kind].section


def _names_in(document: Document) -> Iterator[tuple[str, str]]:
    """Yields the section and the name of each resource that a manifest declares, moves or removes."""
    if document.body is not None:
        yield ASSISTANT_KIND.section, document.path.stem
        return
    if not isinstance(document.data, dict):
        return
    for section, entries in document.data.items():
        if section in SECTIONS and isinstance(entries, dict):
            yield from ((section, str(name)) for name in entries)
    for section, fields in ((MOVED, ("from", "to")), (REMOVED, ("from",))):
        for entry in _entries(document, section):
            for text in (entry.get(name) for name in fields):
                try:
                    address = Address.parse(text) if isinstance(text, str) else None
                except UsageError:
                    continue
                if address is not None and address.kind in ADDRESS_KINDS:
                    yield section_of(address), address.name


def _overridden_in(document: Document) -> Iterator[tuple[str, str]]:
    """Yields the section and the name of each resource for which an environment of the project sets values. `document`
    is the settings file.
    """
    environments = document.data.get("environments") if isinstance(document.data, dict) else None
    for block in environments.values() if isinstance(environments, dict) else ():
        for section in SECTIONS if isinstance(block, dict) else ():
            entries = block.get(section)
            yield from ((section, str(name)) for name in entries) if isinstance(entries, dict) else ()


def _entries(document: Document, section: str) -> list[Mapping[str, Any]]:
    """Returns the entries of a section that is a list, such as `imports`, in a manifest. `section` is the name of the
    section. Entries that are not mappings are left out.
    """
    data = document.data if document.body is None else None
    found = data.get(section) if isinstance(data, dict) else None
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
