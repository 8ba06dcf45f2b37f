"""Manifests: files that people write -> resources, with places. `find` the folder, `load` what is in it."""

from __future__ import annotations

from provisioner.manifest.loading import Manifest, load
from provisioner.manifest.schema import json_schema
from provisioner.manifest.settings import Settings, find
from provisioner.manifest.starter import write_starter

__all__ = ["Manifest", "Settings", "find", "json_schema", "load", "write_starter"]
