"""What is sealed: opened by its key and by no other, and damage is told apart from a wrong key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.core.errors import NewerState, TornState, UsageError, WrongKey
from provisioner.state.sealing import BEGINNING, UNSEALED, Seal, is_sealed

KEY, OTHER = "a key of the team's", "another key of the team's"
SEAL = Seal(KEY)
TEXT = '{"instructions": "당신은 개인 수학 교사입니다."}\n'
SEALED = SEAL.seal(TEXT, "prod state")


def test_it_comes_back() -> None:
    assert SEAL.unseal(SEALED, "prod state", "the state") == TEXT
    assert Seal(KEY).unseal(SEALED, "prod state", "the state") == TEXT


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_any_text_comes_back(text: str) -> None:
    assert SEAL.unseal(SEAL.seal(text, "prod state"), "prod state", "the state") == text


def test_nothing_of_it_shows() -> None:
    assert is_sealed(SEALED)
    assert "instructions" not in SEALED
    assert "\n" not in SEALED
    assert KEY not in SEALED
    assert KEY not in repr(SEAL)


def test_the_same_text_is_never_sealed_the_same() -> None:
    assert len({SEAL.seal(TEXT, "prod state") for _ in range(20)}) == 20


def test_without_keys_a_text_stays_as_it_is() -> None:
    assert UNSEALED.seal(TEXT, "prod state") == TEXT
    assert SEAL.unseal(TEXT, "prod state", "the state") == TEXT


@pytest.mark.thorough
def test_a_former_key_still_opens_and_the_present_one_seals() -> None:
    rotated = Seal(OTHER, (KEY,))
    assert rotated.unseal(SEALED, "prod state", "the state") == TEXT
    assert Seal(OTHER).unseal(rotated.seal(TEXT, "prod state"), "prod state", "the state") == TEXT


def test_former_keys_alone_open_and_seal_nothing() -> None:
    leaving = Seal(None, (KEY,))
    assert leaving.unseal(SEALED, "prod state", "the state") == TEXT
    assert leaving.seal(TEXT, "prod state") == TEXT


@pytest.mark.parametrize(
    ("seal", "what"),
    [(Seal(OTHER), "encrypted with another key"), (UNSEALED, "no key is named")],
)
def test_a_wrong_key_is_said_to_be_one(seal: Seal, what: str) -> None:
    with pytest.raises(WrongKey, match=what) as caught:
        seal.unseal(SEALED, "prod state", "the state")
    assert "key" in (caught.value.hint or "")


def test_another_purpose_does_not_open() -> None:
    with pytest.raises(TornState, match="put there from elsewhere"):
        SEAL.unseal(SEALED, "dev state", "the state")


@pytest.mark.parametrize("seal", [SEAL, Seal(OTHER)])
def test_a_text_cut_off_anywhere_is_torn(seal: Seal) -> None:
    for end in range(len(BEGINNING), len(SEALED)):
        with pytest.raises(TornState):
            seal.unseal(SEALED[:end], "prod state", "the state")


@pytest.mark.parametrize("part", ["salt", "check", "sum", "nonce", "data"])
def test_a_damaged_part_is_torn_and_no_wrong_key(part: str) -> None:
    body = json.loads(SEALED)
    body[part] = ("B" if body[part][0] == "A" else "A") + body[part][1:]
    with pytest.raises(TornState, match="encrypted and damaged"):
        SEAL.unseal(json.dumps(body, separators=(",", ":")), "prod state", "the state")


def test_a_later_format_is_said_to_be_one() -> None:
    with pytest.raises(NewerState):
        SEAL.unseal(SEALED.replace('{"sealed":1', '{"sealed":2'), "prod state", "the state")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(UsageError, match="fewer than 16"):
        Seal("short")


def test_a_run_derives_one_key() -> None:
    seal = Seal(KEY)
    seal.unseal(SEALED, "prod state", "the state")
    again = seal.seal(TEXT, "prod state")
    assert json.loads(again)["salt"] == json.loads(SEALED)["salt"]
    assert len(seal._derived) == 1
