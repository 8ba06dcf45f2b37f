"""Finds out which lines of a journal still count, so that the journal can be compacted while it grows."""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioner.core.address import Address
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Begin, Delta, End, Entry

#: A journal is compacted when it has more bytes than this number times those of its lines that still count.
MOST_TIMES = 3
#: A journal with fewer bytes is never compacted.
FEWEST_BYTES = 1024 * 1024


@dataclass(slots=True)
class JournalSize:
    """The number of bytes of a journal, and which of its lines still count.

    These lines do not count: the begin entry of an operation that has ended, an end entry without a delta, and an end
    entry that only changes a record if the next change of this record also only changes it. All other lines count,
    because `fold` and `open_operations` give something else without them. Not thread-safe.
    """

    all_bytes: int = 0
    counted_bytes: int = 0
    _lines: int = 0
    _counted: dict[int, int] = field(default_factory=dict)
    _begins: dict[str, int] = field(default_factory=dict)
    _records: dict[Address, tuple[int, bool]] = field(default_factory=dict)

    @property
    def is_excessive(self) -> bool:
        """Whether the journal is so large, compared with its lines that count, that it should be compacted."""
        return self.all_bytes > max(FEWEST_BYTES, MOST_TIMES * self.counted_bytes)

    def add(self, entry: Entry, length: int) -> None:
        """Adds the next line of the journal. It contains `entry` and has `length` bytes."""
        number = self._lines
        self._lines += 1
        self.all_bytes += length
        if isinstance(entry, End):
            self._discount(self._begins.pop(entry.operation, None))
            if entry.delta is None:
                return
        elif isinstance(entry, Begin):
            self._begins[entry.operation] = number
        self._counted[number] = length
        self.counted_bytes += length
        if isinstance(entry, End) and entry.delta is not None:
            self._supersede(entry.delta, number)

    def add_all(self, serializer: Serializer, data: bytes, where: str) -> None:
        """Adds the complete lines `data` of a journal that an earlier run left. `where` is the name of the journal in
        messages. Raises the errors of `Serializer.split`.
        """
        entries = serializer.split(data, where, "run `provision plan` to see what is live")
        for entry, line in zip(entries, data.split(b"\n"), strict=False):
            self.add(entry, len(line) + 1)

    def select(self, data: bytes) -> bytes:
        """Returns those of the lines `data`, all lines of the journal, that still count, in their order."""
        lines = data.split(b"\n")[:-1]
        return b"".join(line + b"\n" for number, line in enumerate(lines) if number in self._counted)

    def compact(self) -> None:
        """Records that the journal now consists of the lines that `select` returned."""
        numbers = {former: number for number, former in enumerate(self._counted)}
        self._counted = {numbers[former]: length for former, length in self._counted.items()}
        self._begins = {operation: numbers[former] for operation, former in self._begins.items()}
        self._records = {each: (numbers[former], was_release) for each, (former, was_release) in self._records.items()}
        self._lines, self.all_bytes = len(numbers), self.counted_bytes

    def _supersede(self, delta: Delta, number: int) -> None:
        """Records that the line `number` contains `delta`. A former line with the same record no longer counts if both
        change nothing else. If `delta` does more, the origin of a retired object may come from the former line. If only
        the former line has a release, it says which release numbers were given already.
        """
        if delta.record is not None and delta == Delta(record=delta.record):
            is_release = delta.record.release is not None
            former, was_release = self._records.get(delta.record.address, (None, False))
            if is_release or not was_release:
                self._discount(former)
            self._records[delta.record.address] = (number, is_release)
            return
        for address in (
            None if delta.record is None else delta.record.address,
            delta.remove,
            None if delta.retire is None else delta.retire.address,
        ):
            if address is not None:
                self._records.pop(address, None)

    def _discount(self, number: int | None) -> None:
        if number is not None:
            self.counted_bytes -= self._counted.pop(number)
