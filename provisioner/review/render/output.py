"""Builds the output of `provision output` for applications: the ids of objects, and the definitions of assistants. A
definition contains the fields of a request to the Responses API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.address import Address, spell_addresses
from provisioner.core.addresskind import ObjectKind
from provisioner.core.objecttype import ENVIRONMENT_TEMPLATE, OBJECT_KINDS
from provisioner.core.target_names import TARGET_OF
from provisioner.core.text.visible import each_on_one_line
from provisioner.state.record_columns import Summary, summarize
from provisioner.state.records import Record, State

#: The kinds of objects that the output contains, in the order of the output.
LISTED = tuple(kind for kind in OBJECT_KINDS if kind.output is not None)


def output_json(state: State | None) -> dict[str, Any]:
    """Returns the ids and definitions that applications need, as a JSON object with one field for each kind of object
    in LISTED. An example is `{"assistants": {name: …}, "vector_stores": {name: {"id"}}, "files": {address: {"id"}}}`.

    The value of an assistant depends on the API that it is made for: `{"target": "responses", "release",
    "definition"}`, `{"target": "agents", "id", "environment_template_id"}` or `{"target": "assistants", "id"}`.
    `environment_template_id` is null if the assistant needs no environment template.
    """
    records = state.records if state else {}
    by_kind: dict[str, list[Summary]] = {kind.name: [] for kind in LISTED}
    for each in summarize(records):
        if each.address.kind in by_kind:
            by_kind[each.address.kind].append(each)
    found: dict[str, Any] = {}
    for kind in LISTED:
        listed = by_kind[kind.name]
        names = _names(kind, [each.address for each in listed])
        found[kind.section] = {name: _item(each, records) for name, each in zip(names, listed, strict=True)}
    return found


def output_text(body: dict[str, Any]) -> str:
    """Returns a text for people with one line for each object: its address or name, and its id. The line of an
    assistant also contains its target, and for the target `responses` the number of the release instead of an id. If
    there are no objects, returns a sentence that says so. `body` is the object that `output_json` returned.
    """
    lines = [
        f"{f'{kind.name}.{name}' if kind.output == 'name' else name}  {_line(item)}"
        for kind in LISTED
        for name, item in body[kind.section].items()
    ]
    return "\n".join(each_on_one_line(lines)) or "The state records nothing yet; `provision apply` fills it."


def _names(kind: ObjectKind, addresses: Sequence[Address]) -> list[str]:
    """Returns the names under which the output contains the objects at `addresses`, which have the kind `kind`."""
    return [address.name for address in addresses] if kind.output == "name" else spell_addresses(addresses)


def _item(each: Summary, records: Mapping[Address, Record]) -> dict[str, Any]:
    return _assistant(records[each.address], records) if each.type in TARGET_OF else {"id": each.id}


def _assistant(record: Record, records: Mapping[Address, Record]) -> dict[str, Any]:
    target = TARGET_OF[record.type]
    if target == "responses":
        return {"target": target, "release": record.release, "definition": dict(record.inputs)}
    if target == "agents":
        template = records.get(Address(ENVIRONMENT_TEMPLATE.kind.name, record.address.name))
        return {"target": target, "id": record.id, "environment_template_id": template.id if template else None}
    return {"target": target, "id": record.id}


def _line(item: dict[str, Any]) -> str:
    if "target" not in item:
        return str(item["id"])
    if item["target"] == "responses":
        return f"responses, release {item['release']}"
    template = item.get("environment_template_id")
    return f"{item['target']}, {item['id']}" + (f", template {template}" if template else "")
