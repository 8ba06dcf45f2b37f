"""Reads catalog.json, and declares the types of its contents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any

from msgspec import Struct

BODY: Mapping[str, Any] = json.loads(
    files("provisioner.core.catalog").joinpath("catalog.json").read_text(encoding="utf-8"),
)

#: The date on which the facts in catalog.json were correct.
AS_OF = date.fromisoformat(BODY["as_of"])
#: The date on which each model is shut down, by the model's name.
SHUTDOWN_DATES: Mapping[str, date] = {name: date.fromisoformat(day) for name, day in BODY["shutdown_dates"].items()}
#: The smallest value of `max_output_tokens` that the API accepts.
MIN_OUTPUT_TOKENS: int = BODY["min_output_tokens"]
#: The largest number of characters in a function's description.
FUNCTION_DESCRIPTION: int = BODY["function_description"]
#: The extensions that files may have if they are uploaded with the purpose `assistants`.
UPLOAD_EXTENSIONS: frozenset[str] = frozenset(BODY["upload_extensions"])


class SchemaRules(Struct, frozen=True):
    """The API's rules for the schemas of structured outputs with `strict`.

    One whole schema may have at most `properties` properties, `levels` levels of nested objects, `enum_values` values
    in all its `enum`s, and `characters` characters. Only the characters in the names of properties and definitions, and
    in the texts in `enum` and `const`, are counted. If one `enum` has more than `enum_many` texts, these texts may have
    at most `enum_characters` characters in total. `formats` are the accepted values of the keyword `format`. The API
    refuses the keywords in `unsupported` and accepts those in `known`. Sources disagree about the keywords in
    `disputed`.
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
