"""Completes states of older versions of provision, which did not record how a replaced file was made. The data are
needed to recognise the file before it is deleted.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.state.records import Origin, State


def with_origins(state: State) -> State:
    """Returns a copy of `state` with an `Origin` (data about how an object was made) for each replaced file that waits
    for its deletion and has none. Older versions of provision recorded no origins. A state with a digest was written by
    a newer version and is returned unchanged.

    The origin contains only the file's name, which is taken from the present record of the address, or from the
    address.
    """
    if state.claim is not None:
        return state
    missing = [entry for entry in state.retired if entry.type == FILE.name and entry.id not in state.origins]
    found = {entry.id: Origin(filename=_called(state, entry.address)) for entry in missing}
    return replace(state, origins={**state.origins, **found}) if found else state


def _called(state: State, address: Address) -> str:
    record = state.records.get(address)
    filename = record.inputs.get("filename") if record is not None else None
    return str(filename or PurePosixPath(address.name).name)
