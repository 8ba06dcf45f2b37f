"""Opens a project's settings, backend and encryption key, without its manifests, for commands that read the state.

An error in a manifest does not stop these commands, and no file of the project is hashed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event as Stop
from typing import TYPE_CHECKING

from msgspec import Struct

from provisioner.manifest import Settings, find
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import read_settings as read_settings_of_folder
from provisioner.project.command_options import Choice
from provisioner.project.journals import check_untracked
from provisioner.project.keys import find_seal
from provisioner.project.private_folder import private_folder
from provisioner.project.trusted_hosts import check_state
from provisioner.state.backends import Backend, open_backend
from provisioner.state.sealing import UNSEALED, Seal

if TYPE_CHECKING:
    from provisioner.engine.snapshot import Identity


class OpenSettings(Struct, frozen=True):
    """The settings for the chosen environment of the project, and the opened backend of its state.

    `seal` encrypts and decrypts plan files.
    """

    settings: Settings
    backend: Backend
    seal: Seal

    @property
    def identity(self) -> Identity:
        """Returns the project and the environment of the project to which the recorded objects belong. The account is
        empty, because no API is called.
        """
        from provisioner.engine.snapshot import Identity

        return Identity(self.settings.project, self.settings.environment, "")


@contextmanager
def open_settings(choice: Choice) -> Iterator[OpenSettings]:
    """Opens the chosen project's settings and the backend of its state, yields both, and closes the backend after the
    `with` block.

    Raises UsageError if no project is found or a key is missing, InvalidManifest if the settings have errors, and
    Blocked if git tracks the journal.
    """
    settings = read_settings(choice)
    seal = seal_of(settings, emulated=choice.emulator)
    with open_backend_of(settings, choice, seal, notify=lambda message: None) as backend:
        check_untracked(backend, os.environ)
        yield OpenSettings(settings, backend, seal)


@contextmanager
def open_backend_of(
    settings: Settings, choice: Choice, seal: Seal, *, notify: Callable[[str], None], stop: Stop | None = None
) -> Iterator[Backend]:
    """Opens the backend of the state that the settings name, yields it, and closes it after the `with` block. The
    backend stores the state and the journal.

    `seal` encrypts the state, and `notify` is called with messages for the user. Raises UntrustedHost if the state
    would be sent to a host that is not trusted, and UsageError if the location of the state is not valid.
    """
    place = state_of(settings, emulated=choice.emulator)
    backend = open_backend(
        place, settings.environment, lock_timeout=choice.lock_timeout, seal=seal, stop=stop, notify=notify
    )
    with closing(backend):
        yield backend


def read_settings(choice: Choice, environment: str | None = None) -> Settings:
    """Returns the settings of the chosen project for one of its environments. `environment` is the name of this
    environment; if it is None, the environment in `choice` is used.

    No manifest except the settings file is read. Raises UsageError if no project is found, and InvalidManifest if the
    settings have errors.
    """
    report = Report()
    settings = read_settings_of_folder(find(choice.folder).resolve(), environment or choice.environment, {}, report)
    report.finish()
    return settings


def state_of(settings: Settings, *, emulated: bool) -> str:
    """Returns the location of the state: a folder or a URL. If `emulated` is True, it is the location of the emulator's
    state. Raises UntrustedHost if the state would be sent to a host that is not trusted.
    """
    if emulated:
        return str(private_folder(settings.root) / "state")
    check_state(settings.state, os.environ, settings.root)
    return settings.state


def seal_of(settings: Settings, *, emulated: bool) -> Seal:
    """Returns the `Seal` that encrypts and decrypts the state. If `emulated` is True, the `Seal` does not encrypt,
    because the emulator's state is plain text. Raises UsageError if a key is missing.
    """
    return UNSEALED if emulated else find_seal(settings)
