"""With -v, a plan as text shows every field of the objects that it creates."""

from __future__ import annotations

from tests.conftest import Provision, WriteProject


def test_values_are_shown_resolved_or_known_after_apply(project: WriteProject, provision: Provision) -> None:
    project(
        {
            "a.yaml": """
            variables: {team: {type: string, default: physics}}
            vector_stores: {notes: {}}
            assistants:
              tutor:
                instructions: Teach.
                metadata: {team: "${var.team}", store: "${vector_store.notes.id}"}
            """
        }
    )
    short, long = provision("plan"), provision("plan", "-v")
    assert (short.code, long.code) == (0, 0), long.stderr
    assert "physics" not in short.stdout
    assert 'metadata: (none) → {"team": "physics", "store": ' in long.stdout
    assert "(id of vector_store.notes, known after apply)" in long.stdout
