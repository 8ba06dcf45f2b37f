"""Manifests: files that people write -> resources, with places. `find` the folder, `load` what is in it."""

from __future__ import annotations

from provisioner.manifest.loading import Manifest, load
from provisioner.manifest.settings import Settings, find

__all__ = ["Manifest", "Settings", "find", "load"]
