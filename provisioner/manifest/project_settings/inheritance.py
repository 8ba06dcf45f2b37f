"""Merges an assistant's fields with the defaults of its environment and of the project, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from provisioner.core.diagnostic import Place
from provisioner.manifest.parsing.document import Steps, Written

#: Keys that determine the form of a mapping. If one of two mappings has such a key, they are not merged, because fields
#: of two forms do not fit together.
FORMS = ("type", "access")


@dataclass(frozen=True, slots=True)
class Merged(Written):
    """A mapping that was merged from several mappings. `parts` has the value of each key, with its own place.

    `document` and `path` belong to the mapping that was merged last.
    """

    parts: Mapping[str, Written] = field(default_factory=dict)

    def get(self, key: str) -> Written | None:
        """Returns the value of the field `key`, or None if the field is missing or null."""
        part = self.parts.get(key)
        return part if part is not None and part.value is not None else None

    def fields(self) -> Iterator[tuple[str, Written]]:
        """Yields (key, value) for every field of this mapping. Each value has its own place."""
        yield from self.parts.items()

    def place_of(self, steps: Steps) -> Place:
        """Returns the place of the key at the path `steps` below this mapping."""
        part = self.parts.get(str(steps[0])) if steps else None
        return part.place_of(steps[1:]) if part is not None else Written.place_of(self, steps)


def merge_fields(inherited: Mapping[str, Written], own: Mapping[str, Written]) -> dict[str, Written]:
    """Returns the fields of `own`, and the fields of `inherited` that `own` does not have. Two mappings under one name
    are merged.

    A null in `own` removes an inherited field. A null without an inherited field stays in the result.
    """
    merged = dict(inherited)
    for name, item in own.items():
        before = inherited.get(name)
        if before is None or before.value is None:
            merged[name] = item
        elif item.value is None:
            del merged[name]
        else:
            merged[name] = _merge(before, item)
    return merged


def _merge(before: Written, item: Written) -> Written:
    """Returns the value that results if `item` overrides `before`. Two mappings are merged if neither of them has a key
    of FORMS, such as `type`. In all other cases, `item` is the result.
    """
    if not isinstance(before.value, dict) or not isinstance(item.value, dict):
        return item
    if any(key in value for key in FORMS for value in (before.value, item.value)):
        return item
    parts = merge_fields(dict(before.fields()), dict(item.fields()))
    return Merged(item.document, item.path, {name: part.value for name, part in parts.items()}, parts)
