"""The conductor: refresh, plan, apply, destroy. It knows collections and records, never a target."""

from __future__ import annotations

from provisioner.engine.engine import Engine, Planned
from provisioner.engine.snapshot import Identity

__all__ = ["Engine", "Identity", "Planned"]
