"""Makes the plain answer, for a turn that no other model answers. The plain answer is a text which says that it comes
from the emulator, and which shows the results of the tools in the turn. If the request asks for JSON, the answer is a
small value that matches the schema instead.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from provisioner.emulator.answering.outputs import (
    CustomCall,
    FileCitation,
    FileSearch,
    FunctionCall,
    Output,
    Text,
)
from provisioner.emulator.answering.schema_instance import make_instance
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import (
    CodeInterpreterTool,
    CustomTool,
    FileSearchTool,
    FunctionResult,
    FunctionTool,
    Tool,
    Turn,
    name_of,
)
from provisioner.emulator.storage.identifiers import new_id

PLAIN = "This is the emulator of provision, not a model."
#: The most characters of the user's message, of a function's result and of a passage in the answer.
SHOWN = 200


class PlainModel:
    """Answers every turn that no other model answers. The model uses file_search if the turn has this tool, the answer
    is a text, and the last item is no result of a function. It calls a function or runs code only if the request
    requires the call of a tool and this tool is the first one.
    """

    async def answer(self, turn: Turn, tooling: Tooling) -> AsyncIterator[Output]:
        """Yields the outputs of the turn. `tooling` contains the tools that the model can use."""
        tools = turn.usable_tools()
        answered = bool(turn.items) and isinstance(turn.items[-1], FunctionResult)
        required = next(iter(tools), None) if turn.choice.mode == "required" and not answered else None
        if isinstance(required, FunctionTool | CustomTool):
            yield _call(required)
            return
        if isinstance(required, CodeInterpreterTool):
            yield await tooling.run_code(f"print({PLAIN!r})", f"{PLAIN}\n")
        search = next((tool for tool in tools if isinstance(tool, FileSearchTool)), None)
        found = None
        if search is not None and turn.last_text() and turn.answer_format is None and not answered:
            found = tooling.search_files(search, turn.last_text())
            yield found
        if turn.answer_format is not None:
            yield Text(json.dumps(make_instance(turn.answer_format or {"type": "object"}, PLAIN), ensure_ascii=False))
        else:
            yield _describe(turn, found)


def _call(tool: Tool) -> FunctionCall | CustomCall:
    call_id = new_id("call_")
    if isinstance(tool, FunctionTool):
        arguments = make_instance(tool.parameters or {"type": "object"}, PLAIN)
        return FunctionCall(tool.name, json.dumps(arguments, ensure_ascii=False), call_id)
    return CustomCall(name_of(tool), PLAIN, call_id)


def _describe(turn: Turn, found: FileSearch | None) -> Text:
    parts = [PLAIN, "No rule of a script answers this message."]
    last = turn.items[-1] if turn.items else None
    if isinstance(last, FunctionResult):
        parts.append(f"The last result of a function is: {_cut(last.output)}")
    elif turn.last_text():
        parts.append(f"The message is: {_cut(turn.last_text())}")
    if found is None:
        return Text(" ".join(parts))
    if not found.hits:
        return Text(" ".join([*parts, "file_search found no passage."]))
    best = found.hits[0]
    text = " ".join([*parts, f"file_search found {_passages(len(found.hits))}. The best one is: {_cut(best.text)}"])
    return Text(text, (FileCitation(len(text), best),))


def _passages(count: int) -> str:
    return "1 passage" if count == 1 else f"{count} passages"


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN else words[:SHOWN] + "…"
