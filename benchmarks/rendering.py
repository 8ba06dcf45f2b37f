"""How long it takes to show a plan of 1,000 changes, and a plan of very long changes, in each form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.commands import provision, run
from benchmarks.figures import Figure
from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.planfile import Reviewed, dump
from provisioner.planning.reason import ReasonCode, reason
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.render.json_text import dumps, plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style

CHANGES = 1_000
PARAGRAPH = "The tutor answers calmly, in short sentences, shows every step, and asks what was not understood."
FORMS: dict[str, tuple[Callable[[Plan], str], tuple[str, ...]]] = {
    "text": (lambda plan: plan_text(plan, Style()), ()),
    "JSON": (lambda plan: dumps(plan_json(plan)), ("--json",)),
    "Markdown": (plan_markdown, ("--markdown",)),
    "HTML": (lambda plan: plan_html(plan, Heading("benchmark", "default", "", 0)), ("--html", "plan.html")),
}
MOST_SECONDS, MOST_MEGABYTES = 2, 20
#: The numbers of assistants and of rewritten lines in each of their prompts, and the most seconds of processor time.
REWRITTEN, LINES, MOST_REWRITTEN_SECONDS = 300, 800, 10


def measure_rendering(folder: Path) -> Iterator[Figure]:
    """Each assistant's prompt changes in two of thirty lines, one of its tools changes, one goes and one comes.

    The whole command also reads the plan file, and with --html it shows the plan as text, too.
    """
    plan = Plan(tuple(map(_change, range(CHANGES))))
    path = folder / "reviewed.plan"
    path.write_text(dump(_reviewed(plan)), encoding="utf-8")
    for form, (render, options) in FORMS.items():
        yield Figure(f"a plan of {CHANGES:,} changes as {form}", _least(partial(render, plan)), "s", MOST_SECONDS)
        seconds = min(run([*provision(), "show", str(path), *options], folder).seconds for _ in range(3))
        yield Figure("  the whole command, from a plan file", seconds, "s")
    yield Figure("  its page", (folder / "plan.html").stat().st_size / 1e6, "MB", MOST_MEGABYTES)
    long = Plan(tuple(map(_rewritten, range(REWRITTEN))))
    name = f"{REWRITTEN} prompts with {LINES} rewritten lines each"
    for form, (render, _) in FORMS.items():
        begun = time.process_time()
        render(long)
        yield Figure(f"{name}, as {form}", time.process_time() - begun, "s", MOST_REWRITTEN_SECONDS)


def _least(work: Callable[[], object]) -> float:
    """The least of three times, in seconds."""
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def _change(number: int) -> Change:
    prompt = "\n".join(f"{line}. {PARAGRAPH}" for line in range(30))
    edited = prompt.replace("7. The tutor", "7. The teacher").replace("20. The tutor", "20. A tutor")
    before = {"model": "gpt-6-luna", "instructions": prompt, "tools": [_tool(1), _tool(2), _tool(3)]}
    after = {"model": "gpt-6-luna", "instructions": edited, "tools": [_tool(1), _tool(2, strict=False), _tool(4)]}
    reasons = tuple(reason(ReasonCode.FIELD_CHANGED, field) for field in ("instructions", "tools"))
    address = Address("assistant", f"tutor-{number}")
    return Change(address, Action.UPDATE, "definition", reasons, before, after, ("instructions", "tools"), "def@1")


def _rewritten(number: int) -> Change:
    before = "\n".join(f"{number}.{line}. {PARAGRAPH}" for line in range(LINES))
    after = before.replace("The tutor", "A teacher").replace("every step", "each step")
    sides = {"instructions": before}, {"instructions": after}
    address = Address("assistant", f"tutor-{number}")
    reasons = (reason(ReasonCode.FIELD_CHANGED, "instructions"),)
    return Change(address, Action.UPDATE, "definition", reasons, *sides, ("instructions",), "def@1")


def _tool(number: int, *, strict: bool = True) -> dict[str, Any]:
    properties = {f"field{each}": {"type": "string", "description": "What was asked."} for each in range(5)}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {"type": "function", "name": f"look_up_{number}", "strict": strict, "parameters": schema}


def _reviewed(plan: Plan) -> Reviewed:
    return Reviewed(time.time(), "benchmark", "default", "http://127.0.0.1/v1", None, (), plan)
