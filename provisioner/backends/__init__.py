"""Where state and journal are kept and locked."""

from __future__ import annotations

from provisioner.backends.backend import Backend, Journal, Owner
from provisioner.backends.local import LocalBackend
from provisioner.backends.opening import open_backend

__all__ = ["Backend", "Journal", "LocalBackend", "Owner", "open_backend"]
