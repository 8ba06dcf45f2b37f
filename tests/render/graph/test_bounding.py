"""Drawings of more edges than people can follow: bounded in every picture, and said in each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner.cli.main import provision
from provisioner.core.address import Address
from provisioner.planning.plan import Plan
from provisioner.planning.planfile import Reviewed, dump
from provisioner.review.render.graph import Drawing, bound, dot, draw_plan, graph_json, mermaid, svg
from provisioner.review.render.graph.bounding import MOST_DRAWN
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html

PICTURES = [partial(svg, standalone=True), mermaid, dot]


def dense(nodes: int) -> Plan:
    """Every assistant needs all before it."""
    addresses = [Address("assistant", f"a{number:04}") for number in range(nodes)]
    return Plan(needs={address: tuple(addresses[:number]) for number, address in enumerate(addresses)})


def of(plan: Plan) -> Drawing:
    return bound(draw_plan(plan))


@pytest.mark.thorough
@pytest.mark.timeout(60)
@pytest.mark.parametrize("picture", PICTURES)
def test_a_dense_plan_is_drawn_in_part(picture: Callable[[Drawing], str]) -> None:
    plan = dense(400)
    drawing = of(plan)
    assert len(drawing.edges) == MOST_DRAWN
    said = picture(drawing).replace("#44;", ",")
    assert f"{400 * 399 // 2 - MOST_DRAWN:,} edges are not drawn" in said
    assert "a0399" in said
    assert len(graph_json(draw_plan(plan))["edges"]) == 400 * 399 // 2


def test_as_many_edges_as_are_drawn_are_all_drawn() -> None:
    addresses = [Address("assistant", f"a{number:04}") for number in range(MOST_DRAWN + 2)]
    star = draw_plan(Plan(needs={addresses[0]: tuple(addresses[1:-1])}))
    assert bound(star) is star
    more = bound(draw_plan(Plan(needs={addresses[0]: tuple(addresses[1:])})))
    assert more.nodes[0].label == "1 edge is not drawn"


@pytest.mark.thorough
@pytest.mark.timeout(60)
def test_a_page_says_that_a_dense_picture_is_missing() -> None:
    assert "a picture of 200 resources is not shown here" in plan_html(dense(200), Heading("p", "e", "a", 0))


@pytest.mark.first_case_is_quick
@pytest.mark.timeout(60)
@pytest.mark.parametrize("form", ["svg", "mermaid", "dot"])
def test_the_command_says_it_too(tmp_path: Path, form: str) -> None:
    path = tmp_path / "dense.plan"
    path.write_text(dump(Reviewed(1.0, "p", "e", "a", None, (), dense(120))), encoding="utf-8")
    ended = CliRunner().invoke(provision, ["graph", str(path), "--format", form], standalone_mode=False)
    assert ended.return_value == 0, ended.exception
    assert "3,140 edges are not drawn: a picture has at most 4,000; --format json has all of them" in ended.stderr
