"""Renders the result of `provision pull` as text and as JSON: what was written, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from provisioner.core.text.visible import on_one_line
from provisioner.manifest.writing.outcomes import OPEN, ObjectReport
from provisioner.planning.unmanaged import Survey, Unmanaged
from provisioner.review.render.units import plural
from provisioner.review.render.unmanaged_json import object_json
from provisioner.review.render.unmanaged_text import SHOWN, notes_of, table

FORMAT_VERSION = "1.0"
NOTHING = "Nothing to write: no manifest is missing for what nobody manages."

#: Objects that were left out, each with the reason.
Left = Sequence[tuple[Unmanaged, str]]


def pulled_text(
    objects: Sequence[ObjectReport], left: Left, paths: Sequence[str], found: Survey, *, written: bool
) -> str:
    """Returns the result of `provision pull`, which writes manifests for existing objects, as text. The text lists the
    written files (`paths`), the objects to adopt with their addresses and ids, and the objects that were left out
    (`left`). It also lists the types of objects and the environments of the project that could not be read, according
    to `found`. If `written` is False, no file was written, and the text says `would write`.
    """
    declared = [each for each in objects if each.address is not None]
    lines = [f"{'wrote' if written else 'would write'} {on_one_line(path)}" for path in paths] or [NOTHING]
    if declared:
        lines.append(f"{plural(len(declared), 'object')} to adopt:")
        lines += [f"  {on_one_line(f'{each.address}  {each.id}')}" for each in declared[:SHOWN]]
        if len(declared) > SHOWN:
            lines.append(f"  and {len(declared) - SHOWN:,} more")
    lines += _open_lines(declared)
    if left:
        reasons = {each.id: reason for each, reason in left}
        lines.append(f"{plural(len(left), 'object')} left out:")
        lines += table([each for each, _ in left], found.now, lambda each: reasons[each.id])
    return "\n".join([*lines, *notes_of(found)])


def pulled_json(
    objects: Sequence[ObjectReport], left: Left, paths: Sequence[str], found: Survey, *, written: bool
) -> dict[str, Any]:
    """Returns the result of `provision pull`, which writes manifests for existing objects, as a JSON object. The JSON
    object contains the files (`paths`), the objects to adopt, and the objects that were left out (`left`). It also
    contains the types of objects and the environments of the project that could not be read, according to `found`.
    `written` is False if no file was written.
    """
    return {
        "format_version": FORMAT_VERSION,
        "written": written and bool(paths),
        "files": list(paths),
        "objects": [
            {"address": each.address, "type": each.type, "id": each.id, "open": list(_open_fields(each))}
            for each in objects
            if each.address is not None
        ],
        "left": [{**object_json(each), "reason": reason} for each, reason in left],
        "missing": [{"type": type_, "reason": reason} for type_, reason in found.missing.items()],
        "unread": [{"environment": name, "reason": reason} for name, reason in found.unread.items()],
    }


def _open_lines(objects: Sequence[ObjectReport]) -> Iterator[str]:
    """Yields a line for each open field of the objects: a field whose value a manifest cannot express. The value is not
    in the written manifest, so the user has to decide what to do.
    """
    for each in objects:
        for field in _open_fields(each):
            line = f"{each.address}: {field['path']}: {field['reason']}"
            yield f"  {on_one_line(line)}"


def _open_fields(each: ObjectReport) -> Iterator[dict[str, Any]]:
    for field in each.fields:
        if field.outcome in OPEN:
            yield {"path": field.path, "outcome": field.outcome.value, "reason": field.reason}
