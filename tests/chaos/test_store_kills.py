"""The process is killed at every call to the server that has the state: before it arrives, and done but unheard.

Those are the lock, what is read, each write of the journal, the state, its copy in the history, and the lock's end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.keeping import Shelf
from tests.chaos.sweeps import SCENES, Bases, Sweep
from tests.chaos.tally import Tally

pytestmark = pytest.mark.thorough

#: Projects, and how many calls they make at once: so many entries share a write of the journal.
PARALLELISM = {"responses": "1", "agents": "1", "twenty": "16"}


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("shelf", ["postgresql", "s3"], indirect=True)
def test_killed_at_every_call_to_the_store(
    bases: Bases, shelf: Shelf, tmp_path: Path, scene: str, tally: Tally
) -> None:
    tally.begin(f"killed in {SCENES[scene].title}, at the state's server", f"state in {shelf.place.name}")
    for name in tally.some(list(PARALLELISM), 1):
        sweep = Sweep(SCENES[scene], bases, name, tmp_path / name, shelf, at_store=True)
        sweep.run(tally, PARALLELISM[name])
