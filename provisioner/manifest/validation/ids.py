"""Checks ids of live objects that manifests name."""

from __future__ import annotations

from provisioner.core.objecttype import TYPES, ObjectType
from provisioner.state.shape import ID


def find_wrong_id(declared: ObjectType, id: str, expected: str) -> str | None:
    """Returns an error message if the form of `id` shows that it cannot be the id of an object of the type `declared`.
    Otherwise returns None. `expected` is the part of the message that says which object is expected.
    """
    if not ID.fullmatch(id):
        form = f"`{declared.id_prefix}…`"
        return f"`{id[:60]}` is no id of the type {declared.title}; write it as the API gives it, such as {form}"
    other = next((each for each in TYPES.values() if each.id_prefix and id.startswith(each.id_prefix)), declared)
    if other is declared:
        return None
    return (
        f"`{id[:60]}` is an id of the type {other.title}, and {expected}; "
        f"write an id that begins with `{declared.id_prefix}`"
    )
