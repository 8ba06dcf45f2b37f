"""Computes a digest of the parts of the manifests that declare an assistant. If this digest changes, the pin of the
assistant ends: the assistant no longer keeps an earlier release. Also composes the message about a pin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import Ref, Resource, Template
from provisioner.state.records import digest


def manifest_digest(resource: Resource, template: Resource | None) -> str:
    """Returns the SHA-256 digest of an assistant and its environment template, as the manifests declare them: the type
    of the assistant, and the inputs of both, with addresses in place of ids. The setting `lifecycle` and the contents
    of files do not change the digest.
    """
    body = {"type": resource.type, "inputs": symbolic(resource.inputs)}
    return digest({**body, "template": None if template is None else symbolic(template.inputs)})


def symbolic(value: Any) -> Any:
    """Returns `value` in which each reference to a resource is replaced by the address of the resource."""
    if isinstance(value, Ref):
        ref = {"ref": str(value.address)}
        return ref if value.attribute == "id" else {**ref, "attribute": value.attribute}
    if isinstance(value, Template):
        return [symbolic(part) for part in value.parts]
    if isinstance(value, Mapping):
        return {key: symbolic(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [symbolic(item) for item in value]
    return value


def pinned_text(address: Address, number: int) -> str:
    """Returns the message that the assistant at `address` is pinned to the release `number`."""
    return (
        f"{address} is pinned to release {number} by a rollback, so what its manifest says is not applied; change the "
        f"manifest, or end the pin: provision rollback --release-pin {address}"
    )
