"""Draws a graph of resources as Mermaid, Graphviz, SVG or JSON. An edge leads from each resource to every resource that
it needs.
"""

from __future__ import annotations

from provisioner.review.render.graph.bounding import bound, count_missing
from provisioner.review.render.graph.dot import dot
from provisioner.review.render.graph.drawing import Drawing, Edge, Node, draw_manifests, draw_plan
from provisioner.review.render.graph.folding import fold
from provisioner.review.render.graph.listing import graph_json, graph_text
from provisioner.review.render.graph.mermaid import mermaid
from provisioner.review.render.graph.palette import STYLE
from provisioner.review.render.graph.svg import svg
from provisioner.review.render.graph.words import describe, sentences

__all__ = [
    "STYLE",
    "Drawing",
    "Edge",
    "Node",
    "bound",
    "count_missing",
    "describe",
    "dot",
    "draw_manifests",
    "draw_plan",
    "fold",
    "graph_json",
    "graph_text",
    "mermaid",
    "sentences",
    "svg",
]
