"""Collects what the manifests declare: the entries of all files, keyed by kind and name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from unicodedata import category

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address, instance_name
from provisioner.core.kinds import KINDS, SECTIONS, Kind
from provisioner.core.kinds.sections import FOR_EACH, IMPORTS, INCLUDE, LISTS, MOVED, REMOVED, VARIABLES
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.expressions.expansion import Expansion
from provisioner.manifest.expressions.for_each import entries_of
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.parsing.spaces import find_in_text
from provisioner.manifest.project_settings.environment_values import NO_VALUES, EnvironmentValues
from provisioner.manifest.project_settings.settings import FILE
from provisioner.manifest.validation.entry_check import check
from provisioner.manifest.validation.nearest import nearest

#: The characters of a name. Vowel signs and accents of many scripts are separate characters (categories Mn and Mc),
#: which `\w` does not match.
NAME = re.compile(r"[\w-]{1,128}")
MARKS = frozenset({"Mn", "Mc"})


class Declaration(Struct, frozen=True):
    """A named entry of a manifest, such as a resource. `written` is the value of the entry. In the declarations that
    `collect` returns, its expressions are replaced.

    If the entry is one of several that a `for_each` makes, `key` is its key in the `for_each`, and `group` is its name
    without this key. Otherwise both are None.
    """

    kind: Kind
    name: str
    written: Written
    group: str | None = None
    key: str | None = None

    @property
    def display_name(self) -> str:
        """The name that the object of the declared resource gets at OpenAI if the manifest sets no other name."""
        return self.name if self.key is None else f"{self.group} {self.key}"

    @property
    def address(self) -> Address:
        """The address of the resource, which consists of its kind and its name."""
        return Address(self.kind.name, self.name)


class Declarations(Struct):
    """All declarations of the manifests, keyed by kind and name. `imports`, `moved` and `removed` are the entries of
    these sections, in the order of the manifests. `groups` maps each kind to a mapping. That mapping maps the name of
    each declaration with a `for_each` to the names of the resources that the `for_each` makes.
    """

    by_kind: dict[str, dict[str, Declaration]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    groups: dict[str, dict[str, list[str]]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    group_places: dict[Address, Written] = field(default_factory=dict)
    imports: list[Written] = field(default_factory=list)
    moved: list[Written] = field(default_factory=list)
    removed: list[Written] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Declaration]:
        """Returns the declarations of one kind, keyed by name."""
        return self.by_kind[kind]

    def add(self, declaration: Declaration, report: Report) -> None:
        """Adds a declaration to this collection, except if its name is invalid or reserved. Reports an error in its
        fields, an invalid or reserved name, and a name that another declaration has already.
        """
        kind, name, written = declaration.kind, declaration.name, declaration.written
        check(kind.entry, written, report, declaration.address)
        name = declaration.group or name
        if not is_name(name):
            message = f"`{name[:60]}` cannot be a name; use letters, digits, `_` and `-`, at most 128"
            report.error(written.key_place, message)
            return
        if name in kind.reserved:
            message = f"`{name}` is the type of a built-in tool; choose another name, or use `{name}` without declaring"
            report.error(written.key_place, message, declaration.address)
            return
        first = self.by_kind[kind.name].setdefault(declaration.name, declaration)
        earlier = self.group_places.get(Address(kind.name, name)) if declaration.group is None else None
        if first is not declaration or earlier is not None:
            _report_second(declaration, earlier or first.written, report)

    def add_group(self, declaration: Declaration, names: list[str], report: Report) -> None:
        """Records the name of a declaration with a `for_each`. `names` are the names of the resources that the
        `for_each` makes. Reports an error if the name is declared already.
        """
        kind, name, written = declaration.kind, declaration.name, declaration.written
        first = self.group_places.setdefault(declaration.address, written)
        single = self.by_kind[kind.name].get(name)
        if first is not written or single is not None:
            _report_second(declaration, single.written if single else first, report)
        self.groups[kind.name].setdefault(name, []).extend(names)


def collect(
    documents: Iterable[Document],
    report: Report,
    expansion: Expansion,
    values: EnvironmentValues = NO_VALUES,
    unread: Mapping[Address, str] = MappingProxyType({}),
    included: Iterable[tuple[Document, Expansion]] = (),
) -> Declarations:
    """Returns the declarations in all documents, checked against the pydantic models of their kinds. `expansion`
    replaces the expressions in them. `values` are the fields of resources that environments of the project override.
    `unread` maps addresses to texts. Each text describes a file that was not read and seems to declare the address.
    `included` are the manifests of included folders, each with its own expansion.

    Reports errors. Raises InvalidManifest if an error makes the entries of a `for_each` unknown, because every
    reference to its resources would be reported as a further error.
    """
    declarations = Declarations()
    manifests = [*((document, expansion) for document in documents), *included]
    parts = [(part, own) for document, own in manifests for part in (document, *_repeated(document))]
    found = [(declaration, own) for part, own in parts for declaration in _declared(part, report)]
    blocks: dict[Address, Written] = {}
    for declaration, _ in found:
        blocks.setdefault(declaration.address, declaration.written)
    values.name_origins(blocks, report)
    is_complete = True
    for declaration, own in found:
        is_complete &= _add(declaration, declarations, own, values)
    groups = {Address(kind, name): names for kind, of in declarations.groups.items() for name, names in of.items()}
    values.check(blocks, groups, unread, report)
    for part, own in parts:
        declarations.imports += _entries(part, IMPORTS, report, own)
        declarations.moved += _entries(part, MOVED, report, own)
        declarations.removed += _entries(part, REMOVED, report, own)
    if not is_complete:
        report.finish()
    return declarations


def _add(declaration: Declaration, declarations: Declarations, expansion: Expansion, values: EnvironmentValues) -> bool:
    """Adds a declaration to `declarations`. Its expressions are replaced, and fields that the environment of the
    project overrides (`values`) are set. If it has a `for_each`, one declaration for each entry of the `for_each` is
    added instead. Returns False if an error makes these entries unknown.
    """
    kind, written, address = declaration.kind, declaration.written, declaration.address
    own = values.chosen.get(address)
    given = _for_each(written, own)
    if given is None:
        block = expansion.expand(_without_for_each(written) if own else written, address)
        if own is not None:
            block = values.apply(kind, block, expansion.expand(_without_for_each(own), address))
        declarations.add(declaration if block is written else replace(declaration, written=block), expansion.report)
        return True
    entries = entries_of(given, address, expansion) if is_name(declaration.name) else []
    for entry in entries or ():
        name = instance_name(declaration.name, entry.key)
        instance = replace(declaration, name=name, group=declaration.name, key=entry.key)
        block = expansion.instance(written, instance.address, entry)
        layers = (own, values.chosen.get(instance.address))
        expanded = (expansion.instance(each, instance.address, entry) if each else None for each in layers)
        block = values.apply(kind, block, *expanded)
        declarations.add(replace(instance, written=block), expansion.report)
    names = [instance_name(declaration.name, entry.key) for entry in entries or ()]
    declarations.add_group(declaration, names, expansion.report)
    return entries is not None


def _report_second(declaration: Declaration, first: Written, report: Report) -> None:
    """Reports a declaration whose address already belongs to an earlier declaration (`first`)."""
    place = declaration.written.key_place
    message, advice = (
        f"`{declaration.address}` is declared a second time, first at {first.key_place}",
        "rename one of them",
    )
    if place == first.key_place:
        message = f"`{declaration.address}` is declared by two includes of this folder"
        advice = "give each of them a `prefix` of its own"
    report.error(place, f"{message}; {advice}", declaration.address)


def _for_each(written: Written, own: Written | None) -> Written | None:
    """Returns the value of `for_each` in the fields that an environment of the project overrides (`own`), or else in
    the declaration (`written`). Returns None if neither contains it, or if it is null in `own`.
    """
    for each in (own, written):
        if each is not None and isinstance(each.value, dict) and FOR_EACH in each.value:
            if each is own and each.value[FOR_EACH] is None:
                return None
            return Written(each.document, (*each.path, FOR_EACH), each.value[FOR_EACH])
    return None


def _without_for_each(written: Written) -> Written:
    if not isinstance(written.value, dict) or FOR_EACH not in written.value:
        return written
    return replace(written, value={name: item for name, item in written.value.items() if name != FOR_EACH})


def is_name(name: str) -> bool:
    """Returns whether a resource can have the name `name`. A name has at most 128 characters: letters (with combining
    marks), digits, `_` and `-`. Its first character is a letter, a digit or `_`.
    """
    first = name[:1]
    if first == "-" or category(first or "-") in MARKS or len(name) > 128:
        return False
    return bool(NAME.fullmatch("".join("_" if category(each) in MARKS else each for each in name)))


def _repeated(document: Document) -> Iterator[Document]:
    """Yields a document for each section that occurs a second time in a manifest. The document contains only this
    section. The declarations in the section are also collected, so that references to them are not reported as errors.
    """
    for part in document.dropped if document.body is None else ():
        section = next(iter(part.data))
        if part.node and document.node and part.node.start_mark.index == document.node.start_mark.index:
            yield Document(part.path, {section: part.data[section]}, part.node, prefix=document.prefix)


def _declared(document: Document, report: Report) -> Iterator[Declaration]:
    whole = Written(document, (), document.data)
    if document.body is not None:
        if isinstance(document.data, dict | None):
            data = {key: value for key, value in (document.data or {}).items() if not key.startswith("x-")}
            yield Declaration(
                SECTIONS["assistants"], document.prefix + to_nfc(document.path.stem), Written(document, (), data)
            )
        else:
            report.error(whole, "front matter is a mapping of an assistant's fields; write `model: …`")
        return
    if document.data is None:
        return
    if not isinstance(document.data, dict):
        report.error(whole, f"a manifest is a mapping; begin with one of {', '.join(SECTIONS)}, or add it to `ignore:`")
        return
    if _is_bare_assistant(document.data):
        at = document.place((next(iter(document.data)),), key=True)
        report.error(at, "this reads like one assistant; write it indented, below `assistants:` and a line `NAME:`")
        return
    for section, written in whole.fields():
        if (
            section.startswith("x-")
            or section in (*LISTS, VARIABLES, INCLUDE)
            or (section in SECTIONS and written.value is None)
        ):
            continue
        if section not in SECTIONS:
            report.error(written.key_place, _unknown(section))
        elif not isinstance(written.value, dict):
            advice = (
                isinstance(written.value, str) and find_in_text(written.value)
            ) or f"write `{section}: {{NAME: …}}`"
            report.error(written, f"`{section}` is a mapping of names; {advice}")
        else:
            for name, entry in written.fields():
                yield Declaration(SECTIONS[section], document.prefix + to_nfc(name), entry)


def _entries(document: Document, section: str, report: Report, expansion: Expansion) -> Iterator[Written]:
    """Yields the valid entries of a section that is a list, such as `imports`. Their expressions are replaced. Invalid
    entries are reported. `section` is the name of the section.
    """
    written = Written(document, (), document.data).get(section) if document.body is None else None
    if written is None:
        return
    listed = LISTS[section]
    if not isinstance(written.value, list):
        report.error(written, f"`{section}` is a list; write `{section}: [{listed.form}]`")
        return
    for entry in written.items():
        for each in _instances(entry, expansion):
            if check(listed.entry, each, report):
                yield each


def _instances(entry: Written, expansion: Expansion) -> Iterator[Written]:
    """Yields an entry of a list such as `imports`, with its expressions replaced. If the entry has a `for_each`, yields
    one copy of the entry for each key of the `for_each` instead.
    """
    if not isinstance(entry.value, dict) or FOR_EACH not in entry.value:
        yield expansion.expand(entry, None)
        return
    given = Written(entry.document, (*entry.path, FOR_EACH), entry.value[FOR_EACH])
    for each in entries_of(given, None, expansion) or ():
        yield expansion.instance(entry, None, each)


def _is_bare_assistant(data: dict[str, object]) -> bool:
    """Returns whether a manifest contains the fields of one assistant, like JSON from the API, and no sections."""
    sections = any(isinstance(value, dict) for key, value in data.items() if key in SECTIONS)
    return not sections and ("model" in data or data.get("object") == "assistant")


def _unknown(section: str) -> str:
    from provisioner.manifest.project_settings.settingsmodel import SettingsModel

    if section in SettingsModel.model_fields:
        return f"`{section}` is a setting; write it in {FILE}"
    close = nearest(section, (*SECTIONS, *LISTS, VARIABLES, INCLUDE))
    if close:
        return f"there is no section `{section}`; did you mean `{close}`?"
    known = ", ".join((*SECTIONS, *LISTS, VARIABLES, INCLUDE))
    return f"there is no section `{section}`; known are {known} (if this is no manifest, `ignore:` it)"
