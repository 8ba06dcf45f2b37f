"""Where state and journal are kept and locked."""

from __future__ import annotations

from provisioner.backends.backend import Backend, Journal, Owner
from provisioner.backends.local import LocalBackend

__all__ = ["Backend", "Journal", "LocalBackend", "Owner"]
