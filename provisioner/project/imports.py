"""Adds the import that the command line names to the resources of a project."""

from __future__ import annotations

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.resource import Import, Resource
from provisioner.engine.snapshot import read_state
from provisioner.manifest.resources.imports import find_problem
from provisioner.project.wiring import Project


def with_import(project: Project, text: str, id: str) -> tuple[Resource, ...]:
    """Returns the resources of the project with one import added. With the import, the resource at the address `text`
    adopts the object with the id `id`.

    Raises UsageError if no manifest declares the address, if the state has a record for the address, if the id is not
    of the resource's type, or if objects of this type cannot be imported.
    """
    address = Address.parse(text)
    resource = next((each for each in project.manifest.resources if each.address == address), None)
    if resource is None:
        raise UsageError(f"no manifest declares {address}", hint="declare it first; the import fills nothing in")
    state = read_state(project.backend, project.engine.identity)
    record = None if state is None else state.records.get(address)
    if record is not None and record.id == id:
        raise UsageError(
            f"{id} is recorded as {address} already, so there is nothing to import; nothing was changed",
            hint="`provision plan` shows whether it differs from the manifest",
        )
    if record is not None:
        raise UsageError(
            f"{address} is recorded as {record.id} already; nothing was changed",
            hint=f"import {id} to another address, or forget {record.id} first: provision state rm '{address}'",
        )
    if (problem := find_problem(resource, id)) is not None:
        raise UsageError(f"{problem}; nothing was changed")
    imported = replace(resource, imported=Import(id))
    return tuple(imported if each is resource else each for each in project.manifest.resources)
