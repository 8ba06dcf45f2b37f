"""Makes the JSON Schema of settings and manifests, which editors use, from the pydantic models that check manifests."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from provisioner.core.kinds import KINDS
from provisioner.core.kinds.imported import ADAPTER as IMPORT_ADAPTER
from provisioner.core.kinds.imported import IMPORTS, SUMMARY
from provisioner.core.kinds.included import INCLUDE, INCLUDE_ADAPTER, INCLUDE_SUMMARY
from provisioner.core.kinds.readdressed import (
    MOVE_ADAPTER,
    MOVED,
    MOVED_SUMMARY,
    REMOVAL_ADAPTER,
    REMOVED,
    REMOVED_SUMMARY,
)
from provisioner.core.kinds.variable import ADAPTER as VARIABLE_ADAPTER
from provisioner.core.kinds.variable import SUMMARY as VARIABLES_SUMMARY
from provisioner.core.kinds.variable import VARIABLES
from provisioner.manifest.project_settings.schema_expressions import allow_expressions, partial, with_for_each
from provisioner.manifest.project_settings.settingsmodel import ADAPTER

#: The sections that are lists: how an entry is checked, and what the section is.
LISTS: dict[str, tuple[TypeAdapter[Any], str]] = {
    IMPORTS: (IMPORT_ADAPTER, SUMMARY),
    MOVED: (MOVE_ADAPTER, MOVED_SUMMARY),
    REMOVED: (REMOVAL_ADAPTER, REMOVED_SUMMARY),
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Definitions in which there are no expressions: those of the settings, and that of variables.
LITERAL = frozenset(
    {
        "SettingsModel",
        "EnvironmentSettings",
        "EncryptionModel",
        "KeyModel",
        "LintModel",
        "PricesModel",
        "VariableModel",
        "IncludeModel",
    }
)


def json_schema() -> dict[str, Any]:
    """Returns one JSON Schema (draft 2020-12) for settings and manifests. According to the schema, a file with a field
    `project:` contains settings, and any other file is a manifest.
    """
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = [("settings", "validation", ADAPTER)]
    adapters += [(kind.section, "validation", kind.adapter) for kind in KINDS]
    adapters += [(section, "validation", adapter) for section, (adapter, _) in LISTS.items()]
    adapters.append((VARIABLES, "validation", VARIABLE_ADAPTER))
    adapters.append((INCLUDE, "validation", INCLUDE_ADAPTER))
    schemas, shared = TypeAdapter.json_schemas(adapters, ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = shared.get("$defs", {})
    allow_expressions(definitions, LITERAL)
    entries = {kind.section: schemas[kind.section, "validation"] for kind in KINDS}
    sections = {
        kind.section: _section(kind.summary, with_for_each(entries[kind.section], definitions)) for kind in KINDS
    }
    for section, (_, summary) in LISTS.items():
        items = with_for_each(schemas[section, "validation"], definitions)
        sections[section] = {"type": ["array", "null"], "description": summary, "items": items}
    items = schemas[INCLUDE, "validation"]
    sections[INCLUDE] = {"type": ["array", "null"], "description": INCLUDE_SUMMARY, "items": items}
    variable = {"anyOf": [schemas[VARIABLES, "validation"], {"type": "null"}]}
    sections[VARIABLES] = _section(VARIABLES_SUMMARY, variable)
    for kind in KINDS:
        values = {"anyOf": [_section("", partial(entries[kind.section], definitions)), {"type": "null"}]}
        field = definitions["EnvironmentSettings"]["properties"][kind.section]
        definitions["EnvironmentSettings"]["properties"][kind.section] = {"description": field["description"], **values}
    anchors: dict[str, Any] = {"^x-": {}}
    definitions["SettingsModel"]["patternProperties"] = anchors
    return {
        "$schema": DIALECT,
        "title": "provision",
        "type": "object",
        "if": {"required": ["project"]},
        "then": {"$ref": "#/$defs/SettingsModel"},
        "else": {"properties": sections, "patternProperties": anchors, "additionalProperties": False},
        "$defs": definitions,
    }


def _section(summary: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["object", "null"], "description": summary, "additionalProperties": entry}
