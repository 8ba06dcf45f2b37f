"""The graph of the example project."""

from __future__ import annotations

from pathlib import Path

from provisioner.manifest import load
from provisioner.review.render.graph import Drawing, draw_manifests, fold, mermaid, svg

EXAMPLE = Path(__file__).parents[2] / "manifests"


def render_picture() -> str:
    """Returns what `provision graph` prints for the example, as a block that GitHub draws."""
    return f"```mermaid\n{mermaid(_draw())}\n```"


def render_svg() -> str:
    """Returns what `provision graph --format svg` prints for the example."""
    return svg(_draw(), standalone=True)


def _draw() -> Drawing:
    return fold(draw_manifests(load(EXAMPLE).resources))
