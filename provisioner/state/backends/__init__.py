"""Defines the backends: the places where a state and its journal are stored and locked.

The names are imported when they are first used, because commands that only check manifests open no backend.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioner.state.backends.backend import Backend, Journal, Owner
    from provisioner.state.backends.local import LocalBackend
    from provisioner.state.backends.opening import open_backend

_MODULES = {
    "Backend": "backend",
    "Journal": "backend",
    "Owner": "backend",
    "LocalBackend": "local",
    "open_backend": "opening",
}

__all__ = ["Backend", "Journal", "LocalBackend", "Owner", "open_backend"]


def __getattr__(name: str) -> Any:
    """Imports the module that defines `name`, and returns the value of the name. Raises AttributeError for an unknown
    name.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
