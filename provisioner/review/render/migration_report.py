"""Renders the report of `provision migrate` as text, JSON and Markdown. The report contains the result for each object
and each field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from provisioner.core.text.redaction import redact
from provisioner.core.text.visible import on_one_line
from provisioner.manifest.migration.migrating import Migration
from provisioner.manifest.writing.outcomes import OPEN, FieldOutcome, ObjectReport, Outcome
from provisioner.review.render.json_text import FORMAT_VERSION, diagnostics_json
from provisioner.review.render.lint_json import encodable
from provisioner.review.render.markdown import code
from provisioner.review.render.style import Style
from provisioner.review.render.units import plural

COLOURS = {
    Outcome.CARRIED: "green",
    Outcome.MOVED: "blue",
    Outcome.DEFAULT: "dim",
    Outcome.GIVEN: "dim",
    Outcome.HOMELESS: "yellow",
    Outcome.SECRET: "red",
    Outcome.UNREAD: "yellow",
}
#: The words of JSON for outcomes.
WORDS = {outcome: outcome.name.lower() for outcome in Outcome}


def migration_text(migration: Migration, style: Style) -> str:
    """Returns the report of a migration as text. It contains each object with its fields, the number of objects, and
    the number of open fields: fields that could not be migrated, so that the user has to decide about them.
    """
    lines: list[str] = []
    for report in migration.objects:
        lines.append(style.paint(_heading(report), "bold"))
        lines += [f"  {_safe(report.note)}"] if report.note else []
        for outcome, fields in _grouped(report.fields):
            if outcome in OPEN or outcome is Outcome.MOVED:
                lines += [f"  {style.paint(outcome.value + ':', COLOURS[outcome])} {_field(each)}" for each in fields]
            else:
                names = ", ".join(_safe(each.path) for each in fields)
                lines.append(f"  {style.paint(outcome.value + ':', COLOURS[outcome])} {names}")
    return "\n".join([*lines, "", _summary(migration)])


def migration_json(migration: Migration) -> dict[str, Any]:
    """Returns the report of a migration as a JSON object. Its format is stable and has a `format_version`."""
    return {
        "format_version": FORMAT_VERSION,
        "target": migration.target,
        "summary": {WORDS[outcome]: count for outcome, count in _counted(migration).items()},
        "files": [encodable(path) for path in migration.files],
        "objects": [_object_json(report) for report in migration.objects],
        "diagnostics": diagnostics_json(migration.problems),
    }


def migration_markdown(migration: Migration) -> str:
    """Returns the report of a migration as Markdown, with one section for each object. Each section contains a table of
    the object's fields.
    """
    parts = ["# Migration", "", _summary(migration), ""]
    for diagnostic in migration.problems:
        parts.append(f"- {code(_safe(str(diagnostic)))}")
    for report in migration.objects:
        parts += ["", f"## {code(_heading(report))}", ""]
        parts += [_cell(report.note), ""] if report.note else []
        if report.fields:
            parts += ["| field | outcome | where | why |", "| --- | --- | --- | --- |"]
            parts += [
                f"| {code(_safe(each.path))} | {each.outcome.value} | {code(_safe(each.to)) if each.to else ''} "
                f"| {_cell(each.reason)} |"
                for each in report.fields
            ]
    return "\n".join(parts) + "\n"


def _heading(report: ObjectReport) -> str:
    name = f" `{_safe(report.name)}`" if report.name else ""
    id_ = f" ({_safe(report.id)})" if report.id else ""
    place = f"{_safe(str(report.place))}: " if report.place else ""
    became = f" → {_safe(report.address)}" if report.address else ""
    return f"{place}{report.type.replace('_', ' ')}{name}{id_}{became}"


def _field(field: FieldOutcome) -> str:
    to = f" → {_safe(field.to)}" if field.to and field.to != field.path else ""
    return f"{_safe(field.path)}{to}{f': {_safe(field.reason)}' if field.reason else ''}"


def _grouped(fields: Sequence[FieldOutcome]) -> Iterable[tuple[Outcome, list[FieldOutcome]]]:
    for outcome in Outcome:
        if found := [each for each in fields if each.outcome is outcome]:
            yield outcome, found


def _counted(migration: Migration) -> dict[Outcome, int]:
    counts = Counter(each.outcome for report in migration.objects for each in report.fields)
    return {outcome: counts[outcome] for outcome in Outcome}


def _summary(migration: Migration) -> str:
    kinds = Counter(report.type.replace("_", " ") for report in migration.objects)
    found = ", ".join(plural(count, kind) for kind, count in kinds.items())
    counts = _counted(migration)
    lost = [f"{plural(counts[outcome], 'field')}: {outcome.value}" for outcome in OPEN if counts[outcome]]
    problems = [plural(len(migration.problems), "problem") + " in the sources"] if migration.problems else []
    return f"Found {found} for the target {migration.target}. {'; '.join([*lost, *problems]) or 'Nothing is lost'}."


def _object_json(report: ObjectReport) -> dict[str, Any]:
    place = report.place
    return {
        "type": report.type,
        "id": report.id,
        "name": encodable(redact(report.name)),
        "address": report.address,
        "file": encodable(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "note": encodable(redact(report.note)) if report.note else None,
        "fields": [
            {
                "path": encodable(each.path),
                "outcome": WORDS[each.outcome],
                "to": encodable(each.to) if each.to else None,
                "reason": encodable(redact(each.reason)) if each.reason else None,
            }
            for each in report.fields
        ],
    }


def _safe(text: str | None) -> str:
    return on_one_line(redact(text or ""))


def _cell(text: str | None) -> str:
    """Returns `text` as inline code for a cell of a Markdown table. No part of the text has an effect as markup. The
    result is empty if `text` is None or empty.
    """
    return code(_safe(text).replace("|", "¦")) if text else ""
