"""Converts the results of tests to JSON. The format is stable and has a `format_version`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.declaredtest import Expectation
from provisioner.core.testresult import CaseResult, Sample, TestRun
from provisioner.review.render.json_text import FORMAT_VERSION
from provisioner.review.render.lint_json import encodable


def test_run_json(run: TestRun) -> Mapping[str, Any]:
    """Returns a run of tests as a JSON object. It contains the number of tests with each result, and each test with its
    samples (the single runs of the test). Costs are in USD. A cost is null if a price is not known.
    """
    return {
        "format_version": FORMAT_VERSION,
        "project": run.project,
        "environment": run.environment,
        "unapplied": run.unapplied,
        "summary": {verdict.value.replace(" ", "_"): count for verdict, count in run.counts().items()},
        "seconds": round(run.seconds, 3),
        "tokens": run.tokens,
        "cost": run.cost,
        "budget": run.budget,
        "exit_code": int(run.exit_code()),
        "tests": [_result(each) for each in run.results],
    }


def _result(result: CaseResult) -> dict[str, Any]:
    test = result.test
    return {
        "name": encodable(test.name),
        "assistant": encodable(test.assistant.name),
        "description": encodable(test.description) or None,
        "verdict": result.verdict.value.replace(" ", "_"),
        "file": encodable(test.place.file),
        "line": test.place.line,
        "column": test.place.column,
        "share": round(result.share, 4),
        "needed_share": test.share,
        "seconds": round(result.seconds, 3),
        "tokens": result.tokens,
        "cost": result.cost,
        "messages": [encodable(each) for each in result.messages()],
        "hints": [encodable(each) for each in result.hints()],
        "notes": [encodable(each) for each in result.notes],
        "samples": [_sample(each) for each in result.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "number": sample.number,
        "passed": sample.passed,
        "answers": [encodable(each) for each in sample.answers],
        "calls": [
            {"name": encodable(each.name), "arguments": encodable(each.arguments), "result": _optional(each.result)}
            for each in sample.calls
        ],
        "checks": [
            {"passed": each.passed, "message": encodable(each.message) or None, **_expectation(each.expectation)}
            for each in sample.checks
        ],
        "seconds": round(sample.seconds, 3),
        "tokens": sample.tokens,
        "cost": sample.cost,
        "problem": encodable(sample.problem) or None,
        "not_deleted": [encodable(each) for each in sample.leftovers],
    }


def _expectation(expectation: Expectation) -> dict[str, Any]:
    return {
        "expectation": expectation.kind.value,
        "turn": None if expectation.turn is None else expectation.turn + 1,
        "file": encodable(expectation.place.file),
        "line": expectation.place.line,
        "column": expectation.place.column,
    }


def _optional(text: str | None) -> str | None:
    return None if text is None else encodable(text)
