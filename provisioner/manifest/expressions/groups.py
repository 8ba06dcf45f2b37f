"""Replaces each name of a group in a list by the names of the group's resources. A group is all resources that one
`for_each` makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.text.composition import to_nfc
from provisioner.manifest.parsing.document import Written


class Spread(Written, frozen=True):
    """A list in a manifest, in which each name of a group was replaced by the names of the group's resources. A group
    is all resources that one `for_each` makes.

    `parts` are the items of the new list. An error in such a new name is reported at the place of the group's name in
    the manifest.
    """

    parts: tuple[Written, ...] = ()

    def items(self) -> Iterator[Written]:
        """Yields the items of the new list, in which the names of groups were replaced by names of resources."""
        yield from self.parts


def spread(written: Written, groups: Mapping[str, Sequence[str]], field: str | None = None) -> Written:
    """Returns the list `written`, in which each name of a group is replaced by the names of the group's resources. A
    group is all resources that one `for_each` makes. Returns `written` itself if it names no group. `groups` maps the
    name of each group to the names of its resources.

    If `field` is given, the items of the list are mappings, and each mapping contains the name in this field.
    """
    if not groups or not isinstance(written.value, list):
        return written
    if not any(_named(item, groups, field) for item in written.value):
        return written
    parts = [part for item in written.items() for part in _instances(item, groups, field)]
    return Spread(written.document, written.path, [part.value for part in parts], tuple(parts))


def _named(item: Any, groups: Mapping[str, Sequence[str]], field: str | None) -> Sequence[str] | None:
    """Returns the names of a group's resources if `item` names a group. Otherwise returns None. A group is all
    resources that one `for_each` makes. `groups` maps the name of each group to the names of its resources. If `field`
    is given, the name is in this field of `item`.
    """
    name = item if field is None else item.get(field) if isinstance(item, dict) else None
    return groups.get(to_nfc(name)) if isinstance(name, str) else None


def _instances(item: Written, groups: Mapping[str, Sequence[str]], field: str | None) -> Iterator[Written]:
    names = _named(item.value, groups, field)
    if names is None:
        yield item
        return
    for each in names:
        yield Written(item.document, item.path, each if field is None else {**item.value, field: each})
