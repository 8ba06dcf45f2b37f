"""The picture of the example project."""

from __future__ import annotations

from pathlib import Path

from provisioner.manifest import load
from provisioner.review.render.graph import draw_manifests, fold, mermaid

EXAMPLE = Path(__file__).parents[2] / "manifests"


def render_picture() -> str:
    """What `provision graph` prints for the example, as a block that GitHub draws."""
    return f"```mermaid\n{mermaid(fold(draw_manifests(load(EXAMPLE).resources)))}\n```"
