"""Reads manifests, and makes resources from their entries. `find` finds the manifests folder, and `load` reads the
files in it.

The names are imported when they are first used, because commands that need only the settings are faster then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioner.manifest.loading import Manifest, load, load_whole
    from provisioner.manifest.project_settings.schema import json_schema
    from provisioner.manifest.project_settings.settings import Settings, find
    from provisioner.manifest.project_settings.starter import write_starter
    from provisioner.manifest.sources import Sources

_MODULES = {
    "Manifest": "loading",
    "load": "loading",
    "load_whole": "loading",
    "json_schema": "project_settings.schema",
    "Settings": "project_settings.settings",
    "find": "project_settings.settings",
    "write_starter": "project_settings.starter",
    "Sources": "sources",
}

__all__ = ["Manifest", "Settings", "Sources", "find", "json_schema", "load", "load_whole", "write_starter"]


def __getattr__(name: str) -> Any:
    """Returns the class or function `name` of this package, after importing the module that defines it. Raises
    AttributeError if there is no such name.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
