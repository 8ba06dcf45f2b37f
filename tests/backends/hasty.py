"""Stores with little patience, so that nobody waits long for a server that is gone."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.state.backends.blob_store import BlobStore
from provisioner.state.backends.gitstore import GitStore
from provisioner.state.backends.objectstore import ObjectStore
from provisioner.state.backends.postgres import PostgresStore

STORES: dict[str, Callable[[str, float], BlobStore]] = {"git": GitStore, "postgresql": PostgresStore}


def hasty(url: str, seconds: float) -> BlobStore:
    """A store that gives its server up after so many seconds."""
    return STORES.get(url.partition(":")[0], ObjectStore)(url, seconds)
