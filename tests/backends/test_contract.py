"""What every backend keeps to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioner.core.errors import Locked, LostRace, StateError
from provisioner.state.backends.lease import Terms
from provisioner.state.journal import Begin
from provisioner.state.journal import Opening as FirstEntry
from tests.backends.conftest import Opening
from tests.backends.places import Place
from tests.backends.samples import BEGIN, END, OPENING, STATE, begin, serial


@pytest.mark.first_case_is_quick
def test_a_new_one_holds_nothing(place: Place, opening: Opening) -> None:
    backend = opening(place)
    assert backend.read() is None
    assert backend.read_journal() == []
    assert backend.holder() is None
    assert backend.history() == []


@pytest.mark.first_case_is_quick
def test_a_state_comes_back_equal_to_everyone(place: Place, opening: Opening) -> None:
    opening(place).write(STATE)
    assert opening(place).read() == STATE


@pytest.mark.first_case_is_quick
def test_a_later_state_takes_the_place_of_the_one_before(place: Place, opening: Opening) -> None:
    backend = opening(place)
    backend.write(STATE)
    backend.write(serial(2))
    assert backend.read() == serial(2)
    assert opening(place).history() == [1, 2]


@pytest.mark.first_case_is_quick
def test_a_digest_of_a_former_state_is_that_of_its_text(place: Place, opening: Opening) -> None:
    backend = opening(place)
    backend.write(STATE)
    backend.write(serial(2))
    for number in (1, 2):
        assert opening(place).former_digest(number) in (None, backend.read_former(number).claim)
    assert opening(place).former_digest(3) is None


@pytest.mark.first_case_is_quick
def test_it_says_where_it_is(place: Place, opening: Opening) -> None:
    assert opening.environment in opening(place).describe()


@pytest.mark.first_case_is_quick
def test_a_journal_is_there_until_it_is_cleared(place: Place, opening: Opening) -> None:
    backend = opening(place)
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        journal.append(END)
        journal.close()
    assert opening(place).read_journal() == [OPENING, BEGIN, END]
    with backend.lock("apply"):
        backend.clear_journal()
    assert opening(place).read_journal() == []


@pytest.mark.first_case_is_quick
def test_a_journal_that_was_left_goes_on_and_can_be_replaced(place: Place, opening: Opening) -> None:
    backend = opening(place)
    with backend.lock("apply"):
        first = backend.open_journal(OPENING)
        first.append(BEGIN)
        first.close()
        second = backend.open_journal(FirstEntry("another", 9, "", "", "", 9.0))
        second.append(END)
        second.close()
        assert backend.read_journal() == [OPENING, BEGIN, END]
        backend.replace_journal([OPENING, BEGIN])
        third = backend.open_journal(OPENING)
        third.append(END)
        third.close()
    assert opening(place).read_journal() == [OPENING, BEGIN, END]


@pytest.mark.first_case_is_quick
def test_clearing_no_journal_is_no_error(place: Place, opening: Opening) -> None:
    backend = opening(place)
    with backend.lock("apply"):
        backend.clear_journal()


@pytest.mark.first_case_is_quick
def test_many_threads_append_and_each_entry_is_there_in_its_order(place: Place, opening: Opening) -> None:
    backend = opening(place)
    threads, entries = 8, 6
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)

        def work(thread: int) -> None:
            for number in range(entries):
                journal.append(begin(f"{thread}x{number}"))

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        journal.close()
    first, *rest = opening(place).read_journal()
    assert first == OPENING
    assert len(rest) == threads * entries
    for thread in range(threads):
        names = [
            each.operation for each in rest if isinstance(each, Begin) and each.operation.startswith(f"op_{thread}x")
        ]
        assert names == [f"op_{thread}x{number}" for number in range(entries)]


@pytest.mark.first_case_is_quick
def test_a_held_lock_says_who_holds_it(place: Place, opening: Opening) -> None:
    with opening(place).lock("apply"):
        holder = opening(place).holder()
        assert holder is not None
        assert holder.command == "apply"
        said = r"@.*\(process \d+, `provision apply`\) since 20"
        with pytest.raises(Locked, match=said) as caught, opening(place).lock("destroy"):
            pass
        assert caught.value.hint is not None
    assert opening(place).holder() is None
    with opening(place).lock("destroy"):
        pass


@pytest.mark.first_case_is_quick
def test_a_lock_is_free_after_an_error(place: Place, opening: Opening) -> None:
    backend = opening(place)
    with pytest.raises(ZeroDivisionError), backend.lock("apply"):
        raise ZeroDivisionError
    assert backend.holder() is None
    with backend.lock("apply"):
        pass


@pytest.mark.first_case_is_quick
def test_environments_do_not_share_anything(place: Place, opening: Opening) -> None:
    name = opening.environment
    one, other = opening(place), opening(place, f"{name}-2")
    with one.lock("apply"), other.lock("apply"):
        one.write(STATE)
        one.open_journal(OPENING).close()
        assert other.read() is None
        assert other.read_journal() == []
        assert other.history() == []
        other.write(serial(7))
    assert one.read() == STATE
    assert one.history() == [1]


@pytest.mark.first_case_is_quick
def test_of_two_that_have_read_the_second_to_write_loses(remote: Place, opening: Opening) -> None:
    opening(remote).write(STATE)
    first, second = opening(remote), opening(remote)
    assert first.read() == second.read() == STATE
    first.write(serial(2))
    with pytest.raises(LostRace, match="nothing was written"):
        second.write(serial(3))
    assert opening(remote).read() == serial(2)
    assert opening(remote).history() == [1, 2]


@pytest.mark.first_case_is_quick
def test_of_two_that_found_nothing_the_second_to_create_loses(remote: Place, opening: Opening) -> None:
    first, second = opening(remote), opening(remote)
    assert first.read() is second.read() is None
    first.write(STATE)
    with pytest.raises(LostRace):
        second.write(serial(5))
    assert opening(remote).read() == STATE


@pytest.mark.first_case_is_quick
def test_of_two_journals_the_second_to_append_loses(remote: Place, opening: Opening) -> None:
    first, second = opening(remote), opening(remote)
    ours, theirs = first.open_journal(OPENING), second.open_journal(OPENING)
    theirs.append(BEGIN)
    with pytest.raises(LostRace):
        ours.append(END)
    with pytest.raises(LostRace):
        first.clear_journal()
    assert opening(remote).read_journal() == [OPENING, BEGIN]


@pytest.mark.first_case_is_quick
def test_a_lock_is_taken_away_by_its_id_only(remote: Place, opening: Opening) -> None:
    backend = opening(remote)
    with pytest.raises(StateError, match="not locked"):
        backend.unlock("abc")
    told: list[str] = []
    gone = opening.remote(remote, notify=told.append)
    gone.terms = Terms()
    with gone.lock("apply"):
        gone.read()
        journal = gone.open_journal(OPENING)
        with pytest.raises(Locked, match=r"lock [0-9a-f]{12}") as caught, opening(remote).lock("destroy"):
            pass
        id = str(caught.value).rpartition("lock ")[2].rstrip(")")
        with pytest.raises(StateError, match=f"the lock is {id}, not abc"):
            backend.unlock("abc")
        assert backend.unlock(id).command == "apply"
        assert backend.holder() is None
        with pytest.raises(LostRace):
            journal.append(BEGIN)
        with pytest.raises(LostRace):
            gone.write(STATE)
    assert gone.stop.is_set()
    assert any("nothing new is started" in message for message in told)
    assert opening(remote).read() is None
    assert opening(remote).read_journal() == [OPENING]
