"""Reads the fields of resources that the settings file overrides for single environments of the project (below
`environments:`). Overrides of undeclared resources or of unknown fields are reported, in all environments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address, split_instance
from provisioner.core.diagnostic import Place
from provisioner.core.kinds import SECTIONS, Kind
from provisioner.core.kinds.sections import FOR_EACH
from provisioner.core.leaves import leaves
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.parsing.document import Document, Paths, Written, shown
from provisioner.manifest.parsing.location import locate
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.inheritance import overlay
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.validation.entry_check import check
from provisioner.manifest.validation.nearest import advise

ASSISTANTS = "assistants"


class Value(Struct, frozen=True):
    """The fields of one resource that the settings file overrides in one environment of the project."""

    environment: str
    kind: Kind
    address: Address
    written: Written


class EnvironmentValues(Struct, frozen=True):
    """The fields of resources that environments of the project override. `every` contains these fields for all
    environments, with one `Value` for each resource in each environment. `chosen` maps the address of each resource to
    the fields that the chosen environment overrides.
    """

    settings: Settings | None = None
    every: tuple[Value, ...] = ()
    chosen: Mapping[Address, Written] = field(default_factory=dict)

    def apply(self, kind: Kind, block: Written, *values: Written | None) -> Written:
        """Returns the manifest entry `block`, in which the fields of each of `values` override the earlier fields (see
        `overlay`). A later value overrides an earlier one. Expressions in `values` must already be replaced.

        A null in `values` removes the field. In the entry of an assistant, the null stays, because it must later also
        remove the project's default.
        """
        for value in values:
            if value is not None and isinstance(block.value, dict):
                block = overlay(block, value, keeps_null=kind.section == ASSISTANTS)
        return block

    def name_origins(self, declared: Mapping[Address, Written], report: Report) -> None:
        """Changes `report`, so that later messages about an overridden field name two places: the place at which an
        environment of the project overrides the field, and the place at which the resource is declared.

        `declared` maps the address of each declared resource to its manifest entry. A resource with a `for_each` has
        one address, without a key of the `for_each`.
        """
        before, origins = report.describe, _Origins(self.every, declared)
        report.describe = lambda place: before(place) + origins.describe(place)

    def check(
        self,
        declared: Mapping[Address, Written],
        instances: Mapping[Address, list[str]],
        unread: Mapping[Address, str],
        report: Report,
    ) -> None:
        """Reports fields that environments of the project set for resources that no manifest declares. In the chosen
        environment, also reports fields for a key that a `for_each` does not have. In environments that are not chosen,
        also reports fields that a resource cannot have.

        `declared` maps the addresses of the declared resources to their manifest entries. `instances` maps the address
        of each resource with a `for_each` to the names that the `for_each` makes. `unread` maps addresses to texts.
        Each text describes a file that was not read and seems to declare the address.
        """
        for value in self.every:
            instance = split_instance(value.address.name)
            owner = Address(value.kind.name, instance[0]) if instance else value.address
            is_chosen = self.settings is not None and value.environment == self.settings.environment
            if not is_chosen and owner in unread and owner not in declared:
                continue  # The file may be read in the environment that has the value.
            if owner not in declared or (is_chosen and instance and value.address.name not in instances.get(owner, ())):
                _report_undeclared(value, declared, instances.get(owner), unread, report)
            elif not is_chosen:
                _check_fields(value, declared[owner], report)


NO_VALUES = EnvironmentValues()


def read_values(settings: Settings) -> EnvironmentValues:
    """Returns the fields of resources that the settings override, for each environment of the project. The types of the
    settings must already be checked.
    """
    [document] = settings.documents
    every = tuple(_values_in(document))
    chosen = {each.address: each.written for each in every if each.environment == settings.environment}
    return EnvironmentValues(settings, every, chosen)


def blocks_of_values(document: Document) -> list[Any]:
    """Returns the mappings in which environments of the project override fields of resources, such as `assistants:`
    below an environment. The mappings of all environments are returned, without places in the file. `document` is the
    settings file.
    """
    environments = document.data.get("environments") if isinstance(document.data, dict) else None
    blocks = environments.values() if isinstance(environments, dict) else ()
    return [block[section] for block in blocks if isinstance(block, dict) for section in SECTIONS if section in block]


def _values_in(document: Document) -> Iterator[Value]:
    environments = Written(document, (), document.data).get("environments")
    for name, block in environments.fields() if environments and isinstance(environments.value, dict) else ():
        for section, kind in SECTIONS.items() if isinstance(block.value, dict) else ():
            values = block.get(section)
            for key, written in values.fields() if values and isinstance(values.value, dict) else ():
                if isinstance(written.value, dict):
                    yield Value(name, kind, Address(kind.name, to_nfc(key)), written)


def _report_undeclared(
    value: Value,
    declared: Mapping[Address, Written],
    instances: list[str] | None,
    unread: Mapping[Address, str],
    report: Report,
) -> None:
    address = value.address
    names = [each.name for each in declared if each.kind == address.kind]
    advice = advise(address.name, [*names, *(instances or ())], "correct the name, or remove the value")
    if (why := unread.get(address)) is not None:
        advice = why
    said = "which no manifest declares" if instances is None else "but its `for_each` has no entry with this key"
    message = f"`{value.environment}` has a value for `{address}`, {said}; {advice}"
    report.error(value.written.key_place, message)


def _check_fields(value: Value, base: Written, report: Report) -> None:
    """Reports errors in the fields that `value` sets for a resource in an environment that is not the chosen one.
    `base` is the entry of this resource in its manifest. The entry is checked after the fields of `value` replaced its
    fields. Fields with expressions are left out, because their values are not known.
    """
    if not isinstance(base.value, dict):
        return
    found = Report()
    file = shown(value.written.document.path)
    block = overlay(_without_expressions(base), _without_expressions(value.written), keeps_null=True)
    check(value.kind.entry, block, found)
    for each in found.diagnostics:
        if each.place is not None and each.place.file == file:
            report.error(each.place, each.message, value.address)


def _without_expressions(written: Written) -> Written:
    """Returns the mapping `written` without the fields that contain expressions. The copy has a document of its own, so
    that errors marked in the copy are not marked in `written`.
    """
    document = replace(written.document, bad=Paths(), wrong=Paths())
    value = {name: item for name, item in written.value.items() if name != FOR_EACH and not _has_expression(item)}
    return Written(document, written.path, value)


def _has_expression(value: Any) -> bool:
    return any(isinstance(each, str) and "${" in each for each in leaves(value))


class _Origins:
    """Finds the declarations of the resources that the settings file overrides. In the settings file, an environment of
    the project may override fields of a resource that a manifest declares. The method `describe` gets a place in such
    an override, and says which resource is overridden and where it is declared.
    """

    def __init__(self, every: tuple[Value, ...], declared: Mapping[Address, Written]) -> None:
        spans: dict[tuple[int, int], tuple[tuple[int, int], str]] = {}
        self._file = ""
        for value in every:
            instance = split_instance(value.address.name)
            base = declared.get(Address(value.kind.name, instance[0]) if instance else value.address)
            found = list(locate(value.written.document.node, value.written.path))
            if base is None or len(found) < len(value.written.path):
                continue
            self._file = shown(value.written.document.path)
            start, end = (found[-1][0] or found[-1][1]).start_mark, found[-1][1].end_mark
            text = f" (a value of `{value.environment}` for `{value.address}`, which is declared at {base.key_place})"
            spans.setdefault((start.line + 1, start.column + 1), ((end.line + 1, end.column + 1), text))
        self._starts = sorted(spans)
        self._ends = [spans[start] for start in self._starts]

    def describe(self, place: Place) -> str:
        """Returns a text about the override at a place in the settings file. The text names the overridden resource and
        the place where this resource is declared. The text is empty if there is no override at `place`.
        """
        if place.file != self._file:
            return ""
        index = bisect_right(self._starts, (place.line, place.column)) - 1
        if index < 0 or (place.line, place.column) >= self._ends[index][0]:
            return ""
        return self._ends[index][1]
