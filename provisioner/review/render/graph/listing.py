"""Converts a drawing to JSON, for programs. The format of the JSON is stable, and its version is in the field
`format_version`.
"""

from __future__ import annotations

import re
from typing import Any

from provisioner.core.text.safetext import SafeText
from provisioner.review.render.graph.drawing import Drawing
from provisioner.review.render.graph.words import is_unseen
from provisioner.review.render.json_text import FORMAT_VERSION, dumps

RARE = re.compile(r"[^\x00-\x7e\uac00-\ud7a3]")


def graph_json(drawing: Drawing) -> dict[str, Any]:
    """Returns the nodes and edges of a drawing as a JSON object. The `action` of a node is `no-op` if the plan leaves
    the resource unchanged. It is null for instructions and tools, and for all nodes if the drawing does not show a
    plan.
    """
    return {
        "format_version": FORMAT_VERSION,
        "nodes": [
            {
                "address": node.address,
                "kind": node.kind,
                "name": node.label,
                "note": node.note,
                "action": node.action.value if node.action else None,
            }
            for node in drawing.nodes
        ],
        "edges": [{"user": edge.user, "needed": edge.needed, "former": edge.former} for edge in drawing.edges],
    }


def graph_text(drawing: Drawing) -> SafeText:
    """Returns the drawing as JSON text. Invisible characters, and characters that UTF-8 cannot encode, are escaped."""
    text = dumps(graph_json(drawing))
    return SafeText(RARE.sub(lambda found: _escaped(found[0]) if is_unseen(found[0]) else found[0], text))


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
