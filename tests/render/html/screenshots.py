"""Writes the pictures in the README: `python -m tests.render.html.screenshots`, where Chromium is installed.

They end before the changes one by one, so that they can be taken in at a glance.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from provisioner.review.render.html.page import plan_html
from tests.render.html.browsers import Viewer, chromium
from tests.render.html.samples import HEADING, review

IMAGES = Path(__file__).parents[3] / "docs" / "images"
WIDTH, MARGIN = 1200, 32


def main() -> None:
    """Takes one picture of each scheme."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    page = plan_html(review(), HEADING)
    with chromium() as browser, TemporaryDirectory() as folder:
        viewer = Viewer(browser, Path(folder))
        for scheme in ("light", "dark"):
            shown = viewer(page, color_scheme=scheme, viewport={"width": WIDTH, "height": 900})
            last = shown.page.locator("#shared").bounding_box()
            assert last is not None
            height = last["y"] + last["height"] + MARGIN
            clip = {"x": 0.0, "y": 0.0, "width": float(WIDTH), "height": height}
            shown.page.screenshot(path=IMAGES / f"plan-{scheme}.png", clip=clip, full_page=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
