"""What a record says of the version that it records, and what an edited state may not say."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import TornState
from provisioner.state.folding import fold
from provisioner.state.journal import Delta
from provisioner.state.parsing import parse
from provisioner.state.records import Origin, Record, Retired, State, dump
from provisioner.state.versions import ids_of, origins_of, version_of

ADDRESS = Address("skill", "review")
ECHO = {"default_version": "3", "latest_version": "4", "created_at": 100}
STATE = State.new(account="here", project="shop", environment="prod")


def skill(inputs: dict[str, Any] | None = None, **echo: Any) -> Record:
    return Record(ADDRESS, "skill", "skill_1", inputs or {"content": {"SKILL.md": "abc"}}, {**ECHO, **echo})


def test_the_version_of_a_record_is_the_one_that_was_the_default() -> None:
    assert version_of(skill()) == "skill_1@3"
    assert ids_of(skill()) == ("skill_1", "skill_1@3")
    assert ids_of(Record(Address("file", "a"), "file", "file-1", {})) == ("file-1",)


@pytest.mark.parametrize("number", [3, None, "", "a/b", "1 2", "x" * 300])
def test_a_number_that_is_none_names_no_version(number: Any) -> None:
    assert ids_of(skill(default_version=number)) == ("skill_1",)


def test_the_first_version_is_as_old_as_its_object_and_later_ones_have_a_time_of_their_own() -> None:
    assert origins_of(skill())["skill_1@3"] == Origin(created_at=100)
    assert origins_of(skill(version_created_at=200)) == {
        "skill_1": Origin(created_at=100),
        "skill_1@3": Origin(created_at=200),
    }


def test_what_is_retired_keeps_its_time_when_the_record_moves_on() -> None:
    state = fold(STATE, [Delta(record=skill())])
    retire = Retired(ADDRESS, "skill_version", "skill_1@3")
    after = fold(state, [Delta(record=skill(default_version="5", version_created_at=300), retire=retire)])
    assert after.origins == {"skill_1@3": Origin(created_at=100)}
    assert parse(dump(after), "state").retired == (retire,)


@pytest.mark.parametrize("content", [7, None, "text", ["a"], {"SKILL.md": 7}, {"SKILL.md": None}])
def test_a_content_that_is_none_is_refused(content: Any) -> None:
    text = dump(fold(STATE, [Delta(record=skill({"content": content}))]))
    with pytest.raises(TornState):
        parse(text, "state")


def test_a_size_that_is_none_is_refused() -> None:
    text = dump(fold(STATE, [Delta(record=skill({"content": {}, "bytes": "many"}))]))
    with pytest.raises(TornState):
        parse(text, "state")
