"""Makes the JSON Schema of settings and manifests, which editors use, from the pydantic models that check manifests."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from provisioner.core.kinds import KINDS
from provisioner.core.kinds.sections import (
    INCLUDE,
    INCLUDE_SUMMARY,
    INCLUSION,
    LISTS,
    VARIABLE,
    VARIABLES,
    VARIABLES_SUMMARY,
)
from provisioner.manifest.project_settings.schema_expressions import allow_expressions, partial, with_for_each
from provisioner.manifest.project_settings.settingsmodel import SETTINGS

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
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = [("settings", "validation", SETTINGS.adapter)]
    adapters += [(kind.section, "validation", kind.entry.adapter) for kind in KINDS]
    adapters += [(section, "validation", listed.entry.adapter) for section, listed in LISTS.items()]
    adapters.append((VARIABLES, "validation", VARIABLE.adapter))
    adapters.append((INCLUDE, "validation", INCLUSION.adapter))
    schemas, shared = TypeAdapter.json_schemas(adapters, ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = shared.get("$defs", {})
    allow_expressions(definitions, LITERAL)
    entries = {kind.section: schemas[kind.section, "validation"] for kind in KINDS}
    sections = {
        kind.section: _section(kind.summary, with_for_each(entries[kind.section], definitions)) for kind in KINDS
    }
    for section, listed in LISTS.items():
        items = with_for_each(schemas[section, "validation"], definitions)
        sections[section] = {"type": ["array", "null"], "description": listed.summary, "items": items}
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
