"""Renders the result of an apply as text for people."""

from __future__ import annotations

from provisioner.core.text.redaction import redact
from provisioner.core.text.safetext import message as safe_message
from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Outcome
from provisioner.review.render.style import Style


def outcome_text(outcome: Outcome, style: Style) -> str:
    """Returns a text with the number of applied, failed and skipped changes. If a change failed or was skipped, the
    text also lists all changes, with the reasons of the failed and skipped ones.
    """
    lines: list[str] = []
    if outcome.failed or outcome.skipped:
        lines += [
            f"  {style.paint('applied', 'green')} {on_one_line(str(each.address))}: {each.action}"
            for each in outcome.applied
        ]
    lines += [
        f"  {style.paint('failed', 'red')} {on_one_line(name)}: {safe_message(told.message)}"
        for name, told in outcome.failed.items()
    ]
    lines += [
        f"  {style.paint('skipped', 'yellow')} {on_one_line(name)}: {on_one_line(redact(because))}"
        for name, because in outcome.skipped.items()
    ]
    counts = [f"{len(outcome.applied)} applied", f"{len(outcome.failed)} failed", f"{len(outcome.skipped)} skipped"]
    if not outcome.failed and not outcome.skipped:
        counts = counts[:1]
    verb = "Interrupted" if outcome.interrupted else "Failed" if outcome.failed else "Done"
    if verb == "Done" and outcome.skipped:
        verb = "Not all done"
    lines.append(f"{style.paint(verb, 'bold')}: {', '.join(counts)} in {outcome.seconds:.1f} s.")
    if outcome.failed or outcome.interrupted:
        lines.append("What was applied is in the state; correct the rest and apply again.")
    return "\n".join(lines)
