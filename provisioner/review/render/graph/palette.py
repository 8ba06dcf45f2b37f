"""Defines the colours of a drawing, and its style sheet.

No information is shown by colour alone: each node also shows the name of its kind and the sign of its action.
"""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.planning.plan import Action
from provisioner.review.render.graph.drawing import Drawing

#: The colours of kinds and actions: fill and outline in the light colour scheme, then fill and outline in the dark
#: colour scheme.
COLOURS = {
    "kind": ("#f3f5f7", "#94a3b3", "#1b222b", "#64748b"),
    **{f"kind-{kind.name}": kind.colours for kind in ADDRESS_KINDS.values()},
    "action-create": ("#e5f4ea", "#2a7746", "#11291b", "#56b97a"),
    "action-update": ("#fdf5d9", "#8a6508", "#2d2711", "#d6aa35"),
    "action-replace": ("#f5eafa", "#8341a3", "#2a1a34", "#c08ae6"),
    "action-delete": ("#fcebea", "#b63a30", "#331917", "#ee8279"),
    "action-adopt": ("#e8f0fc", "#2c66b8", "#14233b", "#77abef"),
    "action-forget": ("#f1f1f2", "#666d7a", "#23262b", "#9aa3ae"),
    "action-no-op": ("#fafbfc", "#b4bec8", "#161b21", "#465260"),
}
INKS = {
    "paper": ("#ffffff", "#0f1419"),
    "ink": ("#1d2733", "#e6eaef"),
    "dim": ("#5a6774", "#9ba8b5"),
    "edge": ("#83909d", "#6b7885"),
}
#: The actions whose nodes have a dashed outline, because their resources are removed.
DASHED = ("action-delete", "action-forget")


def action_class(action: Action) -> str:
    """Returns the key in COLOURS for an action. COLOURS contains the colours of a drawing."""
    return f"action-{action.value}"


def colour_classes(drawing: Drawing) -> list[str]:
    """Returns a key of COLOURS for each node of the drawing. In a drawing of a plan, the colours show the action of the
    node. In a drawing of manifests, they show the kind of the node.
    """
    if drawing.actions():
        return [action_class(node.action) if node.action else "kind" for node in drawing.nodes]
    names = [f"kind-{node.kind}" for node in drawing.nodes]
    return [name if name in COLOURS else "kind" for name in names]


def _variables(values: Iterable[tuple[str, str]]) -> str:
    return "".join(f"--pg-{name}:{value};" for name, value in values)


def _scheme(number: int) -> str:
    """Returns the CSS variables for the colours of one colour scheme. If `number` is 0, it is the light scheme. If
    `number` is 1, it is the dark scheme.
    """
    pairs = [(name, both[number]) for name, both in INKS.items()]
    for name, four in COLOURS.items():
        pairs += [(f"{name}-f", four[2 * number]), (f"{name}-l", four[2 * number + 1])]
    return _variables(pairs)


def _paint(attribute: str, name: str, light: str) -> str:
    """Returns CSS text that sets the property `attribute` twice. The first value is the colour `light`, for programs
    that do not support CSS variables. The second value is the CSS variable with the name `name`.
    """
    return f"{attribute}:{light};{attribute}:var(--pg-{name},{light})"


def _style() -> str:
    ink, dim, edge, paper = (INKS[name][0] for name in ("ink", "dim", "edge", "paper"))
    rules = [
        "{max-width:100%;height:auto;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
        "'DejaVu Sans',sans-serif;" + _scheme(0) + "}",
        " text{unicode-bidi:isolate;white-space:pre;stroke:none}",
        " .paper{" + _paint("fill", "paper", paper) + "}",
        " .label,$ .sign{font:600 12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        + _paint("fill", "ink", ink)
        + "}",
        " .sign{font-size:15px;text-anchor:middle}",
        " .note{font-size:11px;" + _paint("fill", "dim", dim) + "}",
        " .edge{fill:none;stroke-width:1.2;" + _paint("stroke", "edge", edge) + "}",
        " .head{stroke:none;" + _paint("fill", "edge", edge) + "}",
        " .former{stroke-dasharray:4 4}",
        " .box{stroke-width:1.2}",
    ]
    for name, (fill, line, *_) in COLOURS.items():
        dash = ";stroke-dasharray:5 3" if name in DASHED else ""
        painted = f"{_paint('fill', f'{name}-f', fill)};{_paint('stroke', f'{name}-l', line)}"
        rules.append(f" .{name} .box{{{painted}{dash}}}")
        if name.startswith("action-"):
            rules.append(f" .{name} .sign{{{_paint('fill', f'{name}-l', line)}}}")
    sheet = "\n".join(f".provision-graph{rule.replace('$', '.provision-graph')}" for rule in rules)
    dark = f"@media (prefers-color-scheme:dark){{.provision-graph{{{_scheme(1)}}}}}"
    forced = (
        "@media (forced-colors:active){.provision-graph .box,.provision-graph .paper{fill:Canvas;stroke:CanvasText}"
        ".provision-graph text{fill:CanvasText}.provision-graph .edge{stroke:CanvasText}}"
    )
    return f"{sheet}\n{dark}\n{forced}\n"


#: The style sheet for all classes of an SVG. It has no `<`, so it can be embedded in HTML as it is.
STYLE = _style()
