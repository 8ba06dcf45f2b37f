"""Remembers which records of a state were examined already. An examined record can be read again, and contains no
secret if the state is not encrypted. Such records are not examined again before the next write.

Before a state is written, its records are examined: the text of each record must be readable, and must contain no
secret if there is no key for encryption. For 100,000 records this takes several seconds, although a run changes only
few of them. So in a large state, only those records are examined that this process has neither read nor examined
before.
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
    """The records that need no examination before the next write, by address: this process has read them from the
    backend, or has examined them already. Examined means: the record can be read again, and contains no secret if the
    state is not encrypted. A record that was changed later counts as not examined.

    When a new secret is registered (a value that must not be written unencrypted), all records count as not examined,
    because they may contain this secret.
    """

    _read: Mapping[Address, Record] = field(default_factory=dict)
    _added: dict[Address, Record] = field(default_factory=dict)
    _secrets: int = -1

    def replace(self, records: Mapping[Address, Record]) -> None:
        """Remembers `records`, all records of a state, as examined, so that the next write does not examine them again.
        Forgets the records that were remembered before.
        """
        self._read = copy_records(records)
        self._added, self._secrets = {}, count_secrets()

    def add(self, entry: Entry) -> None:
        """Remembers the record in `entry`, an examined entry of the journal, so that the next write does not examine
        this record again. If the entry contains no record, none is remembered. If a secret was registered since the
        last call, first forgets all records.
        """
        if self._secrets != count_secrets():
            self.replace({})
        if isinstance(entry, End) and isinstance(entry.delta, Delta) and (record := entry.delta.record) is not None:
            self._added[record.address] = record

    def without(self, records: Mapping[Address, Record]) -> dict[Address, Record]:
        """Returns the records in `records` that must be examined before the next write, keyed by address. They are the
        records that were not examined, and all records if a secret was registered since then.
        """
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
