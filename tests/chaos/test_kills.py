"""The process is killed at every call to the API; applying again leaves the account as declared, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.sweeps import MOMENTS, PARALLELISM, PROJECTS, SCENES, Bases, Sweep
from tests.chaos.tally import Tally

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("name", PROJECTS)
def test_killed_at_every_call(bases: Bases, tmp_path: Path, name: str, scene: str, moment: str, tally: Tally) -> None:
    tally.begin(f"killed in {SCENES[scene].title}", name)
    sweep = Sweep(SCENES[scene], bases, name, tmp_path)
    for parallelism in PARALLELISM[:1] if scene == "goes" else tally.some(PARALLELISM, 1):
        sweep.run(tally, parallelism, (moment,))
