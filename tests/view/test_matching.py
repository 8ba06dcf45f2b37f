"""The work of comparing is bounded, by steps that are counted, and what is found is right whatever the bound."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from provisioner.review.view import matching
from provisioner.review.view.alignment import align
from provisioner.review.view.matching import Work, match

ITEMS = st.lists(st.sampled_from("abcdefgh"), max_size=40)


@given(ITEMS, ITEMS, st.sampled_from([0, 10, 100, 10**6]))
def test_what_is_equal_is_equal_whatever_the_work(old: list[str], new: list[str], steps: int) -> None:
    found = match(old, new, Work(steps))
    assert all(old[a:b] == new[c:d] for tag, a, b, c, d in found if tag == "equal")
    ends = [(0, 0), *((b, d) for _, _, b, _, d in found)]
    assert [(a, c) for _, a, _, c, _ in found] == ends[:-1]
    assert ends[-1] == (len(old), len(new))
    assert all(left[0] != right[0] for left, right in pairwise(found))


def test_no_more_work_is_done_than_there_is() -> None:
    work = Work(10_000)
    match([n % 90 for n in range(3000)], [n * 7 % 90 for n in range(3000)], work)
    assert work.left >= 5_000


def test_a_change_is_found_without_work() -> None:
    old = [f"line {n % 50}" for n in range(3000)]
    found = match(old, [*old[:100], "new", *old[100:]], Work(0))
    assert [each for each in found if each[0] != "equal"] == [("insert", 100, 100, 100, 101)]


def test_all_texts_of_a_view_share_its_work() -> None:
    with matching.bounded_view():
        allowed = []
        for _ in range(3):
            with matching.bounded_text() as work:
                allowed.append(work.left)
                work.left = 0
    assert allowed == sorted(allowed, reverse=True)
    assert sum(allowed) < matching.VIEW_STEPS


def test_items_of_many_values_are_aligned_by_what_they_share() -> None:
    old = [{f"k{n}": f"{item} {n}" for n in range(500)} for item in range(8)]
    new = [{**each, "k0": "new"} for each in old[1:]]
    assert align(old, new) == [(0, None), *((n + 1, n) for n in range(7))]
