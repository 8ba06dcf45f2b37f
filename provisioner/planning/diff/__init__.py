"""Makes a plan by comparing the desired resources (in the manifests), the recorded objects (in the state) and the
actual objects (live at OpenAI). This package calls no API and writes nothing.
"""

from __future__ import annotations

from provisioner.planning.diff.actual import Actual
from provisioner.planning.diff.planner import make_plan
from provisioner.planning.diff.scope import Scope

__all__ = ["Actual", "Scope", "make_plan"]
