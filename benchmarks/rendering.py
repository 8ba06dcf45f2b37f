"""How long it takes to show a plan of 1,000 changes in each form, from a plan file: the whole command."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.commands import provision, run
from benchmarks.figures import Figure
from provisioner.address import Address
from provisioner.plan import Action, Change, Plan
from provisioner.planfile import Reviewed, dump

CHANGES = 1_000
PARAGRAPH = "The tutor answers calmly, in short sentences, shows every step, and asks what was not understood."
FORMS = {"text": (), "JSON": ("--json",), "Markdown": ("--markdown",), "HTML": ("--html", "plan.html")}
MOST_SECONDS, MOST_MEGABYTES = 2, 5


def measure_rendering(folder: Path) -> Iterator[Figure]:
    """Each assistant's prompt changes in two of thirty lines, one of its tools changes, one goes and one comes."""
    path = folder / "reviewed.plan"
    path.write_text(dump(_reviewed(Plan(tuple(map(_change, range(CHANGES)))))), encoding="utf-8")
    for form, options in FORMS.items():
        seconds = min(run([*provision(), "show", str(path), *options], folder).seconds for _ in range(3))
        yield Figure(f"a plan of {CHANGES:,} changes as {form}", seconds, "s", MOST_SECONDS)
    yield Figure("  its page", (folder / "plan.html").stat().st_size / 1e6, "MB", MOST_MEGABYTES)


def _change(number: int) -> Change:
    prompt = "\n".join(f"{line}. {PARAGRAPH}" for line in range(30))
    edited = prompt.replace("7. The tutor", "7. The teacher").replace("20. The tutor", "20. A tutor")
    before = {"model": "gpt-6-luna", "instructions": prompt, "tools": [_tool(1), _tool(2), _tool(3)]}
    after = {"model": "gpt-6-luna", "instructions": edited, "tools": [_tool(1), _tool(2, strict=False), _tool(4)]}
    reasons = ("instructions changed", "tools changed")
    address = Address("assistant", f"tutor-{number}")
    return Change(address, Action.UPDATE, "definition", reasons, before, after, ("instructions", "tools"), "def@1")


def _tool(number: int, *, strict: bool = True) -> dict[str, Any]:
    properties = {f"field{each}": {"type": "string", "description": "What was asked."} for each in range(5)}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {"type": "function", "name": f"look_up_{number}", "strict": strict, "parameters": schema}


def _reviewed(plan: Plan) -> Reviewed:
    return Reviewed(time.time(), "benchmark", "default", "http://127.0.0.1/v1", None, (), plan, frozenset())
