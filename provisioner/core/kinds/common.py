"""Defines types of msgspec for common entries of manifests.

Each type accepts a part of the values that the pydantic model of the same entry accepts. A value that a type accepts is
certainly valid, so the pydantic models need not be imported for it. All other values are checked with the pydantic
models, which also make the messages about errors. Therefore these types contain only the fields that many manifests
use, and no rule that is long to write.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, ValidationError, convert, field

from provisioner.core.defaults import TARGETS

#: A text with a character that is not a space.
Filled = Annotated[str, Meta(pattern=r"\S")]
#: A model's name in the characters that all names of models have.
ModelName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\Z")]
DisplayName = Annotated[str, Meta(pattern=r"\S", max_length=256)]
Description = Annotated[str, Meta(max_length=512)]
#: A key of metadata. Keys that begin with `provision_` are the marks of provision.
Key = Annotated[str, Meta(pattern=r"\A(?!provision_)", max_length=64)]
Value = Annotated[str, Meta(max_length=512)]


class Entry(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A mapping in a manifest with known fields."""


class Lifecycle(Entry):
    """Common rules for changes of a resource."""

    protect: bool | None = None


class Fragment(Entry):
    """A fragment of instructions without variables."""

    text: str | None = None
    file: Filled | None = None

    def __post_init__(self) -> None:
        """Raises ValueError unless either `text` or `file` is set."""
        if (self.text is None) == (self.file is None):
            raise ValueError("neither or both of text and file")


class FileSearch(Entry, tag_field="type", tag="file_search"):
    """A common tool that finds passages in vector stores."""

    vector_stores: Annotated[list[Filled], Meta(min_length=1)] | None = None
    max_num_results: Annotated[int, Meta(ge=1, le=50)] | None = None


class Function(Entry, tag_field="type", tag="function"):
    """A common function that the application carries out."""

    name: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    handler: Filled | None = None
    strict: bool | None = None


class WebSearch(Entry, tag_field="type", tag="web_search"):
    """A common tool that searches the web."""

    search_context_size: Literal["low", "medium", "high"] | None = None


class CodeInterpreter(Entry, tag_field="type", tag="code_interpreter"):
    """A common tool with which the model writes and runs Python code."""


Tool = FileSearch | Function | WebSearch | CodeInterpreter


class Reasoning(Entry):
    """Common settings for the reasoning of a model."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class Assistant(Entry):
    """An assistant with common fields."""

    name: DisplayName | None = None
    description: Description | None = None
    target: Literal[TARGETS] | None = None  # type: ignore[valid-type]
    model: ModelName | None = None
    instructions: str | list[Filled | Fragment] | None = None
    tools: Annotated[list[Filled | Tool], Meta(max_length=128)] | None = None
    reasoning: Reasoning | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    metadata: dict[Key, Value | None] | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: Annotated[int, Meta(ge=1)] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    store: bool | None = None
    lifecycle: Lifecycle | None = None


class Member(Entry):
    """One or more files of a vector store with attributes of their own."""

    path: Filled | None = None
    file: Filled | None = None
    attributes: dict[Annotated[str, Meta(max_length=64)], Value | bool] | None = None

    def __post_init__(self) -> None:
        """Raises ValueError unless either `path` or `file` is set."""
        if (self.path is None) == (self.file is None):
            raise ValueError("neither or both of path and file")


class StoreExpiry(Entry):
    """The time after which an unused vector store is deleted."""

    days: Annotated[int, Meta(ge=1, le=365)]
    anchor: Literal["last_active_at"] = "last_active_at"


class VectorStore(Entry):
    """A vector store with common fields."""

    name: DisplayName | None = None
    description: Description | None = None
    metadata: dict[Key, Value] | None = None
    expires_after: StoreExpiry | None = None
    files: list[Filled | Member] | None = None
    exclude: list[Filled] | None = None
    path_attribute: bool | None = None
    exclusive: bool | None = None
    lifecycle: Lifecycle | None = None


class File(Entry):
    """A declared file with common fields."""

    path: Filled
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] = "assistants"
    lifecycle: Lifecycle | None = None


class Skill(Entry):
    """A skill with common fields."""

    path: Filled
    exclude: list[Filled] | None = None
    lifecycle: Lifecycle | None = None


class Variable(Entry):
    """A variable."""

    type: Literal["string", "number", "boolean", "list", "map"] | None = None
    default: Any = None
    description: str | None = None


class Include(Entry):
    """A folder of manifests that is included."""

    folder: Filled
    with_: dict[str, Any] | None = field(default=None, name="with")
    prefix: str | None = None


class Import(Entry):
    """An object that exists already, and the resource that adopts it."""

    to: Filled
    id: Filled
    environment: Filled | None = None


class Move(Entry):
    """A resource that was renamed."""

    to: Filled
    from_: Filled = field(name="from")
    environment: Filled | None = None


class Removal(Entry):
    """A resource that is no longer declared."""

    destroy: bool
    from_: Filled = field(name="from")
    environment: Filled | None = None


def is_common(value: Any, expected: Any) -> bool:
    """Returns whether a value of a manifest has the type `expected`, which is one of the types of this module. Returns
    False if `expected` is None.

    The value consists of mappings, lists, texts, numbers, booleans and None, which are all that the parser of manifests
    makes. (A tuple would be accepted as a list, which the pydantic models refuse.)
    """
    if expected is None:
        return False
    try:
        convert(value, expected)
    except (ValidationError, RecursionError, UnicodeError):  # A surrogate cannot be encoded.
        return False
    return True
