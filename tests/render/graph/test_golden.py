"""What is drawn, in each format: expected/ holds it; `pytest --rewrite` writes it anew, to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.manifest import load
from provisioner.review.render.graph import Drawing, dot, draw_manifests, draw_plan, fold, graph_text, mermaid, svg
from tests.conftest import CHECKOUT
from tests.render.graph.samples import hostile, plan_of_everything

HERE = Path(__file__).parent / "expected"

DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "the example": lambda: draw_manifests(load(CHECKOUT / "manifests").resources),
    "every action": lambda: fold(draw_plan(plan_of_everything())),
    "hostile names": hostile,
    "nothing": Drawing,
}
FORMATS: dict[str, Callable[[Drawing], str]] = {
    "mmd": mermaid,
    "dot": dot,
    "svg": lambda drawing: svg(drawing, standalone=True),
    "json": graph_text,
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_the_drawing_is_as_expected(name: str, form: str, rewrite: bool) -> None:
    path, text = HERE / f"{name}.{form}", FORMATS[form](DRAWINGS[name]()) + "\n"
    if rewrite:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    expected = path.read_text(encoding="utf-8") if path.exists() else "(nothing)"
    assert text == expected, f"{path} says otherwise; if this is right, run: pytest tests/render/graph --rewrite"
