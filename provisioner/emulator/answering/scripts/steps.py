"""Carries out the steps of a scripted reply. Each step makes at most one output of the turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.emulator.answering.outputs import (
    CustomCall,
    Expired,
    Failure,
    FunctionCall,
    Incomplete,
    McpCall,
    Output,
    Reasoning,
    Refused,
    WebSearch,
)
from provisioner.emulator.answering.scripts.placeholders import Values, fill, fill_annotated, fill_code
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import FileSearchTool, Turn
from provisioner.emulator.storage.identifiers import new_id

#: The types of the tool that searches in the web, in the order in which a script uses them.
WEB_SEARCH = ("web_search", "web_search_preview")


class Step(Struct, frozen=True):
    """Contains a step of a scripted reply. In the script, a step is a mapping: `kind` is the key that names the kind of
    step, `text` is the value of this key, and `more` contains the other entries. For example, the step `search: whales`
    has the kind `search` and the text `whales`. A step that is only a text in the script has the kind `text`.
    """

    kind: str
    text: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs(self) -> str | None:
        """Returns the name of the tool that the step uses. Returns None if the step uses no tool."""
        named = {"search": "file_search", "code": "code_interpreter", "web_search": "web_search"}
        if self.kind in ("call", "custom_call"):
            return self.text
        return str(self.more["server"]) if self.kind == "mcp" else named.get(self.kind)

    async def carry_out(self, turn: Turn, tooling: Tooling, values: Values) -> Output | None:
        """Carries out the step in `turn`, and returns its output. Returns None if the step makes no output. `tooling`
        contains the tools of the turn, and `values` the values for placeholders.
        """
        text, more = self.text, self.more
        match self.kind:
            case "text":
                nothing = values.found is not None and not values.found.hits
                return fill_annotated(more["otherwise"] if nothing and "otherwise" in more else text, values)
            case "search":
                tool = next(tool for tool in turn.tools if isinstance(tool, FileSearchTool))
                return tooling.search_files(tool, fill(text, values))
            case "code":
                files = {name: fill(content, values).encode() for name, content in more.get("files", {}).items()}
                run = await tooling.run_code(fill_code(text, values), fill(more.get("output", ""), values), files)
                return run
            case "wait":
                await asyncio.sleep(float(text))
                return None
            case _:
                return self._simple(values)

    def _simple(self, values: Values) -> Output:
        text, more = fill(self.text, values), self.more
        arguments = json.dumps(_fill_all(more.get("arguments", {}), values), ensure_ascii=False)
        outputs: dict[str, Output] = {
            "refuse": Refused(text),
            "reason": Reasoning(text),
            "call": FunctionCall(text, arguments, new_id("call_")),
            "custom_call": CustomCall(text, fill(more.get("input", ""), values), new_id("call_")),
            "web_search": WebSearch(text, tuple(more.get("sources", ()))),
            "mcp": McpCall(more.get("server", ""), text, arguments, fill(more.get("output", ""), values)),
            "fail": Failure(text, fill(more.get("message", "The script asked for this failure."), values)),
            "incomplete": Incomplete(text),
            "expire": Expired(),
        }
        return outputs[self.kind]


def _fill_all(value: Any, values: Values) -> Any:
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, list):
        return [_fill_all(item, values) for item in value]
    return {key: _fill_all(item, values) for key, item in value.items()} if isinstance(value, dict) else value
