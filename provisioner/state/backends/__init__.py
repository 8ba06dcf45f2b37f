"""Defines the backends: the places where a state and its journal are stored and locked."""

from __future__ import annotations

from provisioner.state.backends.backend import Backend, Journal, Owner
from provisioner.state.backends.local import LocalBackend
from provisioner.state.backends.opening import open_backend

__all__ = ["Backend", "Journal", "LocalBackend", "Owner", "open_backend"]
