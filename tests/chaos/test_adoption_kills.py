"""The process is killed at every call of an apply that adopts; applying again adopts the rest, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.adopted_projects import ADOPTED, assert_forgotten
from tests.chaos.sweeps import MOMENTS, SCENES, Bases, Sweep
from tests.chaos.tally import Tally

pytestmark = pytest.mark.thorough

#: The scenes; adopted objects stay when everything is destroyed.
OF_ADOPTED = {**SCENES, "goes": replace(SCENES["goes"], judge=assert_forgotten)}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scene", OF_ADOPTED)
@pytest.mark.parametrize("name", ADOPTED)
def test_killed_while_adopting(bases: Bases, tmp_path: Path, name: str, scene: str, moment: str, tally: Tally) -> None:
    tally.begin(f"killed in {SCENES[scene].title}", name)
    Sweep(OF_ADOPTED[scene], bases, name, tmp_path).run(tally, "16" if scene == "first" else "1", (moment,))
