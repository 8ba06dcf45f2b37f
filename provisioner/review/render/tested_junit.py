"""Converts the results of tests to an XML document in the format of JUnit, which CI systems show.

A failed test has a `failure` element, a broken test has an `error` element, and a test that was not run has a `skipped`
element. The suite is named after the project and its environment. The class of each test is the name of its assistant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from provisioner.core.testresult import CaseResult, TestRun, Verdict
from provisioner.core.text.redaction import redact
from provisioner.core.text.visible import make_visible, on_one_line

#: Characters that XML 1.0 does not allow, also not as references.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: The element of each verdict that is not `passed`.
ELEMENTS: Mapping[Verdict, str] = {Verdict.FAILED: "failure", Verdict.BROKEN: "error", Verdict.NOT_RUN: "skipped"}
#: The most characters of the answers in one test's output.
MOST_OUTPUT = 20_000


def junit(run: TestRun) -> str:
    """Returns a run of tests as an XML document in the format of JUnit."""
    counts = run.counts()
    totals = {
        "tests": str(len(run.results)),
        "failures": str(counts[Verdict.FAILED]),
        "errors": str(counts[Verdict.BROKEN]),
        "skipped": str(counts[Verdict.NOT_RUN]),
        "time": f"{run.seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", {"name": "provision test", **totals})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _line(f"{run.project} ({run.environment})"), **totals})
    for result in run.results:
        _add(suite, result)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(suite: ElementTree.Element, result: CaseResult) -> None:
    test = result.test
    attributes = {
        "classname": _line(str(test.assistant)),
        "name": _line(test.name),
        "file": _line(test.place.file),
        "line": str(test.place.line),
        "time": f"{result.seconds:.3f}",
    }
    case = ElementTree.SubElement(suite, "testcase", attributes)
    if (element := ELEMENTS.get(result.verdict)) is not None:
        messages = [*result.messages(), *(f"hint: {each}" for each in result.hints())]
        found = ElementTree.SubElement(case, element, {"message": _line("; ".join(messages[:1]))})
        if result.verdict is not Verdict.NOT_RUN:
            found.set("type", result.verdict.value)
            where = f"{test.place}: {result.passed_samples} of {len(result.samples)} samples passed"
            found.text = _block("\n".join([where, *messages]))
    if answers := "\n\n".join(answer for sample in result.samples for answer in sample.answers):
        ElementTree.SubElement(case, "system-out").text = _block(answers[:MOST_OUTPUT])


def _line(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", on_one_line(redact(text)))


def _block(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", make_visible(redact(text)))
