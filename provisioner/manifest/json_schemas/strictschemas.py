"""Checks the rules for `strict: true`. OpenAI's structured outputs support only a part of JSON Schema, and limit the
size of a schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.core.catalog import AS_OF, SCHEMA_RULES
from provisioner.manifest.json_schemas.schemarules import COMPOSED, ROOT_REFUSED
from provisioner.manifest.json_schemas.schematree import Flaw, Node, nodes
from provisioner.manifest.validation.nearest import enumerate_names

#: Keywords of which, with `strict`, each schema of a value needs one.
TYPED = ("type", "$ref", "anyOf")
#: For keywords that `strict` does not support, advice about what to write instead.
INSTEAD = {
    **COMPOSED,
    "nullable": 'write `type: [string, "null"]`',
    "default": "say it in the description",
    "examples": "say them in the description",
    "minLength": "say it in the description, or write a `pattern`",
    "maxLength": "say it in the description, or write a `pattern`",
    "uniqueItems": "say it in the description",
    "prefixItems": "write an object with a property for each item",
    "patternProperties": "write a list of objects with a name and a value",
}
LEAVE_OUT = "or leave `strict` out"


def find_loose(schema: dict[str, Any]) -> Iterator[Flaw]:
    """Yields a flaw for each place at which a valid schema breaks the rules for `strict: true`."""
    for node in nodes(schema):
        yield from _object_flaws(node)
        yield from _type_flaws(node)
        yield from _keyword_flaws(node)
        yield from _format_flaws(node)
    yield from _limit_flaws(schema)


def _object_flaws(node: Node) -> Iterator[Flaw]:
    if not node.is_object:
        return
    if node.fields.get("additionalProperties") is not False:
        yield Flaw(node.path, f"`strict` needs `additionalProperties: false` on every object; add it, {LEAVE_OUT}")
    required = set(node.fields.get("required", ()))
    missing = [name for name in node.fields.get("properties") or {} if name not in required]
    if missing:
        yield Flaw(node.path, f"`strict` requires every property; add to `required`: {', '.join(missing)}")


def _type_flaws(node: Node) -> Iterator[Flaw]:
    is_value = node.path and node.keyword != "additionalProperties"
    is_described = any(key in node.fields for key in (*TYPED, *COMPOSED))
    if is_value and not is_described:
        yield Flaw(
            node.path, f"`strict` needs a `type` for every value; write one, such as `type: string`, {LEAVE_OUT}"
        )


def _keyword_flaws(node: Node) -> Iterator[Flaw]:
    rules = SCHEMA_RULES
    if "$ref" in node.fields and node.path and len(node.fields) > 1:
        beside = [key for key in node.fields if key != "$ref"]
        message = f"`strict` allows nothing beside `$ref`; move {enumerate_names(beside)} into the definition"
        yield Flaw((*node.path, beside[0]), message)
        return
    for key in node.fields:
        path, shown = (*node.path, key), str(key)[:60]
        if key in rules.unsupported and (node.path or key not in ROOT_REFUSED):
            yield Flaw(path, f"`strict` does not allow `{shown}`; {INSTEAD.get(key, 'remove it')}, {LEAVE_OUT}")
        elif key in rules.disputed:
            advice = INSTEAD.get(key, "remove it")
            message = f"some of OpenAI's models refuse `{shown}` where `strict` is true, others ignore it; {advice}"
            yield Flaw(path, message, "warning")
        elif key not in rules.known and key not in rules.unsupported:
            advice = INSTEAD.get(key, "remove it")
            yield Flaw(path, f"`{shown}` is no keyword that `strict` is known to allow; {advice}", "warning")


def _format_flaws(node: Node) -> Iterator[Flaw]:
    written = node.fields.get("format")
    if isinstance(written, str) and written not in SCHEMA_RULES.formats:
        known = enumerate_names(SCHEMA_RULES.formats)
        message = f"`strict` does not know the format `{written[:60]}`; write one of {known}, or say it in a `pattern`"
        yield Flaw((*node.path, "format"), message)


def _limit_flaws(schema: dict[str, Any]) -> Iterator[Flaw]:
    """Yields a flaw for each limit of structured outputs that a schema exceeds. The limits are those in OpenAI's guide
    on the date `AS_OF`.
    """
    rules, properties, values, characters = SCHEMA_RULES, 0, 0, 0
    deep: Node | None = None
    for node in nodes(schema):
        fields = node.fields
        properties += len(fields.get("properties") or ())
        enum = fields.get("enum") if isinstance(fields.get("enum"), list) else []
        texts = [value for value in enum or () if isinstance(value, str)]
        values += len(enum or ())
        names = [*(fields.get("properties") or ()), *(fields.get("$defs") or ()), *(fields.get("definitions") or ())]
        const = fields.get("const")
        characters += sum(map(len, [*names, *texts, const if isinstance(const, str) else ""]))
        if node.is_object and node.level >= rules.levels and deep is None:
            deep = node
        if len(texts) > rules.enum_many and (size := sum(map(len, texts))) > rules.enum_characters:
            message = f"these {len(texts):,} values have {size:,} characters; more than {rules.enum_many} values"
            message += f" may have {rules.enum_characters:,} together"
            yield Flaw((*node.path, "enum"), f"{message}; shorten the list, {LEAVE_OUT}")
    if deep is not None:
        yield Flaw(deep.path, _beyond("levels of objects in each other", deep.level + 1, rules.levels))
    for what, count, most in (
        ("properties", properties, rules.properties),
        ("values of `enum`", values, rules.enum_values),
        ("characters in names and values", characters, rules.characters),
    ):
        if count > most:
            yield Flaw((), _beyond(what, count, most))


def _beyond(what: str, count: int, most: int) -> str:
    return (
        f"this schema has {count:,} {what}; `strict` allows {most:,} (OpenAI's limits as of {AS_OF}); "
        f"make it smaller, {LEAVE_OUT}"
    )
