"""Tools that OpenAI carries out, or whose type says all there is to say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provisioner.kinds.function import Callers
from provisioner.kinds.literal import Identifier, ModelName, ServerUrl
from provisioner.kinds.model import Extensible, FileItem, Filled, Model, Secretive, by_shape, refuse, tag


class FileSearch(Extensible):
    """Finds passages in vector stores."""

    type: Literal["file_search"]
    vector_stores: Annotated[list[Filled], Field(min_length=1)] | None = Field(
        None, description="Names of vector stores, or ids (`vs_…`). Only on `assistants` may they be left out."
    )
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="From 1 to 50: how many passages are found."
    )
    ranking_options: dict[str, Any] | None = Field(None, description="How passages are ranked.")
    filters: dict[str, Any] | None = Field(None, description="Which files or domains are searched.")


class DomainSecret(Model):
    """A secret that requests to a domain carry."""

    domain: Filled = Field(description="The domain.")
    name: Filled = Field(description="The secret's name.")
    value: Secretive = Field(description="Always `{runtime: NAME}`: secrets are not kept here.")


class NetworkPolicy(Model):
    """What a container may reach."""

    type: Literal["disabled", "allowlist"] = Field(description="Nothing, or the domains named.")
    allowed_domains: list[Filled] | None = Field(None, description="The domains that it may reach.")
    domain_secrets: list[DomainSecret] | None = Field(None, description="Secrets that requests to a domain carry.")


def _check_policy(value: NetworkPolicy) -> NetworkPolicy:
    if value.type == "allowlist" and not value.allowed_domains:
        raise refuse("an allowlist names its domains; write `allowed_domains: [example.org]`")
    return value


Policy = Annotated[NetworkPolicy, AfterValidator(_check_policy)]


class Container(Model):
    """The container that Python runs in."""

    type: Literal["auto"] = "auto"
    files: list[FileItem] | None = Field(None, description="Files the code can read: paths, globs, `{file: NAME}`.")
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = Field(None, description="How much memory it has.")
    network_policy: Policy | None = Field(None, description="What can be reached from it.")


class CodeInterpreter(Extensible):
    """Writes Python and runs it."""

    type: Literal["code_interpreter"]
    container: (
        Annotated[
            Annotated[Identifier, tag("text")] | Annotated[Container, tag("mapping")],
            by_shape("a container's id or a mapping `{files: […], memory_limit: 4g}`"),
        ]
        | None
    ) = Field(None, description="A container's id, or what a new one holds.")
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")


class WebSearch(Extensible):
    """Searches the web."""

    type: Literal["web_search", "web_search_2025_08_26"]
    external_web_access: bool | None = Field(None, description="Whether pages are fetched anew.")
    filters: dict[str, Any] | None = Field(None, description="Which files or domains are searched.")
    search_context_size: Literal["low", "medium", "high"] | None = Field(
        None, description="How much of what is found the model sees."
    )
    user_location: dict[str, Any] | None = Field(None, description="About where the user is.")


class WebSearchPreview(Extensible):
    """Searches the web (the earlier form)."""

    type: Literal["web_search_preview", "web_search_preview_2025_03_11"]
    search_content_types: list[Literal["text", "image"]] | None = Field(None, description="Texts, images or both.")
    search_context_size: Literal["low", "medium", "high"] | None = Field(
        None, description="How much of what is found the model sees."
    )
    user_location: dict[str, Any] | None = Field(None, description="About where the user is.")


class Mcp(Extensible):
    """Tools of a remote MCP server."""

    type: Literal["mcp"]
    server_label: Filled = Field(description="What the server is called.")
    server_url: ServerUrl | None = Field(None, description="Where the server is.")
    server_description: str | None = Field(None, description="What the server offers.")
    connector_id: Identifier | None = Field(None, description="A connector instead of a server.")
    tunnel_id: Identifier | None = Field(None, description="A tunnel instead of a server.")
    authorization: Secretive | None = Field(None, description="Always `{runtime: NAME}`: secrets are not kept here.")
    headers: dict[str, Secretive] | None = Field(
        None, description="Sent to the server, as `{runtime: NAME}` except for harmless ones such as `Accept`."
    )
    allowed_tools: (
        Annotated[
            Annotated[list[str], tag("list")] | Annotated[dict[str, Any], tag("mapping")],
            by_shape("a list of names or a mapping `{tool_names: […], read_only: …}`"),
        ]
        | None
    ) = Field(None, description="Which of its tools may be called.")
    require_approval: (
        Annotated[
            Annotated[Literal["always", "never"], tag("text")] | Annotated[dict[str, Any], tag("mapping")],
            by_shape("`always`, `never` or a mapping of the two"),
        ]
        | None
    ) = Field(None, description="Which calls a person approves.")
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")
    defer_loading: bool | None = Field(None, description="Whether it is found by tool_search first.")


class ImageGeneration(Extensible):
    """Draws and edits images."""

    type: Literal["image_generation"]
    action: Literal["generate", "edit", "auto"] | None = Field(None, description="Draw, edit, or either.")
    background: Literal["transparent", "opaque", "auto"] | None = Field(None, description="Transparent or opaque.")
    complexity: Literal["low", "medium", "high"] | None = Field(
        None, description="How much planning goes into an image."
    )
    frame_count: int | None = Field(None, description="How many frames a GIF has.")
    frame_duration_ms: int | None = Field(None, description="How long a frame is shown, in milliseconds.")
    input_fidelity: Literal["high", "low"] | None = Field(None, description="How closely images given are followed.")
    input_image_mask: dict[str, Any] | None = Field(None, description="Where an image is edited.")
    model: ModelName | None = Field(None, description="The model that draws.")
    moderation: Literal["auto", "low"] | None = Field(None, description="How strictly images are moderated.")
    output_compression: int | None = Field(None, description="How much images are compressed.")
    output_format: Literal["png", "webp", "jpeg", "gif", "svg"] | None = Field(None, description="The file format.")
    partial_images: int | None = Field(None, description="How many unfinished images are streamed.")
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto"] | None = Field(
        None, description="How fine images are."
    )
    size: Filled | None = Field(None, description="Width and height, as in `1024x1024`.")
    svg: dict[str, Any] | None = Field(None, description="Who draws SVG, and how.")


class ShellEnvironment(Model):
    """Where shell commands run."""

    type: Literal["container_auto", "local", "container_reference"]
    files: list[FileItem] | None = Field(None, description="Files the commands can read.")
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = Field(None, description="How much memory it has.")
    network_policy: Policy | None = Field(None, description="What can be reached from it.")
    skills: list[dict[str, Any]] | None = Field(None, description="Skills that are there.")
    container_id: Identifier | None = Field(None, description="The container, for `container_reference`.")


class Shell(Extensible):
    """Runs shell commands."""

    type: Literal["shell"]
    environment: ShellEnvironment | None = Field(None, description="Where it runs.")
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")


class LocalShell(Extensible):
    """Runs shell commands in the application."""

    type: Literal["local_shell"]


class Computer(Extensible):
    """Uses a computer."""

    type: Literal["computer"]


class ComputerUsePreview(Extensible):
    """Uses a computer (the earlier form)."""

    type: Literal["computer_use_preview"]
    display_height: int = Field(description="In pixels.")
    display_width: int = Field(description="In pixels.")
    environment: Literal["windows", "mac", "linux", "ubuntu", "browser"] = Field(description="Where it runs.")


class ToolSearch(Extensible):
    """Finds deferred tools."""

    type: Literal["tool_search"]
    description: str | None = Field(None, description="What it is for, for the model.")
    execution: Literal["server", "client"] | None = Field(None, description="Who searches.")
    parameters: dict[str, Any] | None = Field(None, description="What a search takes, as JSON Schema.")


class ProgrammaticToolCalling(Extensible):
    """Lets code written by the model call tools."""

    type: Literal["programmatic_tool_calling"]


class ApplyPatch(Extensible):
    """Changes files with diffs."""

    type: Literal["apply_patch"]
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")


class ComputerUse(Extensible):
    """Uses a browser in a hosted session. Only on `agents`."""

    type: Literal["computer_use"]
    include_screenshots: bool | None = Field(None, description="Whether results include screenshots.")


class Automations(Extensible):
    """Lets an agent wake itself up. Only on `agents`."""

    type: Literal["automations"]
