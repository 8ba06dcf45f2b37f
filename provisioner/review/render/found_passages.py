"""Renders the passages that a search in a vector store found, as text and as JSON. A passage is a part of the text of a
file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from provisioner.core.text.redaction import redact
from provisioner.core.text.visible import on_one_line
from provisioner.openai_api.turns.events import Hit
from provisioner.review.render.json_text import FORMAT_VERSION
from provisioner.review.render.lint_json import encodable
from provisioner.review.render.style import Style
from provisioner.review.render.units import plural

#: The most characters of a passage that the text shows, unless it is unfolded.
SHOWN = 400


def passages_text(hits: Sequence[Hit], style: Style, *, unfolded: bool = False) -> str:
    """Returns the result of a search as text. `hits` are the found passages, which are parts of files. For each
    passage, one line contains its score, file and attributes, and the next line contains the passage itself. If
    `unfolded` is False, long passages are shortened.
    """
    blocks = []
    for hit in hits:
        score = "     " if hit.score is None else f"{hit.score:.3f}"
        attributes = json.dumps(hit.attributes, ensure_ascii=False) if hit.attributes else ""
        head = f"{style.paint(score, 'green')} {_safe(hit.filename or hit.file_id)} {_safe(attributes)}".rstrip()
        passage = " ".join(hit.text.split())
        if len(passage) > SHOWN and not unfolded:
            passage = f"{passage[:SHOWN]}…"
        blocks.append(f"{head}\n      {_safe(passage)}")
    return "\n".join([*blocks, f"{plural(len(hits), 'passage')} found."])


def passages_json(query: str, store: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """Returns the result of a search as a JSON object. It contains the query, the name of the vector store (`store`),
    and the found passages, which are parts of files. The passages are in the order of `hits`.
    """
    return {
        "format_version": FORMAT_VERSION,
        "store": encodable(store),
        "query": encodable(query),
        "hits": [
            {
                "score": hit.score,
                "file_id": encodable(hit.file_id),
                "filename": encodable(hit.filename),
                "attributes": dict(hit.attributes),
                "text": encodable(hit.text),
            }
            for hit in hits
        ],
    }


def _safe(text: str) -> str:
    return on_one_line(redact(text))
