"""Renders the findings of `provision lint` as text for people. Each finding is one line `path:line:column:
severity[rule]: message`. The last line contains the number of findings.
"""

from __future__ import annotations

from provisioner.core.finding import Finding, Findings
from provisioner.core.text.redaction import redact
from provisioner.core.text.visible import on_one_line
from provisioner.review.render.plan_text import SEVERITY_COLOURS
from provisioner.review.render.style import Style
from provisioner.review.render.units import plural


def lint_text(findings: Findings, style: Style) -> str:
    """Returns the findings as text, one on each line. The last lines contain the origin of the models' shutdown dates
    and the number of findings.
    """
    lines = [_line(each, style) for each in findings.found]
    if findings.note:
        lines.append(f"{style.paint('info:', 'blue')} {on_one_line(redact(findings.note))}")
    return "\n".join([*lines, _summary(findings)])


def _line(found: Finding, style: Style) -> str:
    label = style.paint(f"{found.severity}[{found.rule}]:", SEVERITY_COLOURS[found.severity])
    place = f"{on_one_line(str(found.place))}: " if found.place else ""
    return f"{place}{label} {on_one_line(redact(found.message))}"


def _summary(findings: Findings) -> str:
    parts = [plural(count, severity) for severity, count in findings.summary().items() if count]
    return f"{', '.join(parts) or 'nothing found'} in {plural(findings.resources, 'resource')}."
