"""Defines the pydantic models for tools that run at OpenAI, and for tools that have no fields except `type`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provisioner.core.kinds.container import Container, ShellEnvironment, check_shell
from provisioner.core.kinds.function import Callers
from provisioner.core.kinds.literal import Identifier, ModelName
from provisioner.core.kinds.model import Extensible, Filled, Model, by_shape, tag
from provisioner.core.kinds.search import Filter, Location, Ranking, WebFilters, require_type


class FileSearch(Extensible):
    """A tool that finds passages in vector stores."""

    type: Literal["file_search"]
    vector_stores: Annotated[list[Filled], Field(min_length=1)] | None = Field(
        None, description="Names of vector stores, or ids (`vs_…`). They may be left out only on `assistants`."
    )
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="From 1 to 50: how many passages are found."
    )
    ranking_options: Ranking | None = Field(None, description="How passages are ranked.")
    filters: Filter | None = Field(None, description="Which files are searched, by their attributes.")


class CodeInterpreter(Extensible):
    """A tool with which the model writes and runs Python code."""

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
    """A tool that searches the web."""

    type: Literal["web_search", "web_search_2025_08_26"]
    external_web_access: bool | None = Field(None, description="Whether pages are fetched again.")
    filters: WebFilters | None = Field(None, description="Which domains are searched.")
    search_context_size: Literal["low", "medium", "high"] | None = Field(
        None, description="How much of the results the model sees."
    )
    user_location: Location | None = Field(None, description="The user's approximate location.")


class WebSearchPreview(Extensible):
    """A tool that searches the web (the earlier version of `web_search`)."""

    type: Literal["web_search_preview", "web_search_preview_2025_03_11"]
    search_content_types: list[Literal["text", "image"]] | None = Field(None, description="Texts, images or both.")
    search_context_size: Literal["low", "medium", "high"] | None = Field(
        None, description="How much of the results the model sees."
    )
    user_location: Annotated[Location, AfterValidator(require_type)] | None = Field(
        None, description="The user's approximate location."
    )


class ImageMask(Model):
    """The part of an image that is edited."""

    file_id: Filled | None = Field(None, description="The id of the mask's file.")
    image_url: Filled | None = Field(None, description="The mask as a data URL.")


class SvgReasoning(Model):
    """The reasoning effort of the model that writes an SVG."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="How much effort goes into reasoning."
    )


class Svg(Model):
    """The model that draws SVG, and its options."""

    model: Filled | None = Field(None, description="The model that writes the SVG.")
    reasoning: SvgReasoning | None = Field(None, description="How much it thinks.")


class ImageGeneration(Extensible):
    """A tool that draws and edits images."""

    type: Literal["image_generation"]
    action: Literal["generate", "edit", "auto"] | None = Field(None, description="Draw, edit, or either.")
    background: Literal["transparent", "opaque", "auto"] | None = Field(None, description="Transparent or opaque.")
    complexity: Literal["low", "medium", "high"] | None = Field(
        None, description="How much planning goes into an image."
    )
    frame_count: Annotated[int, Field(ge=1)] | None = Field(None, description="How many frames a GIF has.")
    frame_duration_ms: Annotated[int, Field(ge=1)] | None = Field(
        None, description="How long a frame is shown, in milliseconds."
    )
    input_fidelity: Literal["high", "low"] | None = Field(None, description="How closely images given are followed.")
    input_image_mask: ImageMask | None = Field(None, description="Where an image is edited.")
    model: ModelName | None = Field(None, description="The model that draws.")
    moderation: Literal["auto", "low"] | None = Field(None, description="How strictly images are moderated.")
    output_compression: Annotated[int, Field(ge=0, le=100)] | None = Field(
        None, description="How much images are compressed."
    )
    output_format: Literal["png", "webp", "jpeg", "gif", "svg"] | None = Field(None, description="The file format.")
    partial_images: Annotated[int, Field(ge=0, le=3)] | None = Field(
        None, description="How many unfinished images are streamed."
    )
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto"] | None = Field(
        None, description="The quality of images."
    )
    size: Filled | None = Field(None, description="Width and height, as in `1024x1024`.")
    svg: Svg | None = Field(None, description="Who draws SVG, and how.")


class Shell(Extensible):
    """A tool that runs shell commands."""

    type: Literal["shell"]
    environment: Annotated[ShellEnvironment, AfterValidator(check_shell)] | None = Field(
        None, description="Where it runs."
    )
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")


class LocalShell(Extensible):
    """A tool that runs shell commands in the application."""

    type: Literal["local_shell"]


class Computer(Extensible):
    """A tool with which the model uses a computer."""

    type: Literal["computer"]


class ComputerUsePreview(Extensible):
    """A tool with which the model uses a computer (the earlier version of `computer`)."""

    type: Literal["computer_use_preview"]
    display_height: int = Field(description="In pixels.")
    display_width: int = Field(description="In pixels.")
    environment: Literal["windows", "mac", "linux", "ubuntu", "browser"] = Field(description="Where it runs.")


class ToolSearch(Extensible):
    """A tool that finds other tools, which are loaded only when they are needed."""

    type: Literal["tool_search"]
    description: str | None = Field(None, description="What it is for, for the model.")
    execution: Literal["server", "client"] | None = Field(None, description="Who searches.")
    parameters: dict[str, Any] | None = Field(None, description="What a search takes, as JSON Schema.")


class ProgrammaticToolCalling(Extensible):
    """A tool that lets code written by the model call other tools."""

    type: Literal["programmatic_tool_calling"]
    enabled: bool | None = Field(None, description="Only on `agents`: whether code may call tools.")


class ApplyPatch(Extensible):
    """A tool that changes files with diffs."""

    type: Literal["apply_patch"]
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")


class ComputerUse(Extensible):
    """A tool with which an agent uses a browser in a hosted session. Only on `agents`."""

    type: Literal["computer_use"]
    include_screenshots: bool | None = Field(None, description="Whether results include screenshots.")


class Automations(Extensible):
    """A tool that lets an agent start itself again later. Only on `agents`."""

    type: Literal["automations"]
