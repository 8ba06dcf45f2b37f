"""A dialogue with one assistant: turns on the assistant's target, each with its events and its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from provisioner.openai_api.turns.events import Ended, TurnEvent
from provisioner.openai_api.turns.turn import Answer, Cancelled, Conversation, Leftover, Message, Price, Turn


@dataclass(slots=True)
class Dialogue:
    """A dialogue in several turns. `price` returns the estimated price of a turn.

    As a context manager, it deletes at its end what it created at OpenAI, unless `keep` is set; `leftovers` then has
    what is left there.
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
        """Runs one turn and returns it. `answer` gives the results of functions; `show` gets every event at once.

        If the turn fails or is cut, `Turn.status` and `Turn.failure` say so. KeyboardInterrupt and Cancelled cancel
        the turn, also at the API. Raises ApiError if the API refuses the input.
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
        """Deletes what the dialogue created at OpenAI, unless `keep` is set. What is left is in `leftovers`."""
        self.leftovers = self.conversation.created() if self.keep else self.conversation.close()
