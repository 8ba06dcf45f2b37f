"""Opens backends and reads input for the subcommands of `provision state` that read, replace or move whole states."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.terminal import screen
from provisioner.core.errors import InvalidManifest, ProvisionError, StateError, UsageError
from provisioner.core.exitcode import ExitCode
from provisioner.core.files.named import read_named
from provisioner.manifest.project_settings.layers import DEFAULT
from provisioner.project.command_options import Choice
from provisioner.project.settings import open_backend_of, read_settings, seal_of, state_of
from provisioner.state.backends import Backend, open_backend
from provisioner.state.records import State
from provisioner.state.sealing import UNSEALED
from provisioner.state.shape import MOST_OF_SERIALS


@contextmanager
def keeping(
    context: click.Context, command: str | None = None, *, reading: bool = True, listing: bool = False
) -> Iterator[Backend]:
    """Opens the project's backend (the place where the state is stored), yields it, and closes it afterwards. If
    `command` is given, the lock is held during the `with` block, and `command` is stored in the lock as the owner's
    command.

    If `reading` is False, the states are not decrypted, so no key is needed. If `listing` is True, only the list of
    states is needed, so a missing key is not an error.
    """
    choice = chosen_by(context)
    settings = read_settings(choice)
    seal = UNSEALED
    if reading or listing:
        try:
            seal = seal_of(settings, emulated=choice.emulator)
        except ProvisionError:
            if not listing:
                raise
    with (
        open_backend_of(settings, choice, seal, notify=screen().note) as backend,
        backend.lock(command) if command else nullcontext(),
    ):
        yield backend


@contextmanager
def moving(context: click.Context, url: str) -> Iterator[tuple[Backend, Backend]]:
    """Opens two backends (places where states are stored) and yields both: the project's present backend and the
    backend at `url`. Both use the same environment of the project and the same key. Both locks are held during the
    `with` block.
    """
    choice = chosen_by(context)
    settings = read_settings(choice)
    seal = seal_of(settings, emulated=choice.emulator)
    other = open_backend(url, settings.environment, seal=seal, notify=screen().note)
    with (
        open_backend_of(settings, choice, seal, notify=screen().note) as source,
        closing(other) as target,
        source.lock("state migrate"),
        target.lock("state migrate"),
    ):
        yield source, target


def left_behind(context: click.Context, url: str) -> list[str]:
    """Returns the names of the other environments of the project whose states still have to be moved to `url`. Their
    states are in the same backend as the state of the present environment, and `url` does not contain them yet.
    """
    choice = chosen_by(context)
    settings = read_settings(choice)
    names = [name for name in (*settings.environments, DEFAULT) if name != settings.environment]
    place = state_of(settings, emulated=choice.emulator)
    shared = [name for name in dict.fromkeys(names) if _is_kept_in(place, name, choice)]
    return [name for name in shared if _holds_state(place, name) and not _holds_state(url, name)]


def _is_kept_in(place: str, environment: str, choice: Choice) -> bool:
    """Returns whether `environment`, an environment of the project, keeps its state in `place`. `place` is a folder or
    a URL. `choice` contains the values of the global options. Returns True if the settings of `environment` cannot be
    read.
    """
    try:
        return state_of(read_settings(choice, environment), emulated=choice.emulator) == place
    except (InvalidManifest, UsageError):
        return True


def _holds_state(place: str, environment: str) -> bool:
    """Returns whether `place` contains a state or a journal (operations in progress) of `environment`, an environment
    of the project. `place` is a folder or a URL. Returns True also if the state or the journal cannot be read.
    """
    with closing(open_backend(place, environment, notify=screen().note)) as backend:
        try:
            return backend.read() is not None or bool(backend.read_journal())
        except StateError:
            return True


def recollect(context: click.Context) -> ExitCode:
    """Makes a new index of the assistants' releases, in place of an index that cannot be opened or does not exist.
    Prints where the former index is kept, and how many releases the new index has.
    """
    from provisioner.engine.state_transfer import rebuild_releases

    with keeping(context, "state rebuild --releases") as backend:
        found, shown = rebuild_releases(backend), screen()
    if found.aside is not None:
        shown.note(f"The former index is kept as {found.aside}.")
    if found.gaps:
        shown.note(f"warning: {found.gaps}")
    releases = "1 release" if found.count == 1 else f"{found.count} releases"
    shown.say(f"The new index of releases has {releases}. Next: provision history")
    return ExitCode.DONE


def warn_of(backend: Backend, state: State) -> None:
    """Prints a warning on stderr if a plan would refuse `state`, which was just read from the backend: it is older than
    the history, was changed outside of provision, belongs to another lineage, does not continue the last known state,
    or contains a definition that differs from its release. Raises StateError if the journal cannot be read.
    """
    from provisioner.engine.continuity import examine

    found = examine(backend, state, backend.read_journal())
    if found.trouble:
        screen().note(f"warning: {found.trouble}")


def read_text(path: Path) -> str:
    """Returns the text of a file, or of standard input if `path` is `-`. Raises UsageError if the text
    cannot be read.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else read_named(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="`provision state pull > FILE` writes one") from error


def read_serial(text: str) -> int:
    """Returns the serial number that `text` contains. Raises UsageError if `text` is not a number."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_OF_SERIALS))):
        raise UsageError(f"`{text}` is no serial", hint="`provision state history` lists those that are kept")
    return int(text)
