"""Converts a state and the entries of a journal to bytes and back. If there is a key, the bytes are encrypted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.errors import NewerState, ProvisionError, StateError, TornState, WrongKey
from provisioner.core.strictjson import loads
from provisioner.core.text.redaction import holds_secret
from provisioner.state.backends.compression import compress, decompress
from provisioner.state.backends.examined import EXAMINED
from provisioner.state.backends.plaintext import check_entry, check_state, check_text
from provisioner.state.journal import Entry, UnclearOperation, parse_entry
from provisioner.state.large_json import LARGE_STATE
from provisioner.state.parsing import parse
from provisioner.state.records import State, dump, dump_pieces
from provisioner.state.sealing import BEGINNING, Seal
from provisioner.state.shape import HINT, UnknownType

#: The errors of reading an entry that provision did not write.
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, ProvisionError)

# The state that was parsed last, by the SHA-256 of its text: the newest state in the history usually equals the state.
_LATEST: dict[bytes, State] = {}


def _parse(data: bytes, where: str) -> State:
    key = hashlib.sha256(data).digest()
    state = _LATEST.get(key)
    if state is None:
        _LATEST.clear()  # before the next state needs memory
        state = parse(data, where)
        _LATEST[key] = state
    return state


class Serializer(Struct, frozen=True):
    """Converts the state, the journal and the releases of one environment of the project to bytes and back. An unpaired
    surrogate is written as its JSON escape.

    Large states are compressed if they are encrypted, or if `is_compressing` is True. Remote backends set
    `is_compressing`. Compressed states are read in every case.
    """

    environment: str
    seal: Seal
    is_compressing: bool = False

    def dump(self, state: State) -> bytes:
        """Returns the bytes of `state`, as `dump_pieces` does, in one piece. Raises the same errors."""
        return b"".join(self.dump_pieces(state))

    def dump_pieces(self, state: State) -> Iterable[bytes]:
        """Returns the bytes of `state` in pieces, which can be iterated several times. The pieces of a large state that
        is neither encrypted nor compressed are made while they are iterated, so that they need little memory. Checks
        that the records in these bytes can be read again; in a large state, only the records that were not checked
        before.

        If the state is not encrypted, a placeholder replaces each key in recorded responses of servers. Raises
        PlainSecret if the state still contains a secret of this process. Raises StateError if the bytes could not be
        read again, because an unreadable state must not replace a readable one.
        """
        state = self._examined(state)
        pieces = dump_pieces(state)
        if self.seal.key is None and not self.is_compressing:
            return pieces
        data = compress(pieces)
        return (data if self.seal.key is None else self.seal.seal(data.decode(), self._of("state")).encode(),)

    def _examined(self, state: State) -> State:
        """Examines the records of `state` that were not examined before, and returns the state. If the state is not
        encrypted, a placeholder replaces each key in a recorded response of a server in the returned state. Raises the
        errors of `dump`.
        """
        examined = EXAMINED[self.seal.key is not None]
        rest = replace(state, records=examined.without(state.records)) if len(state.records) >= LARGE_STATE else state
        text = dump(rest)
        if self.seal.key is None and holds_secret(text):
            state = check_state(state)
            rest, text = state, dump(state)
        try:
            parse(text, "the new state")
        except StateError as error:
            raise _unreadable("state") from error
        if rest is not state:
            examined.replace(state.records)
        return state

    def parse(self, data: bytes, where: str) -> State:
        """Returns the state that `data` contains. `where` names the location of the state in messages. Raises TornState
        if the state is damaged, NewerState if a later version of provision wrote it, and WrongKey if no key decrypts
        it.
        """
        sealed = data.startswith(BEGINNING.encode())
        if sealed:
            try:
                data = self.seal.unseal(data.decode(), self._of("state"), where).encode(errors="backslashreplace")
            except UnicodeDecodeError:
                # It is damaged. The beginning says that it was encrypted, and cannot be decrypted either.
                data = self.seal.unseal(BEGINNING, self._of("state"), where).encode()
        state = _parse(decompress(data, where), where)
        if len(state.records) >= LARGE_STATE:
            EXAMINED[sealed].replace(state.records)
        return state

    def format(self, entry: Entry) -> bytes:
        """Returns the line of a journal that contains `entry`. Each line is encrypted separately, so that a line can be
        added without reading the other lines.

        If the line is not encrypted, a placeholder replaces each key in recorded responses of servers. Raises
        PlainSecret if the line still contains a secret of this process. Raises StateError if the line could not be read
        again.
        """
        text, is_changed = json.dumps(entry.to_json(), ensure_ascii=False, separators=(",", ":")), False
        if self.seal.key is None and holds_secret(text):
            text = json.dumps(check_entry(entry), ensure_ascii=False, separators=(",", ":"))
            is_changed = True
        try:
            parse_entry(loads(text))
        except MALFORMED as error:
            raise _unreadable("journal") from error
        if not is_changed:
            EXAMINED[self.seal.key is not None].add(entry)
        return self.seal.seal(text, self._of("journal")).encode(errors="backslashreplace") + b"\n"

    def join(self, entries: Iterable[Entry]) -> bytes:
        """Returns the lines of a journal that contain `entries`, one line for each entry."""
        return b"".join(map(self.format, entries))

    def split(self, lines: bytes, where: str, hint: str) -> list[Entry]:
        """Returns the entries in the complete lines of a journal. `where` is the name of the journal in messages, and
        `hint` is the advice in a TornState.

        Raises TornState if a line is damaged, NewerState if a later version of provision encrypted it, and WrongKey if
        no key decrypts it.
        """
        numbered = enumerate(lines.removesuffix(b"\n").split(b"\n") if lines else [], 1)
        return [self._parse_line(line, f"line {number} of {where}", hint) for number, line in numbered]

    def close_text(self, text: str, name: str) -> bytes:
        """Returns the bytes to store for `text`, a text of the releases (the contents that were applied to assistants).
        `name` is the name under which they are stored.

        Raises PlainSecret if the text is not encrypted and contains a secret of this process.
        """
        if self.seal.key is None and holds_secret(text):
            check_text(text)
        return self.seal.seal(text, self._of(f"releases {name}")).encode(errors="backslashreplace")

    def open_text(self, data: bytes, name: str, where: str) -> str:
        """Returns the text that `data` contains, a text of the releases (the contents that were applied to assistants).
        `name` is the name under which it is stored, and `where` is its name in messages.

        Raises TornState if an encrypted text is damaged, NewerState if a later version of provision encrypted it, and
        WrongKey if no key decrypts it.
        """
        text = data.decode(errors="replace")
        return self.seal.unseal(text, self._of(f"releases {name}"), where)

    def _parse_line(self, line: bytes, where: str, hint: str) -> Entry:
        try:
            return parse_entry(loads(self.seal.unseal(line.decode(), self._of("journal"), where)))
        except (WrongKey, NewerState):
            raise
        except UnknownType as error:
            raise TornState(f"{where} cannot be used: {error}; nothing was changed", hint=HINT) from error
        except UnclearOperation as error:
            raise TornState(f"{where} is not what provision wrote: {error}; nothing was changed", hint=hint) from error
        except MALFORMED as error:
            raise TornState(f"{where} is not what provision wrote; nothing was changed", hint=hint) from error

    def _of(self, what: str) -> str:
        return f"{self.environment} {what}"


def _unreadable(what: str) -> StateError:
    return StateError(
        f"the {what} that was about to be written could not be read again, so it was not written",
        hint="an answer of the server is probably not what the API documents; what was done is found again by its "
        "marks when the command is run once more",
    )
