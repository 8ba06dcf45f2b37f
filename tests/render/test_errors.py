"""Errors as diagnostics, in JSON and Markdown: what is wrong, where, what to do next, and what the API answered."""

from __future__ import annotations

import pytest

from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.errors import Blocked, InvalidManifest, ProvisionError, Rejected, TornState, diagnose
from provisioner.core.text.redaction import register
from provisioner.planning.plan import Outcome, Plan
from provisioner.planning.planbody import diagnostic_body, parse_diagnostic
from provisioner.review.render.json_text import diagnostics_json, failure_json, outcome_json
from provisioner.review.render.outcome_text import outcome_text
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import diagnostic_text
from provisioner.review.render.style import Style

PLACE = Place("manifests/a.yaml", 2, 3)
NOWHERE = {"file": None, "line": None, "column": None, "address": None}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            Rejected("no such model", status=400, code="model_not_found", hint="choose another"),
            {
                "severity": "error",
                "message": "no such model; choose another",
                **NOWHERE,
                "hint": "choose another",
                "status": 400,
                "code": "model_not_found",
            },
        ),
        (
            Rejected("unwell", status=500),
            {"severity": "error", "message": "unwell", **NOWHERE, "hint": None, "status": 500, "code": None},
        ),
        (
            Blocked("not confirmed", hint="say --yes"),
            {
                "severity": "blocked",
                "message": "not confirmed; say --yes",
                **NOWHERE,
                "hint": "say --yes",
                "status": None,
                "code": None,
            },
        ),
        (
            TornState("torn", place=PLACE),
            {
                "severity": "error",
                "message": "torn",
                "file": "manifests/a.yaml",
                "line": 2,
                "column": 3,
                "address": None,
            },
        ),
    ],
)
def test_an_error_is_one_diagnostic(error: ProvisionError, told: dict[str, object]) -> None:
    assert diagnostics_json(diagnose(error)) == [told]
    assert failure_json(diagnose(error))["diagnostics"] == [told]


def test_invalid_manifests_say_every_problem_as_before() -> None:
    found = [Diagnostic("error", "wrong", PLACE), Diagnostic("warning", "odd")]
    assert diagnose(InvalidManifest(found)) == found
    keys = {"severity", "message", "file", "line", "column", "address"}
    assert all(each.keys() == keys for each in diagnostics_json(found))


def test_people_read_the_hint_with_the_message_in_every_form() -> None:
    [told] = diagnose(Blocked("not confirmed", hint="say --yes"))
    assert diagnostic_text(told, Style()) == "blocked: not confirmed; say --yes"
    assert "not confirmed; say --yes" in plan_markdown(Plan(diagnostics=(told,)))
    assert str(told) == "not confirmed; say --yes"
    assert parse_diagnostic(diagnostic_body(told)).message == "not confirmed; say --yes"


def test_a_change_that_failed_says_the_same() -> None:
    [told] = diagnose(Rejected("no such model", status=400, code="model_not_found", hint="choose another"))
    [bug] = diagnose(ProvisionError("odd"))
    outcome = Outcome(failed={"assistant.a": told, "assistant.b": bug})
    answered = {"hint": "choose another", "status": 400, "code": "model_not_found"}
    assert outcome_json(outcome)["failed"] == [
        {"address": "assistant.a", "message": "no such model", **answered},
        {"address": "assistant.b", "message": "odd"},
    ]
    assert "assistant.a: no such model\n" in outcome_text(outcome, Style())


def test_a_hint_and_a_code_hold_no_key() -> None:
    key = "sk-proj-of-the-errors-0123456789"
    register(key)
    [told] = diagnostics_json(diagnose(Rejected("no", status=401, code=key, hint=f"not {key}")))
    assert key not in str(told)
