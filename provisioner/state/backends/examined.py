"""Remembers which records of a state were examined already, so that they are not examined again before each write.

Before a state is written, each record is examined: it must be readable, and if there is no key for encryption, it must
contain no secret. For 100,000 records this takes several seconds, although a run changes only few of them. So in a
large state, only those records are examined that this process has neither read nor examined before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.text.redaction import count_secrets
from provisioner.state.journal import Delta, End, Entry
from provisioner.state.record_columns import LazyRecords, copy_records
from provisioner.state.records import Record


class ExaminedRecords(Struct):
    """The records that this process has read or examined, by address. A record that was changed later counts as not
    examined.

    When a new secret is registered (a value that must not be written unencrypted), all records count as not examined,
    because they may contain this secret.
    """

    _read: Mapping[Address, Record] = field(default_factory=dict)
    _added: dict[Address, Record] = field(default_factory=dict)
    _secrets: int = -1

    def replace(self, records: Mapping[Address, Record]) -> None:
        """Remembers `records`, all records of a state, as examined. Forgets the records that were remembered before."""
        self._read = copy_records(records)
        self._added, self._secrets = {}, count_secrets()

    def add(self, entry: Entry) -> None:
        """Remembers the record in `entry`, an examined entry of the journal. Does nothing if the entry contains no
        record.
        """
        if self._secrets != count_secrets():
            self.replace({})
        if isinstance(entry, End) and isinstance(entry.delta, Delta) and (record := entry.delta.record) is not None:
            self._added[record.address] = record

    def without(self, records: Mapping[Address, Record]) -> dict[Address, Record]:
        """Returns the records in `records` that were not examined, keyed by address."""
        if self._secrets != count_secrets():
            return dict(records)
        read, added = self._read, self._added
        changed: Iterable[tuple[Address, Record]] = records.items()
        if isinstance(records, LazyRecords) and isinstance(read, LazyRecords):
            changed = records.changed_since(read)
        return {
            address: record
            for address, record in changed
            if (added[address] if address in added else read.get(address)) is not record
        }


#: The examined records of this process, by whether they are encrypted where they are stored. An encrypted record may
#: hold a secret, so it is examined before it is written in plain text.
EXAMINED = {False: ExaminedRecords(), True: ExaminedRecords()}
