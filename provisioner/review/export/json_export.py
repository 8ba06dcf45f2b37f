"""Renders the exported JSON file and its JSON Schema. Applications read the file with the function `load(name, path=…)`
of provision.
"""

from __future__ import annotations

from typing import Any

from provisioner.review.export.exported import MARK, Exported
from provisioner.review.render.json_text import dumps

FORMAT = 1
NAME: dict[str, Any] = {"type": "string", "minLength": 1}
ID: dict[str, Any] = {**NAME, "description": "The id at OpenAI."}


def render_json(exported: Exported) -> str:
    """Returns the text of the exported JSON file."""
    body = {
        "generated": f"{MARK}json`; do not edit.",
        "format": FORMAT,
        "project": exported.project,
        "environment": exported.environment,
        **exported.sections,
    }
    return f"{dumps(body)}\n"


def json_schema(sections: list[str]) -> dict[str, Any]:
    """Returns the JSON Schema of the exported JSON file. `sections` are the names of all sections except
    `assistants`.
    """
    listed = {"type": "object", "additionalProperties": {"$ref": "#/$defs/object"}}
    titles = {"vector_stores": "Vector stores by name.", "skills": "Skills by name.", "files": "Files by address."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What `provision export --format json` writes",
        "description": "The definitions and ids of one environment of a project. No secret is in it.",
        "type": "object",
        "required": ["format", "project", "environment", "assistants", *sections],
        "additionalProperties": False,
        "properties": {
            "generated": {"type": "string", "description": "Says that the file is generated."},
            "format": {"const": FORMAT, "description": "A program refuses a format that it does not know."},
            "project": NAME,
            "environment": NAME,
            "assistants": {
                "description": "Assistants by name.",
                "type": "object",
                "additionalProperties": {"oneOf": [_ref("definition"), _ref("agent"), _ref("assistant")]},
            },
            **{name: {"description": titles.get(name, name), **listed} for name in sections},
        },
        "$defs": {
            "object": _object({"id": ID}),
            "definition": _object(
                {
                    "target": {"const": "responses"},
                    "release": {"type": "integer", "minimum": 1, "description": "Increases with each other content."},
                    "definition": {
                        "description": "The arguments of `client.responses.create`. `{runtime: NAME}` stands for a "
                        "value that the application gives.",
                        "type": "object",
                        "required": ["tools"],
                        "properties": {
                            "model": {"type": "string"},
                            "instructions": {"type": "string"},
                            "tools": {"type": "array", "items": {"type": "object", "required": ["type"]}},
                        },
                    },
                }
            ),
            "agent": _object(
                {
                    "target": {"const": "agents"},
                    "id": ID,
                    "environment_template_id": {"type": ["string", "null"], "description": "Null: it needs none."},
                }
            ),
            "assistant": _object({"target": {"const": "assistants"}, "id": ID}),
        },
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "additionalProperties": False, "properties": properties}
