"""A fleet of tenants from one definition: planned, applied and changed, with variables from every source."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Provision, WriteProject

MANIFEST = """\
variables:
  tenants: {type: map}
  model: {default: gpt-4.1}
vector_stores:
  shelf: {for_each: "${var.tenants}", name: "Shelf ${each.key}"}
assistants:
  coach:
    for_each: ${var.tenants}
    target: agents
    model: ${var.model}
    instructions: Coach.
    metadata: {shelf: "at ${vector_store.shelf[each.key].id}", title: "${each.value.title}"}
  dean:
    model: ${var.model}
    instructions: Lead.
    tools: [{type: file_search, vector_stores: [shelf]}]
    metadata: {coach: '${assistant.coach["math"].id}'}
"""
TENANTS = {"math": {"title": "Maths"}, "art": {"title": "Art"}}


@pytest.mark.thorough
def test_a_fleet_is_made_and_one_changed_tenant_is_one_change(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": MANIFEST})
    file = folder / "tenants.json"
    file.write_text(json.dumps({"tenants": TENANTS}), encoding="utf-8")
    options = ("--var-file", str(file))
    missing = provision("validate")
    assert missing.code == 1
    assert "the variable `tenants` has no value" in missing.stderr
    applied = provision("apply", "--yes", *options)
    assert applied.code == 0, applied.stderr
    again = provision("plan", *options)
    assert again.code == 0, again.stderr
    assert "Nothing to do" in again.stdout + again.stderr
    output = json.loads(provision("output", "--json").stdout)
    shelf = output["vector_stores"]['shelf["math"]']
    assert output["assistants"]["dean"]["definition"]["tools"][0]["vector_store_ids"][0] in str(output["vector_stores"])
    assert str(shelf)
    file.write_text(json.dumps({"tenants": {**TENANTS, "art": {"title": "Arts"}}}), encoding="utf-8")
    changed = json.loads(provision("plan", "--json", *options).stdout)
    assert [change["address"] for change in changed["changes"]] == ['assistant.coach["art"]']
    only = provision("apply", "--yes", *options, "--only", 'assistant.coach["a*"]')
    assert only.code == 0, only.stderr
    shown = provision("show", 'assistant.coach["art"]')
    assert shown.code == 0
    assert "at vs_" in shown.stdout
    for command in (("lint", "--offline"), ("graph",), ("validate",)):
        ended = provision(*command, *options)
        assert ended.code == 0, (command, ended.stderr)
    small = provision("plan", "--var", "tenants={math: {title: Maths}}", *options)
    assert 'assistant.coach["art"]' in small.stdout


def test_options_of_variables_may_stand_on_both_sides_of_the_command(
    project: WriteProject, provision: Provision
) -> None:
    project({"a.yaml": "variables: {a: {type: number}, b: {type: number}, c: {}}\n"})
    ended = provision("--var", "a=1", "validate", "--var", "b=2", env={"PROVISION_VAR_C": "x"})
    assert ended.code == 0, ended.stderr
    wrong = provision("validate", "--var", "sk-secret")
    assert wrong.code == 1
    assert "`NAME=VALUE`" in wrong.stderr
    assert "sk-secret" not in wrong.stderr
