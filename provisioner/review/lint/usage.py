"""Checks the rules `unused-resource`, `store-without-expiry` and `store-description`. They find resources that nothing
uses, and vector stores whose settings cause costs or an unexpected replacement.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.addresskind import FILE_KIND, VECTOR_STORE_KIND
from provisioner.core.finding import Finding, finding
from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.core.resource import Resource
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.files.referenced_files import PURPOSE
from provisioner.manifest.sources import Sources


def find_unused(resources: tuple[Resource, ...], sources: Sources) -> Iterator[Finding]:
    """Yields a finding for each declared vector store, skill, file, fragment of instructions and tool that no other
    resource uses. A file is checked only if its purpose is `assistants`, because applications use files with other
    purposes directly.
    """
    used = _used(resources)
    for kind in filter(lambda kind: kind.unused, ADDRESS_KINDS.values()):
        for declaration in sources.declared.of(kind.name).values():
            if str(declaration.address) in used:
                continue
            if kind is VECTOR_STORE_KIND and declaration.written.get("expires_after") is None:
                message = "this store never expires, and no assistant searches it; add `expires_after`, or remove it"
                yield _finding("store-without-expiry", message, declaration)
            elif kind is not FILE_KIND or _is_ours(declaration):
                yield _finding("unused-resource", f"{kind.unused}; use it, or remove it", declaration)


def find_described(sources: Sources) -> Iterator[Finding]:
    """Yields a finding for each vector store with a description. The API accepts a description only when the store is
    created. So a later change of the description creates a new store.
    """
    for declaration in sources.declared.of(VECTOR_STORE_KIND.name).values():
        description = declaration.written.get("description")
        if description is not None and description.value:
            address = declaration.address
            message = (
                "`description` can be set only when a store is created, so an edit replaces the store and indexes all "
                "its files again; leave this text as it is, or leave it out and use `name` or `metadata`"
            )
            yield finding("store-description", message, description.key_place, address, subject=str(address))


def _used(resources: tuple[Resource, ...]) -> set[str]:
    needed = {str(address) for resource in resources for address in resource.needs}
    return needed | {source for resource in resources for source in resource.sources}


def _is_ours(declaration: Declaration) -> bool:
    purpose = declaration.written.get("purpose")
    return purpose is None or purpose.value == PURPOSE


def _finding(rule: str, message: str, declaration: Declaration) -> Finding:
    address = declaration.address
    return finding(rule, message, declaration.written.key_place, address, subject=str(address))
