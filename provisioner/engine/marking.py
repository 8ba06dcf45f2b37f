"""Makes the fields of updates that write or remove the ownership mark of an object. The mark is in the object's
metadata or name. It contains the project, the environment of the project, and the object's address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.objecttype import MarkPlace
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import MARK_KEYS, OWNER_KEY, Live
from provisioner.openai_api.targets.agents import TEMPLATE_KEY
from provisioner.state.records import Record

#: All metadata keys that provision writes: those of the mark, and the id of an agent's environment template.
OWN_KEYS = (*MARK_KEYS, TEMPLATE_KEY)


def mark_fields(record: Record, owner: str, collection: Collection, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of an update that write the address of `record` into the ownership mark of its object.

    `owner` is `project/environment`. `metadata` are further metadata keys to send. The other parts of the mark do not
    change. If the mark is in the object's name, it also contains the id of an operation. If this id is not known, the
    result is empty.
    """
    owned_by = f"{owner}/{record.address}"
    if collection.declared.mark is MarkPlace.METADATA:
        return {"metadata": {**metadata, OWNER_KEY: owned_by}}
    mark = collection.mark_of(Live(record.id, record.echo))
    operation = record.operation or (mark.operation if mark is not None else "")
    return {"name": f"{owned_by} {operation}"} if operation else {}


def unmarked_fields(
    address: Address, live: Live, collection: Collection, former_name: str = "", *, adopted: bool = False
) -> dict[str, Any]:
    """Returns the fields of an update that remove the ownership mark from the object `live`. The result is empty if the
    object has no mark.

    If `adopted` is True, the fields also remove all other metadata keys that provision writes. If it is False, an agent
    keeps the id of its environment template in its metadata, so that `provision pull` finds both together.

    If the mark is in the object's name, the update restores `former_name`, the name before provision adopted the
    object. If `former_name` is empty, the update writes the name in `address`.
    """
    if collection.mark_of(live) is None:
        return {}
    if collection.declared.mark is MarkPlace.METADATA:
        there = live.fields.get("metadata") or {}
        removed = OWN_KEYS if adopted else MARK_KEYS
        return {"metadata": {key: value for key, value in there.items() if key not in removed}}
    return {"name": former_name or address.name.replace("/", "-")}
