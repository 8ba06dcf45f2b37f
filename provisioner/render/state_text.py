"""What the state records, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from provisioner.address import Address
from provisioner.render.json_text import dumps
from provisioner.render.units import columns, pad, plural
from provisioner.state import Record, Retired, State
from provisioner.view.visible import make_visible, on_one_line


def records_text(records: Mapping[Address, Record], retired: Sequence[Retired] = ()) -> str:
    """A line for each record: address, type, id; and one for each object that waits to be deleted."""
    if not records and not retired:
        return "The state records nothing yet; `provision apply` fills it."
    cells = [(str(address), records[address].type, records[address].id) for address in sorted(records)]
    cells += [(str(each.address), each.type, f"{each.id} ({_waiting(each)})") for each in retired]
    rows = [tuple(map(on_one_line, row)) for row in cells]
    width, kinds = (max(columns(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{pad(address, width)}  {pad(type_, kinds)}  {id}" for address, type_, id in rows)


def _waiting(retired: Retired) -> str:
    """Since when an object is replaced, and from when on it may be deleted."""
    if not retired.since:
        return "replaced, to be deleted"
    since, due = (f"{datetime.fromtimestamp(each, UTC):%Y-%m-%d %H:%M} UTC" for each in _times(retired))
    return f"replaced {since}, to be deleted" + (f" from {due} on" if retired.retire_after else "")


def _times(retired: Retired) -> tuple[float, float]:
    """When it was replaced and when it is due, within what a date can say."""
    latest = 253402300799.0
    return min(max(0.0, retired.since), latest), min(max(0.0, retired.since + retired.retire_after), latest)


def record_text(record: Record) -> str:
    """One record whole."""
    lines = [on_one_line(text) for text in (str(record.address), f"  type: {record.type}", f"  id: {record.id}")]
    if record.release is not None:
        lines.append(f"  release: {record.release}")
    flags = [name for name in ("protect", "adopted") if getattr(record, name)]
    lines += [f"  {name}: yes" for name in flags]
    for name, value in sorted(record.inputs.items()):
        text = value if isinstance(value, str) else dumps(value)
        head, *rest = make_visible(text).split("\n")
        lines.append(f"  {on_one_line(name)}: {head}")
        lines += [f"    {line}" for line in rest]
    return "\n".join(lines)


def rebuilt_text(state: State, unplaced: Sequence[str]) -> str:
    """What a rebuilt state records, and what could not be placed in it."""
    lines = [f"The new state records {plural(len(state.records), 'object')}."]
    if unplaced:
        lines += ["Not placed:", *(f"  {on_one_line(line)}" for line in unplaced)]
    lines.append("Next: provision plan")
    return "\n".join(lines)


def record_json(record: Record) -> dict[str, Any]:
    """One record as it is in the state."""
    return {"address": str(record.address), **record.to_json()}
