"""What applications need to know: ids and definitions."""

from __future__ import annotations

from typing import Any

from provisioner.core.address import Address
from provisioner.core.text.visible import on_one_line
from provisioner.openai_api.targets import TARGET_OF
from provisioner.state.records import Record, State


def output_json(state: State | None) -> dict[str, Any]:
    """`{"assistants": {name: …}, "vector_stores": {name: {"id"}}, "files": {address: {"id"}}}`.

    An assistant is `{"target": "responses", "release", "definition"}`, `{"target": "agents", "id",
    "environment_template_id"}` (null where it needs none), or `{"target": "assistants", "id"}`.
    """
    records = dict(sorted(state.records.items())) if state else {}
    return {
        "assistants": {
            address.name: _assistant(record, records)
            for address, record in records.items()
            if address.kind == "assistant"
        },
        "vector_stores": {
            address.name: {"id": record.id} for address, record in records.items() if address.kind == "vector_store"
        },
        "files": {str(address): {"id": record.id} for address, record in records.items() if address.kind == "file"},
    }


def output_text(body: dict[str, Any]) -> str:
    """The ids, a line each."""
    lines = [f"assistant.{name}  {_line(item)}" for name, item in body["assistants"].items()]
    lines += [f"vector_store.{name}  {item['id']}" for name, item in body["vector_stores"].items()]
    lines += [f"{address}  {item['id']}" for address, item in body["files"].items()]
    return "\n".join(map(on_one_line, lines)) or "The state records nothing yet; `provision apply` fills it."


def _assistant(record: Record, records: dict[Address, Record]) -> dict[str, Any]:
    target = TARGET_OF[record.type]
    if target == "responses":
        return {"target": target, "release": record.release, "definition": dict(record.inputs)}
    if target == "agents":
        template = records.get(Address("environment", record.address.name))
        return {"target": target, "id": record.id, "environment_template_id": template.id if template else None}
    return {"target": target, "id": record.id}


def _line(item: dict[str, Any]) -> str:
    if item["target"] == "responses":
        return f"responses, release {item['release']}"
    template = item.get("environment_template_id")
    return f"{item['target']}, {item['id']}" + (f", template {template}" if template else "")
