"""Reads manifests, and makes resources from their entries. `find` finds the manifests folder, and `load` reads the
files in it.
"""

from __future__ import annotations

from provisioner.manifest.loading import Manifest, load, load_whole
from provisioner.manifest.project_settings.schema import json_schema
from provisioner.manifest.project_settings.settings import Settings, find
from provisioner.manifest.project_settings.starter import write_starter
from provisioner.manifest.sources import Sources

__all__ = ["Manifest", "Settings", "Sources", "find", "json_schema", "load", "load_whole", "write_starter"]
