"""Renders the results of tests as Markdown, for comments on pull requests and for summaries of CI jobs."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.core.testresult import CaseResult, TestRun, Verdict
from provisioner.core.text.redaction import redact
from provisioner.review.render.markdown import code, fence, folded, html_code
from provisioner.review.render.style import Style
from provisioner.review.render.tested_text import cost_text, summary_text
from provisioner.review.render.units import plural

#: The most characters of the page, which is below the limit of a comment on GitHub (65,536).
MOST = 60_000
#: The most messages about one test, and the most characters of an answer.
MESSAGES, ANSWER = 10, 1_500
SIGNS: Mapping[Verdict, str] = {
    Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.BROKEN: "💥", Verdict.NOT_RUN: "⏭️"
}  # fmt: skip
ORDER = (Verdict.BROKEN, Verdict.FAILED, Verdict.NOT_RUN, Verdict.PASSED)


def test_run_markdown(run: TestRun) -> str:
    """Returns a run of tests as Markdown: a table of the tests (at most 100), then the messages of each test that did
    not pass or has notes. Tests that did not pass come first. If the text is too long, its last parts are left out, and
    a line says how many parts are missing.
    """
    ordered = sorted(run.results, key=lambda result: ORDER.index(result.verdict))
    title = f"### Tests of {code(run.project)} ({code(run.environment)})"
    parts = [title, summary_text(run, Style())]
    if ordered:
        parts.append(_table(ordered))
    parts += [_details(each) for each in ordered if each.verdict is not Verdict.PASSED or each.notes]
    kept: list[str] = []
    length = 0
    for part in parts:
        length += len(part) + 2
        if length > MOST:
            kept.append(f"{plural(len(parts) - len(kept), 'other part')} of this page would be too long to show.")
            break
        kept.append(part)
    return "\n\n".join(kept)


def _table(results: list[CaseResult]) -> str:
    rows = ["| | test | assistant | samples | time | cost |", "|---|---|---|---|---|---|"]
    for each in results[:100]:
        samples = f"{each.passed_samples}/{each.test.samples}" if each.samples else ""
        cost = cost_text(each.cost) if each.samples else ""
        cells = [code(each.test.name), code(each.test.assistant.name), samples, f"{each.seconds:.1f} s", cost]
        rows.append(f"| {SIGNS[each.verdict]} | {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    if len(results) > 100:
        rows.append(f"| | and {len(results) - 100} more | | | | |")
    return "\n".join(rows)


def _details(result: CaseResult) -> str:
    messages = [*result.messages(), *(f"hint: {each}" for each in result.hints()), *result.notes]
    lines = [f"{result.test.place}: {result.verdict}", *messages[:MESSAGES]]
    if len(messages) > MESSAGES:
        lines.append(f"and {len(messages) - MESSAGES} more")
    body = fence([redact(" ".join(line.split())) for line in lines], "text")
    answers = [answer for sample in result.samples if not sample.passed for answer in sample.answers[-1:] if answer]
    if answers:
        body += f"\n\nThe first answer that did not pass:\n\n{fence(redact(answers[0][:ANSWER]).splitlines(), 'text')}"
    return folded(
        f"{SIGNS[result.verdict]} {html_code(result.test.name)}", body, opened=result.verdict is Verdict.FAILED
    )
