"""The JSON Schema of exported files."""

from __future__ import annotations

import json

from provisioner.review.export.json_export import json_schema
from provisioner.review.render.output import LISTED


def render_export_schema() -> str:
    """The text of docs/export.schema.json."""
    return json.dumps(json_schema([kind.section for kind in LISTED if kind.section != "assistants"]), indent=2) + "\n"
