"""Renders the objects that `provision gc` deletes, and the result for each object, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.objecttype import TYPES
from provisioner.core.text.redaction import redact
from provisioner.core.text.visible import on_one_line
from provisioner.planning.unmanaged import SURVEYED, Survey, Unmanaged
from provisioner.review.render.units import plural
from provisioner.review.render.unmanaged_json import object_json
from provisioner.review.render.unmanaged_text import SHOWN, describe_use, notes_of, table

FORMAT_VERSION = "1.0"

#: Objects that are kept, each with the reason.
Kept = Sequence[tuple[Unmanaged, str]]


def candidates_text(chosen: Sequence[Unmanaged], kept: Kept, found: Survey, *, everything: bool = False) -> str:
    """Returns a text with two lists: the objects that `provision gc` will delete (`chosen`), and the objects that it
    keeps (`kept`), with the reasons. The first list has a table for each type of object. Each table has at most SHOWN
    rows, or all rows if `everything` is True. `found` is the result of listing the live objects.
    """
    most = None if everything else SHOWN
    lines = []
    for type_ in SURVEYED:
        group = [each for each in chosen if each.type == type_]
        if group:
            lines.append(f"{_count(type_, len(group))} to delete:")
            lines += table(group, found.now, describe_use, most=most)
    if kept:
        reasons = {each.id: reason for each, reason in kept}
        lines.append(f"{plural(len(kept), 'object')} kept:")
        lines += table([each for each, _ in kept], found.now, lambda each: reasons[each.id], most=most)
    if not chosen:
        lines.append("Nothing to delete.")
    return "\n".join([*lines, *notes_of(found)])


def collected_text(deleted: Sequence[str], failed: Mapping[str, str], skipped: Mapping[str, str]) -> str:
    """Returns the result of the deletions as text. It contains the number of deleted objects, and each failed or
    skipped object with the reason. `deleted` contains ids of objects. `failed` and `skipped` map ids of objects to
    reasons.
    """
    return "\n".join(_outcome_lines(deleted, failed, skipped))


def candidates_json(chosen: Sequence[Unmanaged], kept: Kept) -> dict[str, Any]:
    """Returns the objects to delete (`chosen`) and the objects to keep (`kept`) as one JSON object. Each of these
    objects has the format of `provision unmanaged --json`.
    """
    return {
        "format_version": FORMAT_VERSION,
        "delete": [object_json(each) for each in chosen],
        "kept": [{**object_json(each), "reason": reason} for each, reason in kept],
        "outcome": None,
    }


def collected_json(deleted: Sequence[str], failed: Mapping[str, str], skipped: Mapping[str, str]) -> dict[str, Any]:
    """Returns the result of the deletions as a JSON object. It contains a list of the ids of the deleted objects. For
    the failed and the skipped objects, it contains two lists of objects with an id and a reason: `message` of a failed
    object, and `because` of a skipped one.
    """
    return {
        "deleted": sorted(deleted),
        "failed": [{"id": id, "message": redact(message)} for id, message in sorted(failed.items())],
        "skipped": [{"id": id, "because": because} for id, because in sorted(skipped.items())],
    }


def _outcome_lines(deleted: Sequence[str], failed: Mapping[str, str], skipped: Mapping[str, str]) -> Iterator[str]:
    numbers = [(len(deleted), "deleted"), (len(failed), "failed"), (len(skipped), "skipped")]
    yield "Done: " + ", ".join(f"{count:,} {word}" for count, word in numbers if count or word == "deleted") + "."
    for id, message in sorted(failed.items()):
        yield f"  {on_one_line(id)} failed: {on_one_line(message)}"
    for id, because in sorted(skipped.items()):
        yield f"  {on_one_line(id)} skipped: {on_one_line(because)}"


def _count(type_: str, count: int) -> str:
    declared = TYPES[type_]
    return f"{count:,} {declared.title if count == 1 else declared.plural}"
