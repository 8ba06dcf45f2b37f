"""An apply with quick refresh and as many calls in flight as the server takes is killed; applying again converges.

In a whole run the project has the size M, and so many calls that only some of them are chosen.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY
from tests.chaos.sweeps import MOMENTS, PARALLELISM, SCENES, Bases, Sweep
from tests.chaos.tally import Tally

pytestmark = pytest.mark.thorough

#: The number of kills in each scene of the project of size M, before a call and after it.
MOST_KILLS = 6


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("scene", ["first", "changes"])
def test_killed_with_quick_refresh(bases: Bases, tmp_path: Path, scene: str, moment: str, tally: Tally) -> None:
    name = "size M" if tally.whole else "size S"
    tally.begin(f"killed in {SCENES[scene].title}, quick refresh", name)
    quick = replace(SCENES[scene], words=(*APPLY, "--refresh", "quick"))
    Sweep(quick, bases, name, tmp_path, most=MOST_KILLS).run(tally, PARALLELISM[0], (moment,))
