"""Tools that OpenAI carries out, or whose type says all there is to say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from provisioner.kinds.function import Callers
from provisioner.kinds.model import Extensible, FileItem, Filled, Model, Secretive, by_shape, tag


class FileSearch(Extensible):
    """Finds passages in vector stores."""

    type: Literal["file_search"]
    vector_stores: list[Filled] = Field(description="Names of vector stores, or ids (`vs_…`).", min_length=1)
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: dict[str, Any] | None = None
    filters: dict[str, Any] | None = None


class Container(Model):
    """The container that Python runs in."""

    type: Literal["auto"] = "auto"
    files: list[FileItem] | None = Field(None, description="Files the code can read: paths, globs, `{file: NAME}`.")
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = None
    network_policy: dict[str, Any] | None = None


class CodeInterpreter(Extensible):
    """Writes Python and runs it."""

    type: Literal["code_interpreter"]
    container: (
        Annotated[
            Annotated[Filled, tag("text")] | Annotated[Container, tag("mapping")],
            by_shape("a container's id or a mapping `{files: […], memory_limit: 4g}`"),
        ]
        | None
    ) = None
    allowed_callers: Callers | None = None


class WebSearch(Extensible):
    """Searches the web."""

    type: Literal["web_search", "web_search_2025_08_26"]
    external_web_access: bool | None = None
    filters: dict[str, Any] | None = None
    search_context_size: Literal["low", "medium", "high"] | None = None
    user_location: dict[str, Any] | None = None


class WebSearchPreview(Extensible):
    """Searches the web (the earlier form)."""

    type: Literal["web_search_preview", "web_search_preview_2025_03_11"]
    search_content_types: list[Literal["text", "image"]] | None = None
    search_context_size: Literal["low", "medium", "high"] | None = None
    user_location: dict[str, Any] | None = None


class Mcp(Extensible):
    """Tools of a remote MCP server."""

    type: Literal["mcp"]
    server_label: Filled
    server_url: Filled | None = None
    server_description: str | None = None
    connector_id: Filled | None = None
    tunnel_id: Filled | None = None
    authorization: Secretive | None = Field(None, description="Always `{runtime: NAME}`: secrets are not kept here.")
    headers: dict[str, Secretive] | None = None
    allowed_tools: (
        Annotated[
            Annotated[list[str], tag("list")] | Annotated[dict[str, Any], tag("mapping")],
            by_shape("a list of names or a mapping `{tool_names: […], read_only: …}`"),
        ]
        | None
    ) = None
    require_approval: (
        Annotated[
            Annotated[Literal["always", "never"], tag("text")] | Annotated[dict[str, Any], tag("mapping")],
            by_shape("`always`, `never` or a mapping of the two"),
        ]
        | None
    ) = None
    allowed_callers: Callers | None = None
    defer_loading: bool | None = None


class ImageGeneration(Extensible):
    """Draws and edits images."""

    type: Literal["image_generation"]
    action: Literal["generate", "edit", "auto"] | None = None
    background: Literal["transparent", "opaque", "auto"] | None = None
    complexity: Literal["low", "medium", "high"] | None = None
    frame_count: int | None = None
    frame_duration_ms: int | None = None
    input_fidelity: Literal["high", "low"] | None = None
    input_image_mask: dict[str, Any] | None = None
    model: Filled | None = None
    moderation: Literal["auto", "low"] | None = None
    output_compression: int | None = None
    output_format: Literal["png", "webp", "jpeg", "gif", "svg"] | None = None
    partial_images: int | None = None
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto"] | None = None
    size: Filled | None = None
    svg: dict[str, Any] | None = None


class ShellEnvironment(Model):
    """Where shell commands run."""

    type: Literal["container_auto", "local", "container_reference"]
    files: list[FileItem] | None = Field(None, description="Files the commands can read.")
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = None
    network_policy: dict[str, Any] | None = None
    skills: list[dict[str, Any]] | None = None
    container_id: Filled | None = None


class Shell(Extensible):
    """Runs shell commands."""

    type: Literal["shell"]
    environment: ShellEnvironment | None = None
    allowed_callers: Callers | None = None


class LocalShell(Extensible):
    """Runs shell commands in the application."""

    type: Literal["local_shell"]


class Computer(Extensible):
    """Uses a computer."""

    type: Literal["computer"]


class ComputerUsePreview(Extensible):
    """Uses a computer (the earlier form)."""

    type: Literal["computer_use_preview"]
    display_height: int
    display_width: int
    environment: Literal["windows", "mac", "linux", "ubuntu", "browser"]


class ToolSearch(Extensible):
    """Finds deferred tools."""

    type: Literal["tool_search"]
    description: str | None = None
    execution: Literal["server", "client"] | None = None
    parameters: dict[str, Any] | None = None


class ProgrammaticToolCalling(Extensible):
    """Lets code written by the model call tools."""

    type: Literal["programmatic_tool_calling"]


class ApplyPatch(Extensible):
    """Changes files with diffs."""

    type: Literal["apply_patch"]
    allowed_callers: Callers | None = None


class ComputerUse(Extensible):
    """Uses a browser in a hosted session. Only on `agents`."""

    type: Literal["computer_use"]
    include_screenshots: bool | None = None


class Automations(Extensible):
    """Lets an agent wake itself up. Only on `agents`."""

    type: Literal["automations"]
