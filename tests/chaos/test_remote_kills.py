"""The state is on a server, and the process is killed at every call to the API, as in the sweep over a folder.

A killed holder leaves its lock behind. Whoever comes next is told, takes it away, and goes on.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.keeping import Shelf
from tests.chaos.sweeps import PARALLELISM, PROJECTS, SCENES, Bases, Sweep
from tests.chaos.tally import Tally

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("shelf", ["postgresql", "s3"], indirect=True)
def test_killed_at_every_call_to_the_api(bases: Bases, shelf: Shelf, tmp_path: Path, scene: str, tally: Tally) -> None:
    tally.begin(f"killed in {SCENES[scene].title}", f"state in {shelf.place.name}")
    for name in tally.some(list(PROJECTS), 1):
        sweep = Sweep(SCENES[scene], bases, name, tmp_path / name, shelf)
        for parallelism in PARALLELISM[:1] if scene == "goes" else tally.some(PARALLELISM, 1):
            sweep.run(tally, parallelism)
