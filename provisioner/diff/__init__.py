"""Desired, recorded and actual, compared: a plan comes out. Nothing here calls or writes anything."""

from __future__ import annotations

from provisioner.diff.actual import Actual
from provisioner.diff.planner import make_plan
from provisioner.diff.scope import Scope

__all__ = ["Actual", "Scope", "make_plan"]
