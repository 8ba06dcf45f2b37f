"""Compares two values. Fields are compared by their paths, texts by their lines and words, and files by size and
digest. The result is a sequence of differences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from provisioner.core.equality import same
from provisioner.planning.plan import Unknown, UnknownText
from provisioner.review.view.alignment import align
from provisioner.review.view.prose import TextDifference, compare_texts
from provisioner.review.view.words import differ_in_blanks_only, differ_in_composition_only

Kind = Literal["added", "removed", "changed"]

#: The largest number of characters of a text that is compared as a whole. A longer text, or one of several lines, is
#: compared line by line.
SHORT = 80
#: The largest number of characters of JSON of an added or removed list or mapping that is shown as one difference.
ON_ONE_LINE = 120
NAME = re.compile(r"[A-Za-z_][\w-]*")
#: The fields that identify the content of a file.
CONTENT = ("bytes", "sha256")
#: The fields that identify an item of a list, such as a tool of a type by its name. The first of these fields that the
#: item has is used.
NAMES = ("name", "server_label", "filename", "path", "file_id")


class Absent:
    """The type of `ABSENT`, a constant for a missing value. The constant is needed because None stands for null, which
    a field can have as its value.
    """

    def __repr__(self) -> str:
        return "(none)"


ABSENT = Absent()


class Note(str):
    """A text that provision shows in place of a value, such as `attached`. The text is shown without quotes, because it
    is not data of the object.
    """


class Content(dict[str, Any]):
    """The content of a file, given by its size and digest: `{"bytes": …, "sha256": …}`. The type distinguishes it from
    a mapping in a manifest that has the same keys, which is a plain `dict`.
    """


class Difference(Struct, frozen=True):
    """One difference between two objects, at one path.

    `before` and `after` are the values; ABSENT stands for a missing value. `text` contains the changed lines if the
    values are long texts. The content of a file is at the path `content`, and its values have the type Content.

    A change of instructions or tools that several assistants use is shown once for all these assistants. If this
    difference contains such a change, `shared_with` contains the addresses of the instructions or tools, and `text`
    contains only the other changed lines.
    """

    path: str
    before: Any
    after: Any
    text: TextDifference | None = None
    shared_with: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """Returns how the value changed: `added`, `removed` or `changed`."""
        return "added" if self.before is ABSENT else "removed" if self.after is ABSENT else "changed"


def compare_file(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields the differences between two files, field by field. The size and the digest are compared together, as the
    content.
    """
    contents = [_content(fields) for fields in (before, after)]
    if contents[0] != contents[1]:
        yield Difference("content", *contents)
    rest = [{name: value for name, value in side.items() if name not in CONTENT} for side in (before, after)]
    yield from compare_fields(*rest)


