"""Reasons of changes: their text is made when it is shown, and a plan file that is read back has equal ones."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.planning import planfile
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.planfile import Reviewed
from provisioner.planning.reason import TEXTS, Reason, ReasonCode, as_written, reason
from provisioner.review.render.filegroups import reasons_of
from provisioner.review.render.json_text import plan_json

STORE = Address("vector_store", "s")
UNDECLARED = Reason(ReasonCode.UNDECLARED)
TOLD = {
    "not there yet": reason(ReasonCode.NEW),
    "vanished: vs_1 was deleted outside of provision": reason(ReasonCode.VANISHED, "vs_1"),
    "moves from target agents to assistants": reason(ReasonCode.RETARGETED, "agents", "assistants"),
    "no longer in the manifests, and already deleted": reason(ReasonCode.ALREADY_DELETED, UNDECLARED),
    "everything is destroyed; it was adopted, so it stays at OpenAI": reason(
        ReasonCode.ADOPTED, reason(ReasonCode.DESTROYED)
    ),
    "was replaced earlier; not made by this state: why": reason(
        ReasonCode.NOT_OURS, reason(ReasonCode.REPLACED_EARLIER), "why"
    ),
    "files: 2 to attach, 1 with new attributes": reason(ReasonCode.MEMBERS, "files", 2, 0, 1, 0, 0),
    "files: only what is recorded of them changes": reason(ReasonCode.MEMBERS, "files", 0, 0, 0, 0, 0),
    "chunking_strategy cannot be changed in place: the store is made anew": reason(
        ReasonCode.MADE_ANEW, 0, "chunking_strategy"
    ),
    "a and b cannot be changed in place: the store is made anew, and its file is indexed again": reason(
        ReasonCode.MADE_ANEW, 1, "a", "b"
    ),
    "a cannot be changed in place: the store is made anew, and all 1200 files are indexed again": reason(
        ReasonCode.MADE_ANEW, 1_200, "a"
    ),
    "{x} {0} is set": reason(ReasonCode.FIELD_SET, "{x} {0}"),
    "instructions.polite changed": reason(ReasonCode.SOURCE_CHANGED, "instructions.polite"),
}


@pytest.mark.parametrize("text", list(TOLD))
def test_the_text_is_made_of_the_code_and_what_it_is_about(text: str) -> None:
    assert str(TOLD[text]) == text


def test_every_code_has_a_text() -> None:
    assert set(TEXTS) == set(ReasonCode)


def test_a_plan_file_that_is_read_back_is_equal() -> None:
    change = Change(STORE, Action.CREATE, "vector_store", tuple(TOLD.values()), None, {})
    reviewed = Reviewed(1.0, "p", "e", "a", None, (), Plan((change,)))
    text = planfile.dump(reviewed)
    assert json.loads(text)["changes"][0]["reasons"] == list(TOLD)
    read = planfile.parse(text, "the plan")
    assert read == reviewed
    assert planfile.dump(read) == text
    assert plan_json(read.plan)["changes"][0]["reasons"] == list(TOLD)


def test_reasons_are_told_apart_by_their_text_alone() -> None:
    assert len({*TOLD.values(), *as_written(*TOLD)}) == len(TOLD)
    assert as_written("x") != as_written("y")
    assert as_written("x")[0] != "x"


@pytest.mark.parametrize("given", [(reason(ReasonCode.NEW),), as_written("not there yet")])
def test_a_create_that_needs_no_reason_shows_none(given: tuple[Reason, ...]) -> None:
    change = Change(STORE, Action.CREATE, "vector_store", given)
    assert reasons_of(change) == ()
    assert reasons_of(replace(change, action=Action.REPLACE)) == ("not there yet",)
