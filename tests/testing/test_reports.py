"""The results of a run in each form: text, JSON, JUnit and Markdown; nothing in an answer breaks one of them."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from provisioner.core.testresult import CaseResult, Check, Sample, TestRun
from provisioner.core.text.redaction import register
from provisioner.core.text.safetext import block
from provisioner.review.render.json_text import dumps
from provisioner.review.render.style import Style
from provisioner.review.render.tested_json import test_run_json as run_json
from provisioner.review.render.tested_junit import junit
from provisioner.review.render.tested_markdown import MOST
from provisioner.review.render.tested_markdown import test_run_markdown as run_markdown
from provisioner.review.render.tested_text import result_text, summary_text
from tests.testing.samples import declared, expectation

UNMET = expectation("contains", "yes")


def sample(*messages: str, answer: str = "no", problem: str = "", number: int = 1, **more: Any) -> Sample:
    checks = tuple(Check(UNMET, message) for message in messages) or (() if problem else (Check(UNMET),))
    values = {"tokens": 10, "seconds": 1.25, "cost": 0.001, **more}
    return Sample(number, checks, (answer,), problem=problem, **values)


def results(*, answer: str = "no") -> tuple[CaseResult, ...]:
    return (
        CaseResult(declared(name="good"), (sample(answer=answer),), notes=("a.yaml:1:1: this mock matched no call",)),
        CaseResult(declared(name="bad", samples=2), (sample("contains: nothing", answer=answer), sample(number=2))),
        CaseResult(declared(name="broken"), (sample(problem="no such model", answer=answer),), hint="choose another"),
        CaseResult(declared(name="late"), not_run="not run: the budget is spent"),
    )


def whole(*, answer: str = "no") -> TestRun:
    return TestRun("helpers", "prod", results(answer=answer), 2.5, 1.0)


def test_text_says_what_went_wrong_and_where() -> None:
    text = "\n".join(result_text(each, Style()) for each in results())
    assert text == (
        "passed good (1.2 s)\n"
        "  note: a.yaml:1:1: this mock matched no call\n"
        "failed bad (1 of 2 samples, 100% needed, 2.5 s)\n"
        "  manifests/tests.yaml:3:5: assistant.actor\n"
        "  contains: nothing\n"
        "broken broken (1.2 s)\n"
        "  manifests/tests.yaml:3:5: assistant.actor\n"
        "  no such model\n"
        "  hint: choose another\n"
        "not run late\n"
        "  manifests/tests.yaml:3:5: assistant.actor\n"
        "  not run: the budget is spent"
    )
    assert summary_text(whole(), Style()) == (
        "4 tests: 1 passed, 1 failed, 1 broken, 1 not run in 2.5 s, 40 tokens, about 0.0040 USD of the budget of 1 USD."
    )


def test_json_has_everything() -> None:
    body = json.loads(dumps(run_json(whole())))
    assert body["summary"] == {"passed": 1, "failed": 1, "broken": 1, "not_run": 1}
    assert (body["exit_code"], body["tokens"], body["cost"], body["budget"]) == (1, 40, 0.004, 1.0)
    bad = body["tests"][1]
    assert (bad["verdict"], bad["share"], bad["needed_share"]) == ("failed", 0.5, 1.0)
    assert bad["samples"][0]["checks"][0] == {
        "passed": False,
        "message": "contains: nothing",
        "expectation": "contains",
        "turn": None,
        "file": "manifests/tests.yaml",
        "line": 3,
        "column": 5,
    }


def test_junit_counts_and_names() -> None:
    root = ElementTree.fromstring(junit(whole()))
    suite = root[0]
    for element in (root, suite):
        assert [element.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    assert suite.get("name") == "helpers (prod)"
    found = {case.get("name"): [child.tag for child in case] for case in suite}
    assert found == {
        "good": ["system-out"],
        "bad": ["failure", "system-out"],
        "broken": ["error", "system-out"],
        "late": ["skipped"],
    }


def test_markdown_has_a_table_and_the_failures_first() -> None:
    text = run_markdown(whole())
    rows = [line.split("|")[2].strip() for line in text.splitlines() if line.startswith("| ")]
    assert rows == ["test", "`broken`", "`bad`", "`late`", "`good`"]
    assert "contains: nothing" in text
    assert "choose another" in text


#: What a model may answer: control characters, markup, commands to a runner, halves of characters, the end of a block.
HOSTILE = (
    "\x00\x1b[31m ]]> </testcase> <b> & ```\n::error::gone\n##[add-mask] \ud800 \ufffe | @here \u202e " + "x" * 100_000
)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [1, 400])
def test_no_answer_breaks_a_form(size: int) -> None:
    cases = tuple(
        CaseResult(declared(name=f"case-{number}"), (sample(f"contains: {HOSTILE[:300]}", answer=HOSTILE),))
        for number in range(size)
    )
    run = TestRun("helpers", "prod", cases, 1.0)
    if size == 1:
        answers = json.loads(dumps(run_json(run)))["tests"][0]["samples"][0]["answers"]
        assert len(answers[0]) > 100_000
    root = ElementTree.fromstring(junit(run))
    assert len(list(root.iter("testcase"))) == size
    markdown = block(run_markdown(run))
    assert len(markdown) < MOST + 1_000
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in markdown.splitlines())
    for each in cases[:1]:
        text = block(result_text(each, Style()))
        assert "\x1b" not in text
        assert len(text.splitlines()) == 3


def test_secrets_are_removed_from_every_form() -> None:
    register("sk-very-secret-value-of-a-test")
    run = whole(answer="the key is sk-very-secret-value-of-a-test")
    for text in (dumps(run_json(run)), junit(run), run_markdown(run)):
        assert "very-secret" not in text
