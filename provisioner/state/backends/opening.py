"""Opens the backend that the setting `state:` of a project names."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from provisioner.core.distribution import install_extra
from provisioner.core.errors import UsageError
from provisioner.core.text.redaction import register_url
from provisioner.state.backends.url_display import without_credentials
from provisioner.state.sealing import UNSEALED, Seal

if TYPE_CHECKING:
    from provisioner.state.backends.backend import Backend
    from provisioner.state.backends.blob_store import BlobStore

#: The extra of provision and the library that a URL needs, by the URL's scheme.
EXTRAS = {
    "s3": ("s3", "obstore"),
    "gs": ("gs", "obstore"),
    "az": ("az", "obstore"),
    "postgresql": ("postgresql", "psycopg"),
}


def open_backend(
    state: str,
    environment: str,
    *,
    lock_timeout: float = 0.0,
    seal: Seal = UNSEALED,
    stop: Event | None = None,
    notify: Callable[[str], None] = lambda message: None,
) -> Backend:
    """Returns the backend for an environment of the project. `state` is the location of the backend: a folder or a URL.

    `environment` is the name of the environment of the project. `lock_timeout` is the longest wait for the lock, in
    seconds. `seal` encrypts the state and the journal if it has a key. When the lock is lost, `stop` is set, and
    `notify` is called with the reason. Raises UsageError if the URL is not supported or not allowed, or if the library
    for it is not installed.
    """
    register_url(state, is_from_settings=True)
    if not is_remote(state):
        from provisioner.state.backends.held_lock import Holding
        from provisioner.state.backends.local import LocalBackend

        return LocalBackend(Path(state), environment, lock_timeout, seal, Holding(stop or Event(), notify))
    from provisioner.state.backends.remote import RemoteBackend

    store = _open_store(state)
    return RemoteBackend(store, environment, notify=notify, lock_timeout=lock_timeout, stop=stop or Event(), seal=seal)


def is_remote(state: str) -> bool:
    """Returns whether `state` is a URL and not a folder."""
    return "://" in state or state.startswith("git:")


def _open_store(url: str) -> BlobStore:
    if url.startswith("git:"):
        from provisioner.state.backends.gitstore import GitStore

        return GitStore(url)
    scheme = url.partition("://")[0]
    if scheme not in EXTRAS:
        raise UsageError(
            f"no backend knows `{without_credentials(url)}`",
            hint="use a folder, s3://, gs://, az://, postgresql:// or git:REMOTE#BRANCH",
        )
    extra, library = EXTRAS[scheme]
    if find_spec(library) is None:
        raise UsageError(
            f"a state in `{scheme}://` needs {library}, which is not installed",
            hint=f"install the extra: {install_extra(extra)}",
        )
    if scheme == "postgresql":
        from provisioner.state.backends.postgres import PostgresStore

        return PostgresStore(url)
    from provisioner.state.backends.objectstore import ObjectStore

    return ObjectStore(url)
