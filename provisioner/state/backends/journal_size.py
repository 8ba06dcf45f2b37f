"""Finds out which lines of a journal are still needed. All other lines are removed when the journal becomes too large
(the journal is compacted).

A journal contains a begin entry before each operation, and an end entry after it. An end entry contains the delta: the
change that the operation makes in the state.
"""

from __future__ import annotations

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Begin, Delta, End, Entry

#: A journal is compacted when it has more bytes than this number times those of its lines that still count.
MOST_TIMES = 3
#: A journal with fewer bytes is never compacted.
FEWEST_BYTES = 1024 * 1024


class JournalSize(Struct):
    """Measures a journal. `all_bytes` is the number of its bytes, and `counted_bytes` is the number of bytes in the
    lines that are still needed. Only one thread may use this object at a time.

    Three types of lines are not needed. The first is the begin entry of an operation that has ended. The second is an
    end entry without a change of the state. The third is an end entry that only sets a record, if a later end entry
    sets the same record and changes nothing else. There is one exception: if only the earlier entry has a release
    number, it is needed. All other lines are needed, because the results of `fold`, `open_operations` and
    `partial_uploads` depend on them.
    """

    all_bytes: int = 0
    counted_bytes: int = 0
    _lines: int = 0
    _counted: dict[int, int] = field(default_factory=dict)
    _begins: dict[str, int] = field(default_factory=dict)
    _records: dict[Address, tuple[int, bool]] = field(default_factory=dict)

    @property
    def is_excessive(self) -> bool:
        """Whether the journal should be compacted, because it is much larger than its needed lines."""
        return self.all_bytes > max(FEWEST_BYTES, MOST_TIMES * self.counted_bytes)

    def add(self, entry: Entry, length: int) -> None:
        """Adds the next line of the journal to the measurement. The line contains `entry` and has `length` bytes."""
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
        """Adds the lines `data` of a journal, which an earlier run left, to the measurement. Each line must be
        complete. `where` is the name of the journal in messages. Raises the errors of `Serializer.split`.
        """
        entries = serializer.split(data, where, "run `provision plan` to see what is live")
        for entry, line in zip(entries, data.split(b"\n"), strict=False):
            self.add(entry, len(line) + 1)

    def select(self, data: bytes) -> bytes:
        """Returns the lines that are still needed, in their order. `data` contains all lines of the journal."""
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
        """Records that the line `number` contains the change `delta`. If `delta` and the former line for the same
        record only set this record, the former line is no longer needed. There is one exception: if only the former
        line has a release number, it stays needed, because it shows that this number was used.

        If `delta` also removes a record or replaces an object, the former line stays needed, because it may show how
        the replaced object was made.
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
