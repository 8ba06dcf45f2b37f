"""`provision pull DIR` in a project: names that it takes in any environment, or in its state, are not taken again."""

from __future__ import annotations

from dataclasses import replace

from provisioner.planning.plan import Action
from tests.unmanaged.steps import Desk

SETTINGS = """\
project: test
state: ../state
environments:
  dev: {ignore: [only-prod.yaml]}
  prod: {}
"""


def test_names_of_other_environments_moves_and_records_are_taken(desk: Desk) -> None:
    desk = replace(desk, environment="dev")
    desk.write({"provision.yaml": SETTINGS, "notes.yaml": "vector_stores: {gone: {}, each: {for_each: [a]}}\n"})
    desk.apply()
    desk.write(
        {
            "notes.yaml": "moved: [{from: vector_store.old, to: vector_store.new}]\n"
            "vector_stores: {new: {}, each: {for_each: [a]}}\n",
            "only-prod.yaml": "vector_stores: {handbook: {}}\n",
        }
    )
    for name in ("Handbook", "Old", "Gone", "Each"):
        desk.client.vector_stores.create(name=name)
    pulled = desk.pull()
    names = {str(each.address) for each in pulled.objects}
    assert names == {f"vector_store.{name}-2" for name in ("handbook", "old", "gone", "each")}
    plan = desk.plan()
    assert not plan.errors(), plan.diagnostics
    adopted = {str(change.address) for change in plan.changes if change.action is Action.ADOPT and not change.fields}
    assert adopted == names


def test_what_another_environment_imports_is_not_pulled(desk: Desk) -> None:
    desk = replace(desk, environment="dev")
    store = desk.client.vector_stores.create(name="Handbook").id
    entry = f"imports: [{{to: vector_store.handbook, id: {store}}}]\nvector_stores: {{handbook: {{}}}}\n"
    desk.write({"provision.yaml": SETTINGS, "only-prod.yaml": entry})
    assert not desk.pull(write=False).files
