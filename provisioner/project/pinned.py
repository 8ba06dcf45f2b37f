"""Finds the assistants that a rollback has pinned, for `provision lint`. A pinned assistant keeps the content of one
release, whatever its manifest says.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ProvisionError
from provisioner.manifest import Manifest
from provisioner.planning.pins import manifest_digest, pinned_text
from provisioner.project.command_options import Choice
from provisioner.project.settings import open_settings
from provisioner.state.backends.opening import is_remote
from provisioner.state.folding import fold
from provisioner.state.journal import deltas
from provisioner.state.records import State
from provisioner.state.releases.content import template_address

#: The rule of lint that reports pinned assistants.
RULE = "pinned"


def find_pinned(choice: Choice, manifest: Manifest, *, offline: bool) -> tuple[Diagnostic, ...]:
    """Returns a message for each assistant that keeps the content of one release instead of the content in its
    manifest. If `offline` is True, a remote state is not read.

    The result is empty if the state cannot be read, because `provision lint` must also work without the credentials for
    the state.
    """
    if offline and not choice.emulator and is_remote(manifest.settings.state):
        return ()
    try:
        with open_settings(choice) as opened:
            entries, state = opened.backend.read_journal(), opened.backend.read()
    except ProvisionError:
        return ()
    return () if state is None else tuple(_pinned(manifest, fold(state, deltas(entries))))


def _pinned(manifest: Manifest, state: State) -> Iterator[Diagnostic]:
    desired = {each.address: each for each in manifest.resources}
    for address, resource in desired.items():
        record = state.records.get(address)
        if record is None or record.pinned is None:
            continue
        if record.pinned.manifest == manifest_digest(resource, desired.get(template_address(address))):
            message = pinned_text(address, record.pinned.release)
            yield Diagnostic("info", message, resource.place, str(address), rule=RULE)