def compare_digests(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """Yields a difference for each file of a folder that was added, removed or changed. `before` and `after` map the
    path of each file to its digest. `name` is the name of the field that contains the folder.
    """
    for path in sorted({*before, *after}):
        old, new = (Content({"sha256": side[path]}) if path in side else ABSENT for side in (before, after))
        if old != new:
            yield Difference(field_below(name, path), old, new)


def compare_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields the differences between two objects, field by field, in the order of the fields' names."""
    for name in sorted({*before, *after}):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        # Equality is checked first, because it is fast and most fields of most changes are equal.
        if not same(old, new):
            yield from compare(name, to_plain(old), to_plain(new))


def compare(path: str, before: Any, after: Any) -> Iterator[Difference]:
    """Yields the differences between two values, and between the values inside them. `path` is the path of both values.
    Both values must have the form that `to_plain` returns.
    """
    if same(before, after):
        return
    if _is_prose(before, after) or _is_prose(after, before) or _look_alike(before, after):
        yield Difference(path, before, after, compare_texts(_text(before), _text(after)))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _compare_mappings(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _compare_lists(path, before, after)
    elif _is_long(before) or _is_long(after):
        yield from _expand(path, before, after)
    else:
        yield Difference(path, before, after)


def is_short(value: Any) -> bool:
    """Returns whether an added or removed value is short enough for one line. Longer lists and mappings are shown as
    several differences, and longer texts line by line.
    """
    return not _is_long(value)


def to_plain(value: Any) -> Any:
    """Returns the value, with all mappings as dicts and all sequences as lists. An id that is not known yet is replaced
    by `{"known_after_apply": "file.students.id"}`.
    """
    if isinstance(value, Unknown | UnknownText):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value


def _is_long(value: Any) -> bool:
    """Returns whether an added or removed value is too long for one line. If so, readers see a list or mapping value by
    value, and a text line by line.
    """
    if isinstance(value, str):
        return is_prose(value)
    if not isinstance(value, Mapping | list) or (isinstance(value, Mapping) and set(value) == {"known_after_apply"}):
        return False
    return bool(value) and len(json.dumps(value, ensure_ascii=False, default=str)) > ON_ONE_LINE


def _expand(path: str, before: Any, after: Any) -> Iterator[Difference]:
    """Yields one difference for each value inside an added or removed value. If the value has changed its type, the old
    value is shown as removed, and the new value as added. `path` is the path of the value.
    """
    sides = [side for side in (before, after) if side is not ABSENT and side is not None]
    if len(sides) == 2:
        yield from compare(path, before, ABSENT)
        yield from compare(path, ABSENT, after)
        return
    (value,) = sides
    for below, item in _steps(path, value):
        yield from compare(below, *((item, ABSENT) if value is before else (ABSENT, item)))


def _steps(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yields the path and the value of each item of `value`, a mapping or a list. `path` is the path of `value`.

    If each item of a list has a different label (its type and name), the path of an item contains its label. Otherwise,
    it contains the number of the item.
    """
    if isinstance(value, Mapping):
        yield from ((field_below(path, key), value[key]) for key in sorted(value, key=str))
        return
    labelled = _by_label(value)
    for key, item in enumerate(value) if labelled is None else labelled.items():
        yield f"{path}[{key}]", item


def _compare_mappings(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for key in sorted({*before, *after}, key=str):
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        if not same(old, new):
            yield from compare(field_below(path, key), old, new)


def _compare_lists(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    """Yields the differences between two lists. The items are matched by their labels (type and name) if each item has
    a different label; a difference is also yielded if the order of the labels has changed. Otherwise, equal items are
    matched first, and then the remaining items in pairs. `path` is the path of both lists.
    """
    old, new = _by_label(before), _by_label(after)
    if old is None or new is None:
        yield from _compare_in_order(path, before, after)
        return
    kept = [label for label in old if label in new]
    if kept != [label for label in new if label in old]:
        yield Difference(f"{path} (order)", kept, [label for label in new if label in old])
    for label in dict.fromkeys([*old, *new]):
        yield from compare(f"{path}[{label}]", old.get(label, ABSENT), new.get(label, ABSENT))


def _compare_in_order(path: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Difference]:
    """Yields the differences between two lists whose items have no labels. Equal items are skipped, and the remaining
    items are compared in pairs. `path` is the path of both lists.
    """
    steps = align(before, after)
    taken = {new for _, new in steps if new is not None}
    for old, new in steps:
        # An item has its present position, a removed one its former position, so that paths are unique.
        step = new if new is not None else f"{old} before" if old in taken else old
        sides = (ABSENT if old is None else before[old], ABSENT if new is None else after[new])
        yield from compare(f"{path}[{step}]", *sides)


def _by_label(items: Sequence[Any]) -> dict[str, Any] | None:
    """Returns the items of a list, keyed by their labels. A label is the type and the name of an item. Returns None if
    an item has no label, or if two items have the same label.
    """
    labelled = {_label(item): item for item in items}
    return labelled if len(labelled) == len(items) and "" not in labelled else None


def _label(item: Any) -> str:
    """Returns the label of an item of a list. The label identifies the item by its type and name: `function
    get_weather` or `file_search`. It is empty if the item has neither type nor name.
    """
    if not isinstance(item, Mapping):
        return ""
    function = item.get("function")
    inner = function if isinstance(function, Mapping) else item
    name = next((inner[key] for key in NAMES if isinstance(inner.get(key), str)), None)
    return " ".join(part for part in (item.get("type"), name) if isinstance(part, str))


def _content(fields: Mapping[str, Any]) -> Any:
    return Content({name: fields[name] for name in CONTENT if name in fields}) or ABSENT


def field_below(path: str, key: Any) -> str:
    """Returns the path of a value that is inside the value at `path`. `key` is the name of the inner value, or its
    position.
    """
    return f"{path}.{key}" if isinstance(key, str) and NAME.fullmatch(key) else f"{path}[{key}]"


def is_prose(text: str) -> bool:
    """Returns whether a text is long enough to be compared line by line."""
    return len(text) > SHORT or "\n" in text


def _is_prose(value: Any, other: Any) -> bool:
    """Returns whether `value` is a long text that can be compared with `other` line by line. For this, `other` must be
    a text or missing.
    """
    return isinstance(value, str) and is_prose(value) and (other is ABSENT or other is None or isinstance(other, str))


def _look_alike(before: Any, after: Any) -> bool:
    """Returns whether two different texts look the same to a reader. Such texts are compared line by line even if they
    are short, and a note says why they differ.
    """
    if isinstance(before, str) and isinstance(after, str):
        return differ_in_blanks_only(before, after) or differ_in_composition_only(before, after)
    return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
