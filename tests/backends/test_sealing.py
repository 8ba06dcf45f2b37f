"""A sealed state, in every backend: written, left in the midst of its journal, rotated, and read by nobody else."""

from __future__ import annotations

import pytest

from provisioner.core.errors import WrongKey
from provisioner.engine import state_transfer
from provisioner.state.sealing import UNSEALED, Seal
from tests.backends.conftest import Opening
from tests.backends.places import Place
from tests.backends.samples import BEGIN, OPENING, STATE, serial

KEY, NEW = Seal("the first key of the team"), Seal("the second key of the team", ("the first key of the team",))
ALONE = Seal("the second key of the team")


@pytest.mark.first_case_is_quick
def test_a_sealed_state_and_its_journal_open_with_their_key_alone(place: Place, opening: Opening) -> None:
    backend = opening(place, seal=KEY)
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        journal.close()
        backend.write(STATE)
    assert opening(place, seal=KEY).read() == STATE
    assert opening(place, seal=KEY).read_journal() == [OPENING, BEGIN]
    for seal in (UNSEALED, ALONE):
        with pytest.raises(WrongKey):
            opening(place, seal=seal).read()
        with pytest.raises(WrongKey):
            opening(place, seal=seal).read_journal()
        with pytest.raises(WrongKey):
            opening(place, seal=seal).read_former(1)


@pytest.mark.first_case_is_quick
def test_a_reseal_leaves_nothing_that_the_former_key_opens(place: Place, opening: Opening) -> None:
    with opening(place, seal=KEY).lock("apply"):
        pass
    opening(place, seal=KEY).write(STATE)
    rotating = opening(place, seal=NEW)
    with rotating.lock("state reseal"):
        assert state_transfer.reseal(rotating).state == serial(2)
    after = opening(place, seal=ALONE)
    assert after.read() == serial(2)
    assert [after.read_former(number) for number in after.history()] == [STATE, serial(2)]
    with pytest.raises(WrongKey):
        opening(place, seal=KEY).read_former(1)
