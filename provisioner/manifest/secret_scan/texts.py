"""Collects the texts in manifests and resources, so that each text is searched for credentials once."""

from __future__ import annotations

from typing import Any

from provisioner.core.objecttype import FILE, TYPES
from provisioner.core.resource import Ref, Resource, Template


def texts_to_send(resource: Resource) -> dict[str, None]:
    """Returns the texts in the inputs of a resource as the keys of a mapping. Instructions are left out. Of the files
    of a vector store that provision uploads, the address and the digest are left out: the address is checked with the
    resource of the file, and provision has made the digest.
    """
    holding = TYPES[resource.type].members
    fields = {name: value for name, value in resource.inputs.items() if name not in ("instructions", holding)}
    texts = texts_in(fields)
    for member in (resource.inputs.get(holding) or {}).values() if holding else ():
        if not isinstance(member["file_id"], Ref):
            texts |= texts_in(member)
            continue
        for name, value in member.get("attributes", {}).items():
            texts[name] = None
            if isinstance(value, str) and name != "sha256":
                texts[value] = None
    return texts


def texts_in(value: Any) -> dict[str, None]:
    """Returns every text in a value, including the keys of mappings, as the keys of a mapping. A reference counts as a
    text with its address, except the reference to a file: the address of the file's resource is checked itself. If a
    mapping or list occurs several times, it is visited once.
    """
    found: dict[str, None] = {}
    ahead, seen = [value], set[int]()
    while ahead:
        each = ahead.pop()
        if isinstance(each, str):
            found[each] = None
        elif isinstance(each, dict):
            if id(each) not in seen:
                seen.add(id(each))
                for key, item in each.items():
                    if isinstance(key, str):
                        found[key] = None
                    if isinstance(item, str):
                        found[item] = None
                    else:
                        ahead.append(item)
        elif isinstance(each, list):
            if id(each) not in seen:
                seen.add(id(each))
                ahead += each
        elif isinstance(each, Ref):
            if each.address.kind != FILE.kind.name:
                found[str(each.address)] = None
        elif isinstance(each, Template):
            found["".join(part if isinstance(part, str) else "id" for part in each.parts)] = None
    return found
