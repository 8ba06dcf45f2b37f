"""Findings for people: `path:line:column: severity[rule]: message`, a line each, and a summary."""

from __future__ import annotations

from provisioner.finding import Finding, Findings
from provisioner.render.plan_text import SEVERITY_COLOURS
from provisioner.render.style import Style
from provisioner.render.units import plural


def lint_text(findings: Findings, style: Style) -> str:
    """Every finding, which list of models was used, and how many findings there are."""
    lines = [_line(each, style) for each in findings.found]
    if findings.note:
        lines.append(f"{style.paint('info:', 'blue')} {printable(findings.note)}")
    return "\n".join([*lines, _summary(findings)])


def printable(text: str) -> str:
    """The text, with what a terminal would act upon, or could not show, spelled as an escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _line(found: Finding, style: Style) -> str:
    label = style.paint(f"{found.severity}[{found.rule}]:", SEVERITY_COLOURS[found.severity])
    place = f"{printable(str(found.place))}: " if found.place else ""
    return f"{place}{label} {printable(found.message)}"


def _summary(findings: Findings) -> str:
    parts = [plural(count, severity) for severity, count in findings.summary().items() if count]
    return f"{', '.join(parts) or 'nothing found'} in {plural(findings.resources, 'resource')}."


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
