"""The rules `unused-resource`, `store-without-expiry` and `store-description`."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.finding import Finding, finding
from provisioner.core.resource import Resource
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.referenced_files import PURPOSE
from provisioner.manifest.sources import Sources

WHO = {
    "file": "no store and no tool uses this file",
    "vector_store": "no assistant searches this store",
    "instructions": "no assistant's instructions use this fragment",
    "tool": "no assistant has this tool",
}


def find_unused(resources: tuple[Resource, ...], sources: Sources) -> Iterator[Finding]:
    """Declared resources that nothing uses. What an application uploads for other purposes, it uses itself."""
    used = _used(resources)
    for kind, words in WHO.items():
        for declaration in sources.declared.of(kind).values():
            if str(declaration.address) in used:
                continue
            if kind == "vector_store" and declaration.written.get("expires_after") is None:
                message = "this store never expires, and no assistant searches it; add `expires_after`, or remove it"
                yield _tell("store-without-expiry", message, declaration)
            elif kind != "file" or _is_ours(declaration):
                yield _tell("unused-resource", f"{words}; use it, or remove it", declaration)


def find_described(sources: Sources) -> Iterator[Finding]:
    """Yields vector stores with a description. It can be set only at creation, so an edit replaces the store."""
    for declaration in sources.declared.of("vector_store").values():
        description = declaration.written.get("description")
        if description is not None and description.value:
            address = declaration.address
            message = (
                "`description` can be set only when a store is created, so an edit replaces the store and indexes all "
                "its files again; leave this text as it is, or leave it out and use `name` or `metadata`"
            )
            yield finding("store-description", message, description.key_place, address, subject=str(address))


def _used(resources: tuple[Resource, ...]) -> set[str]:
    needed = {str(address) for resource in resources for address in resource.needs()}
    return needed | {source for resource in resources for source in resource.sources}


def _is_ours(declaration: Declaration) -> bool:
    purpose = declaration.written.get("purpose")
    return purpose is None or purpose.value == PURPOSE


def _tell(rule: str, message: str, declaration: Declaration) -> Finding:
    address = declaration.address
    return finding(rule, message, declaration.written.key_place, address, subject=str(address))
