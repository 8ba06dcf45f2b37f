"""Finds the fields that an adoption does not change, because the adopted object already has the desired values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.equality import same
from provisioner.core.objecttype import TYPES
from provisioner.planning.plan import Action, Change
from provisioner.review.view.difference import field_below
from provisioner.review.view.member_differences import member_path


def find_unchanged(change: Change) -> tuple[str, ...]:
    """Returns the paths of the fields that an adoption does not change, because they match the manifest. They are
    fields, keys of fields such as `metadata.team`, files of a vector store, and files of a skill.

    For every other action, the result is empty. Fields that the manifest does not set are left out. Fields that the API
    never returns are also left out, because they cannot be compared.
    """
    if change.action is not Action.ADOPT or change.before is None or change.after is None:
        return ()
    return tuple(_unchanged(change.type, change.before, change.after))


def _unchanged(type_: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    from provisioner.openai_api.collections import FIELDS  # only plans with adoptions need it
    from provisioner.openai_api.collections.collection import field_of

    fields, members, content = FIELDS.get(type_, {}), *_parts(type_)
    for name in sorted(after.keys() & before.keys()):
        old, new = before[name], after[name]
        if name in (members, content):
            spell = member_path if name == members else field_below
            sides = [side if isinstance(side, Mapping) else {} for side in (old, new)]
            yield from (spell(name, key) for key in _equal_keys(*sides))
        elif same(old, new):
            # The description of a vector store is such a field: nothing says what it is.
            if members is None or field_of(fields, name).mode != "create_only":
                yield name
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from (field_below(name, key) for key in _equal_keys(old, new))


def _parts(type_: str) -> tuple[str | None, str | None]:
    """Returns the names of two fields for objects of the type `type_`: the field with the files of a vector store, and
    the field with the files of a skill. A name is None if objects of this type have no such field.
    """
    declared = TYPES.get(type_)
    if declared is None:
        return None, None
    return declared.members, None if declared.versions is None else declared.versions.content


def _equal_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted(new, key=str) if key in old and same(old[key], new[key])]


def summarize_unchanged(type_: str, paths: Sequence[str]) -> str:
    """Returns a short text about the paths that `find_unchanged` returned: `name, metadata.team, 3 files`. `type_` is
    the type of the object. The text is empty if there are no paths.
    """
    containers = [name for name in _parts(type_) if name is not None]
    counts: Counter[str] = Counter()
    named = []
    for path in paths:
        if any(path.startswith((f"{name}[", f"{name}.")) for name in containers):
            counts["file"] += 1
        else:
            named.append(path)
    named += [f"{count:,} file{'' if count == 1 else 's'}" for count in counts.values()]
    return ", ".join(named)
