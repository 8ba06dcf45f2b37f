"""Stores with little patience, so that nobody waits long for a server that is gone."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.backends.gitstore import GitStore
from provisioner.backends.objectstore import ObjectStore
from provisioner.backends.postgres import PostgresStore
from provisioner.backends.store import Store

STORES: dict[str, Callable[[str, float], Store]] = {"git": GitStore, "postgresql": PostgresStore}


def hasty(url: str, seconds: float) -> Store:
    """A store that gives its server up after so many seconds."""
    return STORES.get(url.partition(":")[0], ObjectStore)(url, seconds)
