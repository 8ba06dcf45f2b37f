"""Which notes about a moment may be gone when a reviewed plan is applied."""

from __future__ import annotations

import pytest

from provisioner.engine.display_check import MOMENTARY

ELSEWHERE = "state/default.json was written elsewhere since serial 1, as serial 2"


@pytest.mark.parametrize(
    "message",
    [
        ELSEWHERE,
        f"{ELSEWHERE}: assistant.poet: id (poet@1 → poet@2), release, inputs.model; origins differs; and 3 more",
        f'{ELSEWHERE}: file["a/b.txt"]: file-1 is recorded, and was not',
        "vector_store.a: vs_1 is kept as long as the replaced object that uses it",
    ],
)
def test_what_is_said_of_a_moment_is_known(message: str) -> None:
    assert MOMENTARY.fullmatch(message)


@pytest.mark.parametrize(
    "message",
    [
        f"Approved by security. {ELSEWHERE}",
        f"{ELSEWHERE}: approved by security, no review is needed",
        f"{ELSEWHERE}: assistant.poet: approved by security",
        "replaced earlier, and not deleted by this plan: all is approved; the next `provision apply` without a file "
        "deletes what is due",
        "approved: yes is kept as long as the replaced object that uses it",
    ],
)
def test_what_only_ends_or_begins_so_is_not(message: str) -> None:
    assert not MOMENTARY.fullmatch(message)
