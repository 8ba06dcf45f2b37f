"""A plan file keeps what a plan does with replaced objects, and refuses anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import StateError
from provisioner.planning import planfile
from provisioner.planning.plan import Action, Change, Plan
from provisioner.state.records import digest

STORE = Address("vector_store", "books")


def plan_file(change: Change) -> str:
    return planfile.dump(planfile.Reviewed(1.0, "p", "e", "a", None, (), Plan((change,))))


@pytest.mark.parametrize("action", [Action.DELETE, Action.FORGET])
def test_a_replaced_object_is_deleted_or_forgotten(action: Action) -> None:
    """An object that the state did not create is forgotten instead of deleted."""
    change = Change(STORE, action, "vector_store", (), id="vs_1", retired=True)
    assert planfile.parse(plan_file(change), "plan").plan.changes == (change,)


@pytest.mark.parametrize(("field", "value"), [("action", "update"), ("id", None)])
def test_a_replaced_object_is_not_changed_in_another_way(field: str, value: Any) -> None:
    change = Change(STORE, Action.DELETE, "vector_store", (), id="vs_1", retired=True)
    body = json.loads(plan_file(change))
    body["changes"][0][field] = value
    del body["digest"]
    with pytest.raises(StateError, match="plan"):
        planfile.parse(json.dumps({**body, "digest": digest(body)}), "plan")
