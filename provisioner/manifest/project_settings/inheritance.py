"""Merges mappings key by key: an assistant's fields with the project's defaults, and a resource's manifest entry with
the fields that an environment of the project overrides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import field

from provisioner.core.diagnostic import Place
from provisioner.manifest.parsing.document import Document, Steps, Written

#: Keys that determine the form of a mapping. If one of two mappings has such a key, they are not merged, because fields
#: of two forms do not fit together.
FORMS = ("type", "access")


class Merged(Written, frozen=True):
    """A mapping that was merged from several mappings. `parts` maps each key to its value, which keeps its own place.

    `document` and `path` are those of the mapping that overrides the others. But in a result of `overlay`, they are
    those of the declaration.
    """

    parts: Mapping[str, Written] = field(default_factory=dict)

    def get(self, key: str) -> Written | None:
        """Returns the value of the field `key`. Returns None if the field is missing, is null or is known to have an
        error.
        """
        part = self.parts.get(key)
        return part if part is not None and part.value is not None and not _is_bad(part) else None

    def fields(self) -> Iterator[tuple[str, Written]]:
        """Yields (key, value) for every field of this mapping that is not known to have an error. Each value has its
        own place.
        """
        for key, part in self.parts.items():
            if not _is_bad(part):
                yield key, part

    def at(self, steps: Steps) -> tuple[Document, Steps]:
        """Returns the document in which an inner value of this merged mapping is written, and the path of the inner
        value in that document. `steps` is the path of the inner value below this mapping.
        """
        part = self.parts.get(str(steps[0])) if steps else None
        return part.at(steps[1:]) if part is not None else Written.at(self, steps)

    def place_of(self, steps: Steps) -> Place:
        """Returns the place of the key at the path `steps` below this mapping, in the file that contains the key."""
        part = self.parts.get(str(steps[0])) if steps else None
        return part.place_of(steps[1:]) if part is not None else Written.place_of(self, steps)


def merge_fields(
    inherited: Mapping[str, Written], own: Mapping[str, Written], *, keeps_null: bool = False
) -> dict[str, Written]:
    """Returns the fields of `own`, and the fields of `inherited` that are not in `own`. If a field is a mapping in
    both, the two mappings are merged, except if one of them has a key of FORMS, such as `type`. Then the mapping in
    `own` is used.

    A null in `own` removes an inherited field. A null without an inherited field stays in the result. With
    `keeps_null`, every null of `own` stays. Then the null can remove the field when the result is merged again.
    """
    merged = dict(inherited)
    for name, item in own.items():
        before = inherited.get(name)
        if before is None or before.value is None:
            merged[name] = item
        elif item.value is not None:
            merged[name] = _merge(before, item, keeps_null)
        elif keeps_null:
            merged[name] = item
        else:
            del merged[name]
    return merged


def overlay(base: Written, value: Written, *, keeps_null: bool) -> Written:
    """Returns the declaration `base` with the fields of `value`. A field of `value` overrides the field of `base`; two
    mappings are merged. The result has the place of `base`.

    If the field `type` differs between `value` and `base`, the result contains only the fields of `value`. With
    `keeps_null`, a null in `value` stays in the result instead of removing the field.
    """
    own = dict(value.fields())
    is_other = "type" in own and own["type"].value != base.value.get("type")
    parts = own if is_other else merge_fields(dict(base.fields()), own, keeps_null=keeps_null)
    return Merged(base.document, base.path, {name: part.value for name, part in parts.items()}, parts)


def _merge(before: Written, item: Written, keeps_null: bool) -> Written:
    """Returns the value that results if `item` overrides `before`. Two mappings are merged. But a mapping with a key of
    FORMS, such as `type`, can only be used as a whole; then the result is `item`, as for all other values. With
    `keeps_null`, a null in `item` stays in the merged mapping. Otherwise it removes the field.
    """
    if not isinstance(before.value, dict) or not isinstance(item.value, dict):
        return item
    if any(key in value for key in FORMS for value in (before.value, item.value)):
        return item
    parts = merge_fields(dict(before.fields()), dict(item.fields()), keeps_null=keeps_null)
    return Merged(item.document, item.path, {name: part.value for name, part in parts.items()}, parts)


def _is_bad(part: Written) -> bool:
    return part.path in part.document.bad
