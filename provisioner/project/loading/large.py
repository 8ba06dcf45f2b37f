"""Reads the text of a large state. The fields of a record are decoded only when an application uses the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.state.damage import torn
from provisioner.state.large_json import read_digests
from provisioner.state.record_texts import RecordText, decode_state


class RecordBodies(Mapping[str, Mapping[str, Any]]):
    """The JSON of records by address. `texts` maps addresses to the texts of the records, and `place` is the location
    of the state in errors. A text is decoded when the record is first used.
    """

    def __init__(self, texts: Mapping[str, RecordText], place: str) -> None:
        self._texts = texts
        self._place = place
        self._decoded: dict[str, Mapping[str, Any]] = {}

    def __getitem__(self, address: str) -> Mapping[str, Any]:
        found = self._decoded.get(address)
        if found is None:
            try:
                found = self._texts[address].to_json()
            except ValueError as error:
                raise torn(self._place) from error
            self._decoded[address] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def read_large(data: bytes, place: str) -> dict[str, Any] | None:
    """Returns the JSON of a large state without its digest. `data` is the text of the state, and `place` is its
    location in errors. Returns None if the text does not match its digest, or if it has another form than the states
    that this version of provision writes.
    """
    digests = read_digests(data)
    decoded = decode_state(digests.text) if digests is not None and digests.is_intact else None
    if decoded is None:
        return None
    try:
        body = decoded.rest()
    except ValueError:
        return None
    return {**body, "records": RecordBodies(decoded.records, place)}
