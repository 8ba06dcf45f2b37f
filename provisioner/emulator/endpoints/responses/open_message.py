"""Makes the events of a message whose text arrives in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.emulator.answering.outputs import SentText, Text, TextPiece
from provisioner.emulator.endpoints.responses.events import EventWriter
from provisioner.emulator.endpoints.responses.items import item_of
from provisioner.emulator.messages.event_stream import ServerEvent


class OpenMessage:
    """Makes the events of one message whose text is not complete yet. `index` is the position of the message in the
    response, and `id` is the id of the message. `writer` makes the events.
    """

    def __init__(self, writer: EventWriter, index: int) -> None:
        self._writer = writer
        self._index = index
        self._sent = SentText()
        self._item = item_of(Text(""), "")
        self._is_begun = False
        self.id: str = self._item["id"]

    def add(self, piece: TextPiece) -> Iterator[ServerEvent]:
        """Yields the events of one piece of the text. Before the first piece, yields the events that begin the
        message.
        """
        if not self._is_begun:
            self._is_begun = True
            yield from self._writer.of_message_start(self._index, self._item)
        notes = item_of(Text("", piece.annotations), "")["content"][0]["annotations"]
        yield from self._writer.of_piece(self._index, self._item, piece.text, notes, self._sent.annotations)
        self._sent.add(piece)

    def end(self, text: Text, item: dict[str, Any]) -> Iterator[ServerEvent]:
        """Yields the last events of the message. `text` is the whole text, and `item` is the API's item for the
        complete message.
        """
        if (rest := self._sent.rest_of(text)) is not None:
            yield from self.add(rest)
        yield from self._writer.of_message_end(self._index, item)
