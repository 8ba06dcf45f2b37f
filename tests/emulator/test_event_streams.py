"""Streams that are cut off, on the answer itself: no server and no clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from provisioner.emulator.messages.event_stream import EventStream, ServerEvent, StreamedResponse

NAMES = ("begun", "text.delta", "text.delta", "ended")


async def some_events(closed: list[bool], *, endless: bool) -> AsyncIterator[ServerEvent]:
    """Four events. An endless stream then waits for ever."""
    try:
        for name in NAMES:
            yield ServerEvent(name, {})
        if endless:
            await asyncio.Event().wait()
    finally:
        closed.append(True)


async def send(stream: EventStream, *, half: bool) -> list[str]:
    """The names of the events that a client gets that stays connected."""
    sent: list[bytes] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def take(message: Any) -> None:
        sent.append(message.get("body", b""))

    await StreamedResponse(stream, receive).send(take, half=half)
    return [line[7:].decode() for line in b"".join(sent).splitlines() if line.startswith(b"event: ")]


@pytest.mark.parametrize(
    ("endless", "half", "names"),
    [(False, False, NAMES), (False, True, NAMES[:2]), (True, True, NAMES[:2])],
)
def test_half_of_a_stream_ends_even_if_the_stream_does_not(
    *, endless: bool, half: bool, names: tuple[str, ...]
) -> None:
    closed: list[bool] = []
    stream = EventStream(some_events(closed, endless=endless), endless=endless)
    assert tuple(asyncio.run(send(stream, half=half))) == names
    assert closed == [True]


def test_an_endless_stream_whose_answer_is_lost_is_not_waited_for() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    stream = EventStream(some_events([], endless=True), endless=True)
    asyncio.run(StreamedResponse(stream, never).carry_out())
