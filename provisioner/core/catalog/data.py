"""The contents of catalog.json, with their types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

BODY: Mapping[str, Any] = json.loads(
    files("provisioner.core.catalog").joinpath("catalog.json").read_text(encoding="utf-8"),
)

#: The day of the facts.
AS_OF = date.fromisoformat(BODY["as_of"])
#: When models are shut down, by name.
SHUTDOWN_DATES: Mapping[str, date] = {name: date.fromisoformat(day) for name, day in BODY["shutdown_dates"].items()}
#: The smallest `max_output_tokens`.
MIN_OUTPUT_TOKENS: int = BODY["min_output_tokens"]
#: The most characters in a function's description.
FUNCTION_DESCRIPTION: int = BODY["function_description"]
#: The extensions of files that are uploaded with the purpose `assistants`.
UPLOAD_EXTENSIONS: frozenset[str] = frozenset(BODY["upload_extensions"])


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """What OpenAI's structured outputs accept in a strict schema.

    `properties`, `levels` (objects inside each other), `enum_values` and `characters` (of the names of properties and
    definitions, and of texts in `enum` and `const`) count in the whole schema. One `enum` of more than `enum_many`
    texts has at most `enum_characters`. `formats` are the values of `format`. Of the keywords, `unsupported` are
    refused, sources disagree about the `disputed` ones, and `known` are accepted.
    """

    properties: int
    levels: int
    characters: int
    enum_values: int
    enum_many: int
    enum_characters: int
    formats: tuple[str, ...]
    unsupported: frozenset[str]
    disputed: frozenset[str]
    known: frozenset[str]


def _read_schema_rules(body: Mapping[str, Any]) -> SchemaRules:
    sets = {name: frozenset(body[name]) for name in ("unsupported", "disputed", "known")}
    return SchemaRules(**{**body, **sets, "formats": tuple(body["formats"])})


SCHEMA_RULES = _read_schema_rules(BODY["schemas"])
