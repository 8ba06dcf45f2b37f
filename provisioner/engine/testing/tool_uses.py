"""Lists the tool calls of an assistant in a test, from the first call to the last. All types of tools are included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from provisioner.core.strictjson import loads
from provisioner.openai_api.turns.events import (
    Code,
    FunctionCalled,
    McpCalled,
    OtherItem,
    Searched,
    TurnEvent,
    WebSearched,
)
from provisioner.openai_api.turns.turn import Turn

CODE_TYPES = {"python": "code_interpreter"}
#: Names of the same tool in different versions of the API.
ALIASES = {"web_search_preview": "web_search", "local_shell": "shell", "retrieval": "file_search"}
#: The end of the types of items that are calls of tools, as in `image_generation_call`.
CALL = "_call"


class ToolUse(Struct, frozen=True):
    """One call of a tool. `name` is the name of a function, or the type of another tool. `arguments` are the arguments
    of a function, or None for another tool or if they are not valid JSON. `text` is the text of the arguments, the
    search queries or the code.
    """

    name: str
    arguments: Any = None
    text: str = ""


def tool_uses(turns: Iterable[Turn]) -> list[ToolUse]:
    """Returns the calls of tools in `turns`, from the first call to the last."""
    return [use for turn in turns for use in _uses_in(turn.events)]


def normal_name(name: str) -> str:
    """Returns the usual name of a tool. All versions of a tool have the same usual name: for `web_search_preview`, it
    is `web_search`.
    """
    return ALIASES.get(name, name)


def _uses_in(events: Iterable[TurnEvent]) -> Iterator[ToolUse]:
    code_calls: set[str] = set()
    for event in events:
        if isinstance(event, FunctionCalled | McpCalled):
            yield ToolUse(event.name, _parsed(event.arguments), event.arguments)
        elif isinstance(event, Searched):
            yield ToolUse("file_search", text=", ".join(event.queries))
        elif isinstance(event, WebSearched):
            yield ToolUse("web_search", text=event.query)
        elif isinstance(event, Code) and (not event.call or event.call not in code_calls):
            code_calls.add(event.call)  # The code of one call may come in several events.
            yield ToolUse(CODE_TYPES.get(event.language, event.language), text=event.code)
        elif isinstance(event, OtherItem) and event.type.endswith(CALL):
            yield ToolUse(normal_name(event.type.removesuffix(CALL)))


def _parsed(arguments: str) -> Any:
    try:
        return loads(arguments or "{}")
    except ValueError:
        return None
