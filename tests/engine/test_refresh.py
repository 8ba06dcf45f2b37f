"""How many calls it takes to see what is live. Counted on an account in memory, two objects a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import ListCut, NotFound, Unavailable
from provisioner.engine.live_objects import PROBES
from provisioner.engine.refresh import refresh
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual
from provisioner.state.records import Record, Retired, State

PAGE = 2


@dataclass
class Assistants:
    """A collection of assistants, oldest first, that counts what it is asked.

    `gone` is an endpoint that answers 404, `hidden` are ids that lists do not show, `failing` refuses to retrieve,
    `unlisted` answers 404 to lists alone, and `cut` to the page of this number. What holds nothing is `emptied`.
    """

    size: int
    gone: bool = False
    hidden: frozenset[str] = frozenset()
    failing: bool = False
    unlisted: bool = False
    cut: int | None = None
    emptied: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    title: str = "assistant"
    calls: Counter[str] = field(default_factory=Counter)
    remote: bool = True

    def pages(self) -> Iterator[Sequence[Live]]:
        found = [Live(f"asst_{number}", {}) for number in reversed(range(self.size))]
        for start in range(0, len(found), PAGE):
            self.calls["pages"] += 1
            if self.gone or self.unlisted:
                raise NotFound("no such endpoint")
            if self.cut is not None and start >= self.cut * PAGE:
                raise ListCut("no such cursor")
            yield [live for live in found[start : start + PAGE] if live.id not in self.hidden]

    def retrieve(self, id: str) -> Live | None:
        self.calls["retrieve"] += 1
        if self.failing:
            raise Unavailable("not now")
        if self.gone or id in self.deleted:
            return None
        return Live(id, {}) if int(id.removeprefix("asst_")) < self.size else None

    def complete(self, live: Live) -> Live:
        if live.id in self.emptied:
            raise NotFound("nothing there")
        return live

    def refresh(self, *recorded: int, retired: Sequence[int] = ()) -> Actual:
        """Refreshes a state that records the assistants of these numbers, and has retired others."""
        records = {address(number): Record(address(number), "assistant", f"asst_{number}", {}) for number in recorded}
        collections: dict[str, Any] = {"assistant": self}
        leaving = tuple(Retired(address(number), "assistant", f"asst_{number}") for number in retired)
        return refresh(collections, State("lineage", records=records, retired=leaving), (), 4)


def address(number: int) -> Address:
    return Address("assistant", str(number))


def test_the_newest_are_found_on_the_first_page() -> None:
    them = Assistants(100)
    assert len(them.refresh(98, 99).live) == 2
    assert them.calls == {"pages": 1}


def test_one_old_object_is_retrieved_rather_than_listed_for() -> None:
    them = Assistants(100)
    assert len(them.refresh(99, 0).live) == 2
    assert them.calls == {"pages": 2, "retrieve": 1}


def test_lists_are_read_until_what_is_left_is_cheaper_to_retrieve() -> None:
    them = Assistants(40)
    assert len(them.refresh(*range(40)).live) == 40
    assert them.calls == {"pages": 14, "retrieve": 12}


def test_an_object_that_a_list_does_not_show_is_asked_for() -> None:
    them = Assistants(4)
    them.hidden = frozenset({"asst_1"})
    assert address(1) in them.refresh(0, 1, 2, 3).live
    assert them.calls == {"pages": 2, "retrieve": 1}


def test_an_object_is_gone_when_its_own_address_says_so() -> None:
    them = Assistants(4)
    assert address(9) not in them.refresh(3, 9).live
    assert them.calls["retrieve"] == 1


def test_a_type_without_an_endpoint_is_gone_as_a_whole() -> None:
    them = Assistants(4)
    them.gone = True
    actual = them.refresh(0, 1, 2)
    assert actual.gone == {"assistant"}
    assert actual.live == {}
    assert them.calls == {"pages": 1, "retrieve": PROBES}


def test_a_type_is_not_gone_while_one_of_its_objects_is_there() -> None:
    them = Assistants(4, unlisted=True)
    actual = them.refresh(0, 1, 2)
    assert actual.gone == set()
    assert set(actual.live) == {address(0), address(1), address(2)}


def test_a_list_that_is_cut_leaves_the_rest_to_be_asked_for() -> None:
    them = Assistants(40, cut=2)
    actual = them.refresh(*range(40))
    assert actual.gone == set()
    assert len(actual.live) == 40
    assert them.calls == {"pages": 3, "retrieve": 36}


def test_what_was_deleted_between_list_and_look_has_vanished() -> None:
    them = Assistants(4, emptied=frozenset({"asst_3"}), deleted=frozenset({"asst_3"}))
    assert set(them.refresh(2, 3).live) == {address(2)}


def test_an_object_whose_content_alone_is_not_found_is_no_absence() -> None:
    with pytest.raises(ListCut, match="asst_3 exists"):
        Assistants(4, emptied=frozenset({"asst_3"})).refresh(2, 3)


def test_what_is_retired_is_taken_where_it_is_seen_and_not_looked_for() -> None:
    them = Assistants(100)
    actual = them.refresh(98, retired=(99, 0))
    assert set(actual.live) == {address(98)}
    assert set(actual.retired) == {"asst_99"}
    assert them.calls == {"pages": 1}


def test_nothing_recorded_and_nothing_desired_calls_nothing() -> None:
    them = Assistants(4)
    them.refresh()
    assert them.calls == {}


def test_an_error_is_not_taken_for_an_absence() -> None:
    with pytest.raises(Unavailable):
        Assistants(4, failing=True).refresh(9)
