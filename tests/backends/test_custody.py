"""Whole states: pulled, pushed, restored and moved, between any two backends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from provisioner.core.errors import Blocked, TornState
from provisioner.engine import state_transfer
from provisioner.state.backends import Backend
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.records import dump
from tests.backends.conftest import Opening
from tests.backends.places import PLACES, Place
from tests.backends.samples import BEGIN, OPENING, STATE, serial
from tests.backends.servers import Servers
from tests.backends.test_answers import Memory

SHORT = ("folder", "git-file", "postgresql", "s3", "az")


@pytest.mark.thorough
def test_a_state_moves_around_all_backends_and_stays_what_it_is(
    servers: Servers, opening: Opening, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    chain: list[Backend] = []
    for name in [*(PLACES if whole else SHORT), "folder"]:
        place: Place = servers(name)
        for variable, value in place.env.items():
            monkeypatch.setenv(variable, value)
        chain.append(opening(place) if len(chain) < len(SHORT) else Opening(opening.running)(place))
    chain[0].write(replace(STATE, serial=41))
    for source, target in pairwise(chain):
        with source.lock("state migrate"), target.lock("state migrate"):
            state_transfer.migrate(source, target)
        assert target.read() == replace(STATE, serial=41)
        assert target.history() == [41]
        with pytest.raises(Blocked, match="holds a state already"):
            state_transfer.migrate(source, target)


@pytest.mark.first_case_is_quick
def test_a_former_state_comes_back_under_a_new_serial(place: Place, opening: Opening) -> None:
    backend = opening(place)
    backend.write(STATE)
    backend.write(replace(STATE, serial=2, records={}))
    with backend.lock("state restore"):
        state_transfer.restore(backend, 1)
    assert opening(place).read() == serial(3)
    assert opening(place).history() == [1, 2, 3]


@pytest.mark.first_case_is_quick
def test_a_pushed_state_is_the_same_lineage_and_higher(place: Place, opening: Opening) -> None:
    backend = opening(place)
    backend.write(serial(4))
    assert state_transfer.read_present(backend) == serial(4)
    with pytest.raises(Blocked, match="serial 4"):
        state_transfer.push(backend, dump(serial(4)), "state.json")
    with pytest.raises(Blocked, match="another state's"):
        state_transfer.push(backend, dump(replace(STATE, lineage="other", serial=9)), "state.json")
    state_transfer.push(backend, dump(serial(5)), "state.json")
    assert opening(place).read() == serial(5)


@pytest.mark.first_case_is_quick
def test_nothing_is_handled_while_a_journal_holds_something(place: Place, opening: Opening) -> None:
    backend = opening(place)
    backend.write(STATE)
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        journal.close()
        with pytest.raises(Blocked, match="interrupted run left"):
            state_transfer.restore(backend, 1)
        with pytest.raises(Blocked, match="interrupted run left"):
            state_transfer.push(backend, dump(serial(2)), "state.json")


def test_a_torn_state_is_left_and_a_former_one_can_be_restored() -> None:
    store = Memory()
    backend = RemoteBackend(store, "prod")
    backend.write(STATE)
    backend.write(serial(2))
    store.blobs["prod/state.json"] = replace(store.blobs["prod/state.json"], data=b"{]")
    with pytest.raises(TornState, match="it was left as it is"):
        backend.read()
    with backend.lock("state restore"):
        state_transfer.restore(backend, 1)
    assert backend.read() == serial(3)
