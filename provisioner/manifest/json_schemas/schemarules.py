"""Checks JSON Schemas of functions and structured outputs against those rules of OpenAI that apply with and without
`strict: true`.

The rules come from public reports of the API's error `Invalid schema for function …`. If the reports disagree, a schema
gets a warning instead of an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from provisioner.manifest.json_schemas.schematree import APPLIED, Flaw, Node, nodes, resolve
from provisioner.manifest.validation.nearest import advise, enumerate_names

#: Keywords that the outermost schema may not have, even beside `type: object`.
ROOT_REFUSED = ("$ref", "oneOf", "anyOf", "allOf", "enum", "not")
#: Keywords that some models refuse even without `strict`.
COMPOSED = {
    "oneOf": "write `anyOf`",
    "allOf": "write its parts out in one schema",
    "not": "say in the description what is not allowed",
}
#: Keywords that each say what a value is. All models understand only `type`.
TELLING = ("type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", "not", "properties", "items")
#: The largest number of definitions in which a similar name is searched for a reference that leads nowhere.
SUGGESTED_DEFINITIONS = 50
WRITE_OBJECT = "write `type: object` with `properties`"


def find_refused(schema: dict[str, Any], *, strict: bool, optional: bool = True) -> Iterator[Flaw]:
    """Yields the flaws because of which OpenAI would refuse a schema that is valid JSON Schema. A flaw that some
    models, or the API in some cases, may accept is a warning. `strict` says whether the schema is used with `strict:
    true`. The module `strictschemas` checks the additional rules for such schemas.

    `optional` says that a manifest may omit the schema. Then an error about an empty schema advises the user to omit
    it.
    """
    yield from _root_flaws(schema, optional=optional)
    ends: dict[str, bool] = {}
    for node in nodes(schema):
        yield from _array_flaws(node)
        yield from _reference_flaws(node, schema, ends)
        yield from _required_flaws(node, strict=strict)
        if not strict:
            yield from _composed_flaws(node)
            yield from _untyped_flaws(node)


def _root_flaws(schema: dict[str, Any], *, optional: bool) -> Iterator[Flaw]:
    refused = [key for key in ROOT_REFUSED if key in schema]
    for key in refused:
        advice = "move what it refers to here" if key == "$ref" else "move the choice into a property"
        message = f"the outermost schema is refused with `{key}`; {WRITE_OBJECT}, and {advice}"
        yield Flaw((key,), message)
    if not schema:
        advice = ", or leave it out" if optional else ", and a property for each value of the answer"
        yield Flaw((), f"this schema is empty; write `type: object` and `properties: {{}}`{advice}")
    elif "type" not in schema and not refused:
        yield Flaw((), "the outermost schema has no `type`; write `type: object`")
    elif schema.get("type", "object") != "object":
        yield Flaw(("type",), "the outermost schema is an object's; write `type: object`")


def _array_flaws(node: Node) -> Iterator[Flaw]:
    if node.path and "array" in node.types and "items" not in node.fields:
        beside = " beside `prefixItems`" if "prefixItems" in node.fields else ""
        message = f"an array needs `items`{beside}; write what is in it, such as `items: {{type: string}}`"
        yield Flaw(node.path, message)
    if isinstance(node.fields.get("enum"), list) and not node.fields["enum"]:
        yield Flaw((*node.path, "enum"), "this `enum` has no values; write at least one, or remove it")


def _reference_flaws(node: Node, schema: dict[str, Any], ends: dict[str, bool]) -> Iterator[Flaw]:
    """Yields a flaw if the `$ref` of the node leads to nothing in `schema`, or back to itself. `ends` caches the
    results of `_ends`, keyed by reference.
    """
    if "$ref" not in node.fields:
        return
    reference, path = str(node.fields["$ref"]), (*node.path, "$ref")
    if resolve(schema, reference) is None:
        known = [f"#/{key}/{name}" for key in ("$defs", "definitions") for name in schema.get(key) or ()]
        advice = "write the definition under `$defs` in this schema, and `#/$defs/NAME` here"
        advice = advise(reference, known, advice) if len(known) <= SUGGESTED_DEFINITIONS else advice
        yield Flaw(path, f"`{reference[:80]}` leads to nothing in this schema; {advice}")
    elif not _ends(schema, reference, ends):
        yield Flaw(path, "this reference leads back to itself; write a schema in one of its definitions")


def _ends(schema: dict[str, Any], reference: str, ends: dict[str, bool]) -> bool:
    """Returns False if a reference leads back to itself, directly or through definitions that are only other
    references. Otherwise returns True, also if the last of these references leads to nothing. `ends` caches the
    results, keyed by reference.
    """
    passed: dict[str, None] = {}
    while reference not in ends and reference not in passed:
        passed[reference] = None
        target = resolve(schema, reference)
        if not isinstance(target, dict) or set(target) != {"$ref"}:
            ends[reference] = True
            break
        reference = str(target["$ref"])
    found = ends.get(reference, False)
    ends.update(dict.fromkeys(passed, found))
    return found


def _required_flaws(node: Node, *, strict: bool) -> Iterator[Flaw]:
    """Yields a flaw for each name in `required` that is not a property of the schema `node`.

    Without `strict`, a name is not a flaw if the property may be declared in another place, for example outside of the
    `anyOf` that contains this schema.
    """
    required, properties = node.fields.get("required"), node.fields.get("properties")
    if not isinstance(required, list):
        return
    elsewhere = properties is None and node.keyword in APPLIED
    others = isinstance(node.fields.get("additionalProperties"), dict) or "patternProperties" in node.fields
    if not strict and (elsewhere or others or any(key in node.fields for key in APPLIED)):
        return
    known = properties or {}
    for index, name in enumerate(required):
        if name not in known:
            have = f"there are {enumerate_names(islice(known, 10))}" if known else "there are no `properties`"
            message = f"`required` names `{name[:60]}`, which is no property here ({have}); add it, or take it away"
            yield Flaw((*node.path, "required", index), message, "error" if strict else "warning")


def _composed_flaws(node: Node) -> Iterator[Flaw]:
    for key, advice in COMPOSED.items():
        if key in node.fields and node.path:
            message = f"`{key}` is refused by some models, and always where `strict` is true; {advice}"
            yield Flaw((*node.path, key), message, "warning")


def _untyped_flaws(node: Node) -> Iterator[Flaw]:
    if node.keyword == "properties" and not any(key in node.fields for key in TELLING):
        message = f"the property `{str(node.path[-1])[:60]}` has no `type`; write one, such as `type: string`"
        yield Flaw(node.path, message, "warning")
