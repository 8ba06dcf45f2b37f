"""Renders the objects that the chosen environment of the project does not manage, as text: a table for each type of
object, and the costs of storage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.estimate import Storage
from provisioner.core.objecttype import TYPES
from provisioner.core.text.visible import on_one_line
from provisioner.planning.unmanaged import SURVEYED, Survey, Unmanaged
from provisioner.review.render.units import columns, pad, plural, size

#: The most rows of one object type, unless all are wanted.
SHOWN = 20
#: The most users that a row names, and the most columns of a display name.
NAMED, WIDTH = 3, 40
#: The units of ages, with their lengths in seconds.
AGES = (("day", 86_400), ("hour", 3_600), ("minute", 60))
NOTHING = "There is no such object that this environment does not manage."


def unmanaged_text(found: Survey, storage: Storage | None, *, everything: bool = False) -> str:
    """Returns a text that lists the objects that the chosen environment of the project does not manage. The table of
    each type has at most SHOWN rows. If `everything` is True, it has all rows.
    """
    lines = [line for type_ in SURVEYED for line in _section(type_, found, everything=everything)]
    if not lines:
        lines = [NOTHING]
    if storage is not None:
        lines += ["", _storage_line(storage)]
    lines += notes_of(found)
    return "\n".join(lines)


def notes_of(found: Survey) -> list[str]:
    """Returns a line for each type of object that could not be listed, and for each environment of the project whose
    state could not be read.
    """
    lines = [f"Not listed: {on_one_line(reason)}." for reason in found.missing.values()]
    return lines + [
        f"Not everything that environment {on_one_line(name)} uses is known: {on_one_line(reason)}"
        for name, reason in found.unread.items()
    ]


def table(
    objects: Sequence[Unmanaged], now: float, note: Callable[[Unmanaged], str], *, most: int | None = SHOWN
) -> Iterator[str]:
    """Yields a row for each object: its id, display name, age and size, and a note that the function `note` returns for
    the object. After `most` rows, a last row says how many objects are left out. `now` is the present time in seconds
    since 1970.
    """
    shown = objects if most is None else objects[:most]
    cells = [tuple(map(on_one_line, (each.id, short_name(each), age_of(each, now), _size(each)))) for each in shown]
    widths = [max((columns(row[column]) for row in cells), default=0) for column in range(4)]
    for row, each in zip(cells, shown, strict=True):
        padded = [pad(cell, width) for cell, width in zip(row, widths, strict=True) if width]
        yield f"  {'  '.join([*padded, on_one_line(note(each))])}".rstrip()
    if len(objects) > len(shown):
        yield f"  and {len(objects) - len(shown):,} more (--all shows them)"


def short_name(each: Unmanaged) -> str:
    """Returns the display name of an object, shortened to WIDTH characters. The result is `-` if the object has no
    name.
    """
    name = each.name or "-"
    return name if len(name) <= WIDTH else f"{name[: WIDTH - 1]}…"


def age_of(each: Unmanaged, now: float) -> str:
    """Returns the age of an object as text, in whole days, hours or minutes: `41 days`. `now` is the present time in
    seconds since 1970.
    """
    if not each.live.created_at:
        return "age unknown"
    seconds = max(0.0, now - each.live.created_at)
    for unit, length in AGES:
        if seconds >= length:
            return plural(int(seconds // length), unit)
    return "now"


def describe_use(each: Unmanaged) -> str:
    """Returns a text about one object: its owner, the objects that use it, and remarks such as `expired`."""
    users = [str(user) for user in each.users]
    more = f" and {len(users) - NAMED} more" if len(users) > NAMED else ""
    parts = [f"belongs to {each.owner}"] if each.owner else []
    if each.live.status == "expired":
        parts.append("expired")
    if users:
        parts.append(f"used by {', '.join(users[:NAMED])}{more}")
    elif TYPES[each.type].kind is not ASSISTANT_KIND:  # which applications use an assistant is not known
        parts.append("unused")
    purpose = each.live.fields.get("purpose")
    if isinstance(purpose, str) and purpose != "assistants":
        parts.append(f"purpose {purpose}")
    return "; ".join(parts)


def _section(type_: str, found: Survey, *, everything: bool) -> Iterator[str]:
    objects = [each for each in found.objects if each.type == type_]
    if not objects:
        return
    others = sum(each.owner is not None for each in objects)
    of_others = f", {others:,} of them with the mark of others" if others else ""
    declared = TYPES[type_]
    noun = declared.title if len(objects) == 1 else declared.plural
    yield f"{len(objects):,} {noun}{of_others}:"
    # Those that nobody owns are first, because something can be done about them.
    ordered = sorted(objects, key=lambda each: each.owner is not None)
    yield from table(ordered, found.now, describe_use, most=None if everything else SHOWN)


def _size(each: Unmanaged) -> str:
    return "" if each.size is None else size(each.size)


def _storage_line(storage: Storage) -> str:
    unmanaged = storage.bytes_before - storage.bytes_after
    saved = storage.usd_before - storage.usd_after
    return (
        f"Vector storage that nobody manages: {size(unmanaged)} of {size(storage.bytes_before)}; "
        f"{saved:.2f} of {storage.usd_before:.2f} USD a month"
    )
