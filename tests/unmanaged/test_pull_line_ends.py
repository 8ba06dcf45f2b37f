"""Instructions at OpenAI whose line ends no manifest keeps: they are pulled, and adopted unchanged."""

from __future__ import annotations

import pytest

from provisioner.planning.plan import Action
from tests.unmanaged.steps import Desk


@pytest.mark.parametrize("text", ["Rhyme.\n", "Rhyme.\r\nAlways.\r\n\r\n", "\ufeffRhyme.\rAlways.", "Übe.\n\n\n"])
def test_instructions_that_differ_only_in_line_ends_are_adopted_unchanged(desk: Desk, text: str) -> None:
    id = desk.client.beta.agents.create(model="gpt-6-luna", name="poet", instructions=text).id
    pulled = desk.pull()
    assert not pulled.left
    plan = desk.plan()
    assert [(change.action, change.fields) for change in plan.changes] == [(Action.ADOPT, ())], plan.changes
    desk.apply()
    assert not desk.plan().changes
    assert not desk.plan().drift
    assert desk.client.beta.agents.retrieve(id).instructions == text
