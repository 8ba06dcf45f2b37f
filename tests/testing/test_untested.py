"""The index of releases says which assistants are not tested yet; other writers of the index keep that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import TornState
from provisioner.state.releases.index import ReleaseIndex, dump_index, parse_index
from provisioner.state.releases.registering import copy_releases

ACTOR = Address("assistant", "actor")
INDEX = replace(ReleaseIndex.new(), untested={ACTOR: 3, Address("assistant", 'tutor["math"]'): 0})


def test_the_index_keeps_them() -> None:
    assert parse_index(dump_index(INDEX), "index").untested == INDEX.untested
    assert INDEX.with_releases({}, 7).untested == INDEX.untested
    assert copy_releases(INDEX, {Address("assistant", "new"): ACTOR}).untested == INDEX.untested


def test_an_index_without_them_is_as_before() -> None:
    text = dump_index(ReleaseIndex.new())
    assert "untested" not in text
    assert parse_index(text, "index").untested == {}


@pytest.mark.parametrize("value", [[], {"actor": 1}, {"assistant.actor": "1"}, {"assistant.actor": -1}])
def test_other_values_are_refused(value: Any) -> None:
    body = {**json.loads(dump_index(INDEX)), "untested": value}
    with pytest.raises(TornState):
        parse_index(json.dumps(body), "index")
