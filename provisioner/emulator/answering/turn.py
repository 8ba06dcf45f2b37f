"""Defines the request for one turn: instructions, items of the conversation, tools and settings. The types do not
depend on the format of an API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.emulator.answering.outputs import Output


class InputFile(Struct, frozen=True):
    """Contains a file or an image of a message. `data` is empty if the emulator does not have the content, for example
    if the file is given as a URL.
    """

    filename: str
    data: bytes = b""
    url: str = ""

    @property
    def is_image(self) -> bool:
        """True if the file is an image. A file that is given as a URL counts as an image."""
        return bool(self.url) or self.filename.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))


class Message(Struct, frozen=True):
    """Contains a message of the conversation. `role` is user, system, developer or assistant."""

    role: str
    text: str
    files: tuple[InputFile, ...] = ()


class FunctionResult(Struct, frozen=True):
    """Contains the result of an earlier FunctionCall or CustomCall. The result has the same `call_id` as the call."""

    call_id: str
    output: str


Item = Message | FunctionResult | Output


class FunctionTool(Struct, frozen=True):
    """Describes a function of the application, which is the program that uses the API. `parameters` is the JSON Schema
    of its arguments.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False


class CustomTool(Struct, frozen=True):
    """Describes a custom tool of the application, which is the program that uses the API. The input of a custom tool is
    plain text.
    """

    name: str
    description: str = ""


class FileSearchTool(Struct, frozen=True):
    """Describes the search in vector stores. `condition` is the filter of the request, or None if there is no filter.
    The filter was already checked.
    """

    store_ids: tuple[str, ...]
    limit: int = 10
    threshold: float = 0.0
    condition: Mapping[str, Any] | None = None


class CodeInterpreterTool(Struct, frozen=True):
    """Describes the code interpreter. Its files are in the workspace of the turn's `Tooling`."""


class McpTool(Struct, frozen=True):
    """Describes the tools of one MCP server."""

    server_label: str
    allowed: tuple[str, ...] = ()


class OtherTool(Struct, frozen=True):
    """Describes a tool of which the emulator uses only the type, such as `web_search`."""

    type: str


Tool = FunctionTool | CustomTool | FileSearchTool | CodeInterpreterTool | McpTool | OtherTool


class Choice(Struct, frozen=True):
    """Says which tools the model may use, and whether it must use one of them. `mode` is auto, none or required.

    `names` are the names of the allowed tools, as `name_of` returns them. If `names` is None, all tools of the turn are
    allowed.
    """

    mode: str = "auto"
    names: tuple[str, ...] | None = None


class Turn(Struct, frozen=True):
    """Contains the request for one turn. `items` are all messages and outputs of the conversation, the oldest first.
    The model answers the last item.

    `answer_format` is the JSON Schema of the answer, or None for plain text. `max_output_tokens` and `max_tool_calls`
    limit the turn. If `parallel_calls` is False, at most one function of the application is called. `cached_items` is
    the number of items that an earlier turn already contained.
    """

    model: str
    instructions: str = ""
    items: tuple[Item, ...] = ()
    tools: tuple[Tool, ...] = ()
    choice: Choice = Choice()
    answer_format: Mapping[str, Any] | None = None
    max_output_tokens: int | None = None
    max_tool_calls: int | None = None
    cached_items: int = 0
    temperature: float | None = None
    parallel_calls: bool = True

    def usable_tools(self) -> tuple[Tool, ...]:
        """Returns the tools that the model may use in this turn."""
        if self.choice.mode == "none":
            return ()
        allowed = self.choice.names
        return tuple(tool for tool in self.tools if allowed is None or name_of(tool) in allowed)

    def last_text(self) -> str:
        """Returns the text of the last message of the user. Returns an empty string if the user has sent no message."""
        texts = (item.text for item in reversed(self.items) if isinstance(item, Message) and item.role == "user")
        return next(texts, "")


def name_of(tool: Tool) -> str:
    """Returns the name of a tool, as scripts and `Choice` write it. For a function or a custom tool, returns its own
    name. For an MCP server, returns its label. For every other tool, returns its type.
    """
    if isinstance(tool, FunctionTool | CustomTool):
        return tool.name
    if isinstance(tool, McpTool):
        return tool.server_label
    if isinstance(tool, OtherTool):
        return tool.type
    return "file_search" if isinstance(tool, FileSearchTool) else "code_interpreter"
