"""Renders the records of the state, and the history of the state (its earlier versions), as text for people and as
JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioner.core.address import Address, spell_addresses
from provisioner.core.authorship import LATEST_TIME, Authorship
from provisioner.core.text.visible import each_on_one_line, make_visible, on_one_line
from provisioner.planning.action import Action
from provisioner.review.render.safe_json import dumps
from provisioner.review.render.units import columns, pad, plural
from provisioner.state.record_columns import Summary, summarize
from provisioner.state.records import Record, Retired, State


def records_text(records: Mapping[Address, Record], retired: Sequence[Retired] = ()) -> str:
    """Returns one line for each record of the state, with address, type and id. `retired` are objects that were
    replaced and still have to be deleted; a line is added for each of them.
    """
    if not records and not retired:
        return "The state records nothing yet; `provision apply` fills it."
    listed = summarize(records)
    rows: list[Summary | Retired] = [*listed, *retired]
    addresses = each_on_one_line(spell_addresses([each.address for each in rows]))
    ids = each_on_one_line([each.id for each in listed])
    ids += [on_one_line(f"{each.id} ({_waiting(each)})") for each in retired]
    types = {name: on_one_line(name) for name in {each.type for each in rows}}
    width, kinds = max(map(columns, addresses)), max(map(columns, types.values()))
    padded = {name: pad(text, kinds) for name, text in types.items()}
    cells = zip(rows, addresses, ids, strict=True)
    return "\n".join(f"{pad(address, width)}  {padded[each.type]}  {id}" for each, address, id in cells)


def _waiting(retired: Retired) -> str:
    """Returns a text that says when a replaced object, which still has to be deleted, was replaced and when it may be
    deleted.
    """
    if not retired.since:
        return "replaced, to be deleted"
    since, due = map(day, (retired.since, retired.since + retired.retire_after))
    return f"replaced {since}, to be deleted" + (f" from {due} on" if retired.retire_after else "")


def day(seconds: float) -> str:
    """Returns a time as text: `2026-01-31 12:00 UTC`. `seconds` is the time in seconds since 1970. If this format
    cannot express the time, the nearest possible time is returned.
    """
    return f"{datetime.fromtimestamp(min(max(0.0, seconds), float(LATEST_TIME)), UTC):%Y-%m-%d %H:%M} UTC"


def record_text(record: Record) -> str:
    """Returns one record of the state as text: its address, type and id; its release, its pin, and whether it is
    protected or adopted, if these are set; and its inputs (the field values that were sent last). Its other fields are
    left out.
    """
    lines = [on_one_line(text) for text in (str(record.address), f"  type: {record.type}", f"  id: {record.id}")]
    if record.release is not None:
        lines.append(f"  release: {record.release}")
    if record.pinned is not None:
        lines.append(f"  pinned to release: {record.pinned.release}")
    flags = [name for name in ("protect", "adopted") if getattr(record, name)]
    lines += [f"  {name}: yes" for name in flags]
    for name, value in sorted(record.inputs.items()):
        text = value if isinstance(value, str) else dumps(value)
        head, *rest = make_visible(text).split("\n")
        lines.append(f"  {on_one_line(name)}: {head}")
        lines += [f"    {line}" for line in rest]
    return "\n".join(lines)


def rebuilt_text(state: State, unplaced: Sequence[str]) -> str:
    """Returns a text about a state that was built again from the live objects. It says how many objects the state
    records, and which live objects (`unplaced`) could not be assigned to an address.
    """
    lines = [f"The new state records {plural(len(state.records), 'object')}."]
    if unplaced:
        lines += ["Not placed:", *(f"  {on_one_line(line)}" for line in unplaced)]
    lines.append("Next: provision plan")
    return "\n".join(lines)


#: A state of the history: its serial, its authorship, the number of its objects, and the reason why it cannot be read
#: (empty if it can be read).
Kept = tuple[int, Authorship | None, int | None, str]


def history_text(kept: Sequence[Kept]) -> str:
    """Returns one line for each version of the state in its history: serial (the number of the version), time, author
    and command. If author and command are not known, the line contains the number of objects instead, or the reason why
    this version cannot be read.
    """
    if not kept:
        return "No state is kept yet."
    rows = [
        (str(serial), *map(on_one_line, _author_columns(written, objects, trouble)))
        for serial, written, objects, trouble in kept
    ]
    widths = [max(columns(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join([*map(pad, row[:3], widths), row[3]]).rstrip() for row in rows)


def _author_columns(written: Authorship | None, objects: int | None, trouble: str) -> tuple[str, str, str]:
    """Returns three columns for a version of the state: time, author and command. If `written` is None, time and author
    are `-`. The last column is then `trouble`, the reason why the state cannot be read, or the number of `objects`.
    """
    if written is None:
        return "-", "-", trouble or f"records {plural(objects or 0, 'object')}"
    counts = dict(written.counts)
    interrupted = ["interrupted"] if counts.pop("interrupted", 0) else []
    known = [*(action.value for action in Action), "failed", "skipped"]
    named = [*(name for name in known if name in counts), *sorted(counts.keys() - set(known))]
    parts = [*interrupted, *(f"{counts[name]} {name}" for name in named if counts[name])]
    return day(written.time), written.who, f"{written.command}: {', '.join(parts)}" if parts else written.command


def history_json(kept: Sequence[Kept]) -> list[dict[str, Any]]:
    """Returns the versions of the state in its history as JSON objects. In each, `written` is null if the author is not
    known; otherwise, its `time` is in seconds since 1970.
    """
    return [
        {
            "serial": serial,
            "written": written.to_json() if written else None,
            "objects": objects,
            "trouble": trouble or None,
        }
        for serial, written, objects, trouble in kept
    ]


def record_json(record: Record) -> dict[str, Any]:
    """Returns one record as a JSON object, in the format of the state file."""
    return {"address": str(record.address), **record.to_json()}
