"""Whatever names there are, each format stays what it is: an XML document, a DOT graph, a flowchart, JSON."""

from __future__ import annotations

import json
import re
from html import unescape
from xml.etree import ElementTree

import pydot
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.planning.plan import Action
from provisioner.review.render.graph import STYLE, Drawing, Edge, Node, dot, draw_plan, fold, graph_text, mermaid, svg
from provisioner.review.render.graph.words import caption, clean, heading, sign, tooltip
from tests.render.graph.samples import hostile, plan_of_everything

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:pydot")
SVG = "{http://www.w3.org/2000/svg}"
#: Every line that a flowchart may have. In a label, what could end it or begin something else is coded.
LABEL = r'(?:[^"#<>&`%{}|\\;:$\x00-\x1f]|#\d+;|<br/>)*'
LINES = re.compile(
    rf'flowchart LR|  accTitle: [\w, ]+|  %% nothing is declared|  n\d+[\[({{]+"{LABEL}"[\])}}]+:::\w+'
    rf'|  n\d+ (?:-->|-\.->) n\d+|  legend\["{LABEL}"\]:::kind|  classDef \w+ [\w:#, -]+'
)
NAMES = st.text(st.characters(codec=None), max_size=30)
DRAWINGS = st.lists(NAMES, min_size=1, max_size=5, unique=True).map(
    lambda names: Drawing(
        tuple(Node(f"{index} {name}", name, name, name, Action.DELETE) for index, name in enumerate(names)),
        tuple(Edge(f"0 {names[0]}", f"{index} {name}") for index, name in enumerate(names) if index),
    )
)


def texts(root: ElementTree.Element, name: str) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text") if element.get("class") == name]


def check_svg(drawing: Drawing, *, standalone: bool) -> ElementTree.Element:
    text = svg(drawing, standalone=standalone)
    text.encode()
    root = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "path", "g", "text"
    }  # fmt: skip
    attributes = {name for element in root.iter() for name in element.attrib}
    assert attributes <= {
        "class", "role", "aria-labelledby", "id", "width", "height", "viewBox", "x", "y", "rx", "d"
    }  # fmt: skip
    return root


def check_mermaid(drawing: Drawing) -> None:
    text = mermaid(drawing)
    text.encode()
    assert [line for line in text.split("\n") if not LINES.fullmatch(line)] == []
    assert len(text.splitlines()) == len(text.split("\n"))


def check_dot(drawing: Drawing) -> pydot.Dot:
    text = dot(drawing)
    text.encode()
    graphs = pydot.graph_from_dot_data(text)
    assert graphs is not None
    assert len(graphs) == 1
    assert len([node for node in graphs[0].get_nodes() if re.fullmatch(r"n\d+", node.get_name())]) == len(drawing.nodes)
    assert len(graphs[0].get_edges()) == len(drawing.edges)
    return graphs[0]


@pytest.mark.thorough
@given(DRAWINGS)
def test_no_name_breaks_out(drawing: Drawing) -> None:
    root = check_svg(drawing, standalone=True)
    assert texts(root, "label") == [heading(node) for node in drawing.nodes]
    check_mermaid(drawing)
    check_dot(drawing)
    assert [node["name"] for node in json.loads(graph_text(drawing))["nodes"]] == [each.label for each in drawing.nodes]
    graph_text(drawing).encode()


@pytest.mark.parametrize("drawing", [hostile(), fold(draw_plan(plan_of_everything()))], ids=["hostile", "plan"])
def test_an_svg_shows_every_node_with_its_sign(drawing: Drawing) -> None:
    root = check_svg(drawing, standalone=False)
    assert texts(root, "label") == [heading(node) for node in drawing.nodes]
    signs = [sign(node) for node in drawing.nodes if sign(node)]
    assert texts(root, "sign")[: len(signs)] == signs
    assert set(texts(root, "sign")[len(signs) :]) == set(signs), "the legend"
    titles = [element.text for element in root.iter(f"{SVG}title")][1:]
    assert titles == [tooltip(node) for node in drawing.nodes]


def test_an_svg_is_named_and_described() -> None:
    root = check_svg(draw_plan(plan_of_everything()), standalone=True)
    named = (root.get("aria-labelledby") or "").split()
    ids = {element.get("id"): element.tag for element in root if element.get("id")}
    assert root.get("role") == "img"
    assert [ids[name] for name in named] == [f"{SVG}title", f"{SVG}desc"]


def test_only_a_file_of_its_own_has_a_style_sheet() -> None:
    drawing = hostile()
    assert [style.text for style in check_svg(drawing, standalone=True).iter(f"{SVG}style")] == [f"\n{STYLE}"]
    embedded = check_svg(drawing, standalone=False)
    assert not list(embedded.iter(f"{SVG}style"))
    assert not [element for element in embedded.iter() if element.get("class") == "paper"]
    classes = {name for element in embedded.iter() for name in (element.get("class") or "").split()}
    assert {name for name in classes if f".{name}" not in STYLE} == set()


def test_the_style_sheet_asks_nobody_and_has_both_schemes() -> None:
    assert "prefers-color-scheme:dark" in STYLE
    assert not re.search(r"url\(|@import|@font-face|<|expression", STYLE)
    used, light = set(re.findall(r"var\((--[\w-]+)", STYLE)), STYLE.partition("@media")[0]
    dark = STYLE.partition("@media")[2]
    for scheme in (light, dark):
        assert used <= set(re.findall(r"(--[\w-]+):", scheme))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_everything_can_be_read(scheme: int) -> None:
    from provisioner.review.render.graph.palette import COLOURS, INKS

    ink, dim, edge, paper = (INKS[name][scheme] for name in ("ink", "dim", "edge", "paper"))
    assert contrast(edge, paper) >= 3
    for name, colours in COLOURS.items():
        fill, line = colours[2 * scheme], colours[2 * scheme + 1]
        assert contrast(ink, fill) >= 7, name
        assert contrast(dim, fill) >= 4.5, name
        if name.startswith("action-") and name != "action-no-op":
            assert contrast(line, fill) >= 4.5, name


def test_a_flowchart_is_one() -> None:
    for drawing in (hostile(), fold(draw_plan(plan_of_everything())), Drawing()):
        check_mermaid(drawing)
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), mermaid(hostile()))
    shown = decoded.replace("\u00a0", " ").replace("\u2060", "")
    assert [heading(node) for node in hostile().nodes if heading(node) not in shown] == []


@pytest.mark.thorough
def test_graphviz_reads_the_labels_as_they_are() -> None:
    drawing = hostile()
    nodes = {each.get_name(): each for each in check_dot(drawing).get_nodes()}
    for number, node in enumerate(drawing.nodes, 1):
        head = f"{sign(node)} {heading(node)}" if sign(node) else heading(node)
        quoted = nodes[f"n{number}"].get_attributes()["label"]
        lines = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], quoted[1:-1])
        assert unescape(lines) == f"{head}\n{caption(node)}"


def test_json_names_everything_in_full() -> None:
    body = json.loads(graph_text(draw_plan(plan_of_everything())))
    assert body["format_version"] == "1.2"
    addresses = {node["address"] for node in body["nodes"]}
    assert len(addresses) == len(body["nodes"])
    assert {edge[end] for edge in body["edges"] for end in ("user", "needed")} <= addresses
    assert {node["action"] for node in body["nodes"]} == {None, *(action.value for action in Action)}
    assert "\u202e" not in graph_text(hostile())
    assert clean(graph_text(hostile()).replace("\n", "")) == graph_text(hostile()).replace("\n", "")
