"""What every backend keeps to with the texts of releases."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress

import pytest

from provisioner.core.errors import LostRace, PlainSecret, TornState, WrongKey
from provisioner.core.text import redaction
from provisioner.state.backends.release_files import ReleaseFiles
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.sealing import Seal
from tests.backends.conftest import Opening
from tests.backends.places import Place
from tests.backends.samples import STATE

KEY, OTHER = "0123456789abcdef", "fedcba9876543210"
NAMES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(3)]


def _write(files: ReleaseFiles, text: str) -> None:
    files.read_index()
    files.write_index(text)


@pytest.mark.first_case_is_quick
def test_a_new_one_has_no_releases(place: Place, opening: Opening) -> None:
    files = opening(place).releases
    assert files.read_index() is None
    assert files.read(NAMES[0]) is None
    files.remove(NAMES)


@pytest.mark.first_case_is_quick
def test_texts_come_back_to_everyone_and_can_be_removed(place: Place, opening: Opening) -> None:
    backend = opening(place)
    with backend.lock("apply"):
        backend.releases.add({NAMES[0]: "햄릿", NAMES[1]: "two\n"})
        backend.releases.add({NAMES[1]: "two again\n", NAMES[2]: ""})
        _write(backend.releases, "first")
    others = opening(place).releases
    assert [others.read(name) for name in NAMES] == ["햄릿", "two again\n", ""]
    assert others.read_index() == "first"
    with backend.lock("apply"):
        backend.releases.remove(NAMES[:2])
        backend.releases.remove(NAMES[:2])
    assert [others.read(name) for name in NAMES] == [None, None, ""]


@pytest.mark.first_case_is_quick
def test_an_index_is_replaced_only_by_who_has_read_it(place: Place, opening: Opening) -> None:
    first, second = opening(place), opening(place)
    assert first.releases.read_index() is None
    with second.lock("apply"):
        _write(second.releases, "second")
    with pytest.raises(LostRace):
        first.releases.write_index("first")
    assert opening(place).releases.read_index() == "second"
    first.releases.read_index()
    first.releases.write_index("third")
    first.releases.write_index("fourth")
    assert opening(place).releases.read_index() == "fourth"


@pytest.mark.first_case_is_quick
def test_releases_do_not_disturb_the_state_and_its_history(place: Place, opening: Opening) -> None:
    backend = opening(place)
    with backend.lock("apply"):
        backend.releases.add({NAMES[0]: "text"})
        _write(backend.releases, "index")
        backend.write(STATE)
    again = opening(place)
    assert (again.read(), again.history(), again.read_journal()) == (STATE, [1], [])


@pytest.mark.first_case_is_quick
def test_environments_have_releases_of_their_own(place: Place, opening: Opening) -> None:
    backend, other = opening(place), opening(place, f"{opening.environment}x")
    with backend.lock("apply"):
        backend.releases.add({NAMES[0]: "text"})
        _write(backend.releases, "index")
    assert (other.releases.read_index(), other.releases.read(NAMES[0])) == (None, None)


@pytest.mark.first_case_is_quick
def test_texts_are_encrypted_with_the_state(place: Place, opening: Opening) -> None:
    backend = opening(place, seal=Seal(KEY))
    with backend.lock("apply"):
        backend.releases.add({NAMES[0]: "a prompt"})
        _write(backend.releases, "an index")
    assert opening(place, seal=Seal(KEY)).releases.read(NAMES[0]) == "a prompt"
    for seal in (Seal(), Seal(OTHER)):
        with pytest.raises(WrongKey):
            opening(place, seal=seal).releases.read(NAMES[0])
        with pytest.raises(WrongKey):
            opening(place, seal=seal).releases.read_index()
    assert opening(place, seal=Seal(OTHER, (KEY,))).releases.read_index() == "an index"


@pytest.mark.first_case_is_quick
def test_an_encrypted_text_is_not_accepted_under_another_name(place: Place, opening: Opening) -> None:
    seal = Seal(KEY)
    foreign = seal.seal("a prompt", f"{opening.environment} releases {NAMES[0]}")
    plain = opening(place)
    with plain.lock("apply"):
        plain.releases.add(dict.fromkeys(NAMES[:2], foreign))
    sealed = opening(place, seal=seal).releases
    assert sealed.read(NAMES[0]) == "a prompt"
    with pytest.raises(TornState):
        sealed.read(NAMES[1])


@pytest.mark.first_case_is_quick
def test_a_secret_of_the_process_is_never_stored_in_plain_text(place: Place, opening: Opening) -> None:
    redaction.register("sk-proj-very-secret-value-0123456789")
    text = '{"inputs": {"instructions": "sk-proj-very-secret-value-0123456789"}}'
    backend = opening(place)
    with backend.lock("apply"), pytest.raises(PlainSecret):
        backend.releases.add({NAMES[0]: text})
    assert opening(place).releases.read(NAMES[0]) is None


def take_lock(thief: RemoteBackend) -> None:
    """Writes a lock with another id. The owner may renew the lock in between; then the lock is read again."""
    while True:
        holder = thief.store.get(thief.lock_name)
        assert holder is not None
        taken = holder.data.replace(b'"id":', b'"id": "x", "was":')
        with suppress(LostRace):
            thief.store.put(thief.lock_name, taken, holder.version)
            return


def test_who_has_lost_the_lock_writes_no_releases(leased: Place, opening: Opening) -> None:
    backend, thief = opening.remote(leased), opening.remote(leased)
    with backend.lock("apply"):
        backend.releases.read_index()
        take_lock(thief)
        with pytest.raises(LostRace):
            backend.releases.add({NAMES[0]: "late"})
        with pytest.raises(LostRace):
            backend.releases.write_index("late")
        with pytest.raises(LostRace):
            backend.releases.remove(NAMES)
    assert opening(leased).releases.read(NAMES[0]) is None


def test_an_index_that_cannot_be_opened_is_kept_under_another_name(place: Place, opening: Opening) -> None:
    backend = opening(place, seal=Seal(OTHER))
    with backend.lock("apply"):
        _write(backend.releases, "a sealed index")
    plain = opening(place)
    with pytest.raises(WrongKey):
        plain.releases.read_index()
    with plain.lock("state rebuild"):
        where = plain.releases.set_index_aside()
        assert plain.releases.read_index() is None
        plain.releases.write_index("a new one")
    again = opening(place)
    assert again.releases.read_index() == "a new one"
    name = re.search(r"([0-9a-f]{64})\.json", where)
    assert name is not None
    with pytest.raises(WrongKey):
        again.releases.read(name[1])
