"""Runs a dialogue with one assistant on its target, the API for which the assistant was made. Each turn of the dialogue
yields events and a result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

from msgspec import Struct, field

from provisioner.openai_api.turns.events import Ended, TurnEvent
from provisioner.openai_api.turns.turn import Answer, Cancelled, Conversation, Leftover, Message, Price, Turn


class Dialogue(Struct):
    """A dialogue with an assistant, in several turns. `price` returns the estimated price of a turn.

    The object is a context manager. At the end of the `with` block, the objects that the dialogue created at OpenAI are
    deleted, unless `keep` is true. After that, `leftovers` contains the objects that could not be deleted, or all these
    objects if `keep` is true.
    """

    conversation: Conversation
    price: Callable[[Turn], Price] = lambda turn: Price()
    keep: bool = False
    leftovers: list[Leftover] = field(default_factory=list)

    def run(
        self,
        message: Message,
        answer: Answer,
        show: Callable[[TurnEvent], None] = lambda event: None,
        *,
        instructions: str | None = None,
    ) -> Turn:
        """Sends `message`, runs one turn and returns it. `answer` is called for each function call and must return the
        result of the function. `show` is called with every event as soon as it arrives. If `instructions` are given,
        they replace the instructions of the assistant in this turn. On the target `agents`, only those of the first
        turn count, for the whole dialogue.

        `Turn.status` and `Turn.failure` say whether the turn failed or its connection was lost. KeyboardInterrupt and
        Cancelled are not raised again: they cancel the turn, also at the API, and its status is then `cancelled`.
        Raises ApiError if the API refuses the message.
        """
        turn, start = Turn(), time.monotonic()

        def take(event: TurnEvent) -> None:
            turn.add(event)
            show(event)

        events = self.conversation.run(message, answer, instructions)
        try:
            for event in events:
                take(event)
        except (KeyboardInterrupt, Cancelled):
            events.close()
            self.conversation.cancel()
            take(Ended("cancelled", time.monotonic() - start))
        priced = self.price(turn)
        turn.cost, turn.unpriced = priced.usd, priced.unknown
        return turn

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Deletes the objects that the dialogue created at OpenAI, unless `keep` is true. Then `leftovers` contains the
        objects that could not be deleted, or all these objects if `keep` is true.
        """
        self.leftovers = self.conversation.created() if self.keep else self.conversation.close()
