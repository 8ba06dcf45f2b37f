"""Makes the JSON Schema of settings and manifests, which editors use, from the models that check manifests."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from provisioner.core.kinds import KINDS
from provisioner.core.kinds.imported import ADAPTER as IMPORT_ADAPTER
from provisioner.core.kinds.imported import IMPORTS, SUMMARY
from provisioner.manifest.project_settings.settingsmodel import ADAPTER

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Returns one JSON Schema (draft 2020-12) for all files: one with a `project:` field is checked as settings, every
    other one as a manifest.
    """
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = [("settings", "validation", ADAPTER)]
    adapters += [(kind.section, "validation", kind.adapter) for kind in KINDS]
    adapters.append((IMPORTS, "validation", IMPORT_ADAPTER))
    schemas, shared = TypeAdapter.json_schemas(adapters, ref_template="#/$defs/{model}")
    entries = {kind.section: schemas[kind.section, "validation"] for kind in KINDS}
    sections = {kind.section: _section(kind.summary, entries[kind.section]) for kind in KINDS}
    sections[IMPORTS] = {"type": ["array", "null"], "description": SUMMARY, "items": schemas[IMPORTS, "validation"]}
    definitions: dict[str, Any] = shared.get("$defs", {})
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
