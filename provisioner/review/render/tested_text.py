"""Renders the results of tests as text for people: one line for each test with its messages below it, and a summary."""

from __future__ import annotations

from provisioner.core.testresult import CaseResult, TestRun, Verdict
from provisioner.core.text.redaction import redact
from provisioner.core.text.visible import on_one_line
from provisioner.review.render.style import Style
from provisioner.review.render.units import plural

COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.BROKEN: "red", Verdict.NOT_RUN: "yellow"}
#: The most messages about one test.
SHOWN = 20


def result_text(result: CaseResult, style: Style, count: str = "") -> str:
    """Returns the result of a test as text: a line with its result, such as passed or failed, and its name, then lines
    with its hints and notes. If the test did not pass, its place and its messages are also shown. `count` is a text at
    the beginning of the first line, such as `[3/20] `.
    """
    facts = _facts(result)
    verdict = style.paint(result.verdict, COLOURS[result.verdict])
    lines = [f"{count}{verdict} {_safe(result.test.name)}{f' ({facts})' if facts else ''}"]
    if result.verdict is not Verdict.PASSED:
        lines += [f"  {_safe(str(result.test.place))}: {_safe(str(result.test.assistant))}"]
    messages = result.messages() if result.verdict is not Verdict.PASSED else []
    lines += [f"  {_safe(each)}" for each in messages[:SHOWN]]
    if len(messages) > SHOWN:
        lines.append(f"  and {plural(len(messages) - SHOWN, 'other message')}")
    lines += [f"  hint: {_safe(each)}" for each in result.hints()]
    lines += [style.paint(f"  note: {_safe(each)}", "yellow") for each in result.notes]
    left = [each for sample in result.samples for each in sample.leftovers]
    lines += [style.paint(f"  note: not deleted at OpenAI: {_safe(', '.join(left))}", "yellow")] if left else []
    return "\n".join(lines)


def summary_text(run: TestRun, style: Style) -> str:
    """Returns the summary line of a run of tests. It contains the number of tests with each result, the duration, the
    number of tokens and the cost.
    """
    counts = run.counts()
    parts = [style.paint(f"{count} {verdict}", COLOURS[verdict]) for verdict, count in counts.items() if count]
    facts = [f"{run.seconds:.1f} s", f"{run.tokens:,} tokens", cost_text(run.cost)]
    budget = f" of the budget of {run.budget:g} USD" if run.budget is not None else ""
    return f"{plural(len(run.results), 'test')}: {', '.join(parts) or 'none'} in {', '.join(facts)}{budget}."


def cost_text(cost: float | None) -> str:
    """Returns a text with an estimated cost in USD, or `unknown cost` if `cost` is None."""
    return "unknown cost" if cost is None else f"about {cost:.4f} USD"


def _facts(result: CaseResult) -> str:
    facts = []
    if result.test.samples > 1:
        facts.append(f"{result.passed_samples} of {result.test.samples} samples, {result.test.share:.0%} needed")
    if result.samples:
        facts.append(f"{result.seconds:.1f} s")
    return ", ".join(facts)


def _safe(text: str) -> str:
    return on_one_line(redact(text))
