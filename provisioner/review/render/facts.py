"""Short facts about a resource, which are shown beside its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.openai_api.targets import TARGET_OF
from provisioner.review.render.units import plural, size


def facts(type_: str, fields: Mapping[str, Any]) -> str:
    """95.7 kB; 2 files; responses, gpt-6-luna. Empty where nothing is. `type_` names the collection."""
    if type_ == "file" and "bytes" in fields:
        return size(int(fields["bytes"]))
    if type_ == "vector_store" and "files" in fields:
        return plural(len(fields["files"]), "file")
    if type_ == "environment_template":
        return "environment template"
    target = TARGET_OF.get(type_)
    return ", ".join(str(each) for each in (target, fields.get("model")) if each)
