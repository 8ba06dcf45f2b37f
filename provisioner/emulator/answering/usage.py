"""Counts the tokens of a turn. Four bytes of UTF-8 count as one token, so equal turns always have equal numbers of
tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct, to_builtins

from provisioner.emulator.answering.outputs import (
    CodeRun,
    CustomCall,
    FileSearch,
    FunctionCall,
    McpCall,
    Output,
    Reasoning,
    Refused,
    Text,
    WebSearch,
)
from provisioner.emulator.answering.turn import FunctionResult, Item, Message, Turn

BYTES_PER_TOKEN = 4
#: The tokens of the frame of each item: its role and its borders.
PER_ITEM = 4
#: A prefix of this many tokens or more is cached, in steps (https://platform.openai.com/docs/guides/prompt-caching).
CACHED_FROM, CACHED_STEP = 1024, 128


class Usage(Struct, frozen=True):
    """Contains the numbers of tokens of a turn. `input` includes the tokens in `cached`, which an earlier turn already
    contained. `output` includes the tokens in `reasoning`.
    """

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """The number of input tokens plus the number of output tokens."""
        return self.input + self.output

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )


def count_tokens(text: str) -> int:
    """Returns the number of tokens of a text."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def count_usage(turn: Turn, outputs: Iterable[Output]) -> Usage:
    """Returns the numbers of tokens of a turn with these outputs."""
    tools = json.dumps([_plain(tool) for tool in turn.tools], ensure_ascii=False) if turn.tools else ""
    head = count_tokens(turn.instructions) + count_tokens(tools)
    sizes = [PER_ITEM + _count(item) for item in turn.items]
    prefix = head + sum(sizes[: turn.cached_items])
    cached = prefix // CACHED_STEP * CACHED_STEP if turn.cached_items and prefix >= CACHED_FROM else 0
    outputs = list(outputs)
    # The passages and the outputs of code are read by the model, which then continues.
    read = sum(_count_read(output) for output in outputs)
    written = sum(_count(output) for output in outputs)
    reasoning = sum(count_tokens(output.summary) for output in outputs if isinstance(output, Reasoning))
    return Usage(head + sum(sizes) + read, written, cached, reasoning)


def _plain(tool: Any) -> Any:
    return to_builtins(tool) if isinstance(tool, Struct) else tool


def _count(item: Item) -> int:
    return sum(map(count_tokens, _texts(item)))


def _texts(item: Item) -> Iterable[str]:
    match item:
        case Message() | Text() | Refused():
            return (item.text,)
        case Reasoning():
            return (item.summary,)
        case FunctionCall() | McpCall():
            return (item.name, item.arguments)
        case CustomCall():
            return (item.name, item.input)
        case FunctionResult():
            return (item.output,)
        case FileSearch():
            return item.queries
        case CodeRun():
            return (item.code,)
        case WebSearch():
            return (item.query,)
        case _:
            return ()


def _count_read(output: Output) -> int:
    if isinstance(output, FileSearch):
        return sum(count_tokens(hit.text) for hit in output.hits)
    if isinstance(output, CodeRun):
        return count_tokens(output.logs)
    return count_tokens(output.output) if isinstance(output, McpCall) else 0
