"""Defines the fields of a live object that is as recorded. The largest field is decoded when it is first used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.objecttype import TYPES
from provisioner.openai_api.collections.collection import Live
from provisioner.state.record_texts import RecordText


class RecordedFields(Mapping[str, Any]):
    """The fields of a live object. The value of the field `name` is equal to the one in `echo` of `text`, the text of a
    record, and is decoded when it is first used.

    Most of the memory for the live objects of a large project would be the files of its vector stores. If a vector
    store is as recorded, a plan needs its files only if it changes the vector store.
    """

    __slots__ = ("_fields", "_name", "_text")

    def __init__(self, others: Mapping[str, Any], name: str, text: RecordText) -> None:
        """Creates the fields. `others` are the other fields with their values."""
        self._fields = {**others, name: None}
        self._name = name
        self._text: RecordText | None = text

    def __getitem__(self, name: str) -> Any:
        if name == self._name and (text := self._text) is not None:
            # Two threads may decode the value at once. Both values are equal.
            self._fields[name] = text.echo_value(name)
            self._text = None
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __repr__(self) -> str:
        return repr(dict(self))


def without_files(live: Live, text: RecordText) -> Live:
    """Returns the live object `live`, whose files are decoded from `text`, the text of its record, when they are first
    used. The object must be as recorded. It is returned unchanged if its type has no files, or if they were not read.
    """
    holding = TYPES[text.type].members
    if holding is None or holding not in live.fields:
        return live
    others = {name: value for name, value in live.fields.items() if name != holding}
    return replace(live, fields=RecordedFields(others, holding, text))
