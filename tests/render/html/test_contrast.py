"""The page's colours can be told apart: WCAG 2.2, level AA, computed from the style's variables."""

from __future__ import annotations

import re
from importlib import resources

import pytest

STYLE = resources.files("provisioner.review.render.html").joinpath("page.css").read_text(encoding="utf-8")
TEXT = 4.5
#: What is not text but has to be seen, as the border of a button.
SHAPE = 3.0

#: What is written on what.
PAIRS = (
    *((ink, ground) for ground in ("page", "panel", "went", "came", "warning") for ink in ("ink", "quiet")),
    *((ink, "page") for ink in ("link", "create", "update", "replace", "delete", "adopt", "forget")),
    *((ink, "panel") for ink in ("create", "update", "replace", "delete", "adopt", "forget")),
    ("ink", "went-word"),
    ("ink", "came-word"),
    ("delete", "went"),
    ("create", "came"),
    ("page", "link"),
)
SHAPES = (("quiet", "page"), ("quiet", "panel"), ("focus", "page"), ("focus", "panel"), ("update", "page"))


def variables(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by name: the dark ones replace the light ones."""
    light, dark = (re.findall(r"--([\w-]+): (#\w{6});", block) for block in re.findall(r":root \{(.*?)\}", STYLE, re.S))
    assert {name for name, _ in light} == {name for name, _ in dark}
    return dict(light if scheme == "light" else dark)


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(scheme: str) -> None:
    colours = variables(scheme)
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_borders_and_focus_can_be_seen(scheme: str) -> None:
    colours = variables(scheme)
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in SHAPES}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < SHAPE} == {}
