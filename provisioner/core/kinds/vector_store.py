"""Defines the pydantic model for vector stores. A vector store contains files in which `file_search` finds passages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from provisioner.core.kinds.model import (
    Attributes,
    Extensible,
    FileReference,
    Filled,
    LifecycleModel,
    Metadata,
    Model,
    by_shape,
    check_reference,
    longest,
    refuse,
    tag,
)


class StaticChunking(Model):
    """The size of the passages into which a file is cut, in tokens."""

    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4096)] = Field(description="From 100 to 4096.")
    chunk_overlap_tokens: Annotated[int, Field(ge=0)] = Field(description="At most half of the chunk size.")


class ChunkingModel(Model):
    """The chunking strategy, which cuts files into passages: `{static: {…}}` or `{type: auto}`."""

    type: Literal["auto", "static"] | None = None
    static: StaticChunking | None = Field(None, description="The size of passages.")


def _check_chunking(value: ChunkingModel) -> ChunkingModel:
    if value.static is None and value.type != "auto":
        raise refuse("`static` is missing; write `{static: {max_chunk_size_tokens: 800, chunk_overlap_tokens: 400}}`")
    if value.static is not None and value.type == "auto":
        raise refuse("`type: auto` takes no `static`; leave one of them out", "static")
    if value.static and value.static.chunk_overlap_tokens * 2 > value.static.max_chunk_size_tokens:
        raise refuse(
            f"the overlap of {value.static.chunk_overlap_tokens} tokens is more than half of the chunk size, "
            f"{value.static.max_chunk_size_tokens}; write at most {value.static.max_chunk_size_tokens // 2}",
            "static",
        )
    return value


Chunking = Annotated[
    Annotated[Literal["auto"], tag("text")] | Annotated[ChunkingModel, AfterValidator(_check_chunking), tag("mapping")],
    by_shape("`auto` or a mapping `{static: {max_chunk_size_tokens: …, chunk_overlap_tokens: …}}`"),
]


class Member(FileReference):
    """One or more files of a vector store that have their own settings."""

    attributes: Attributes | None = Field(None, description="What searches can filter by.")
    chunking_strategy: Chunking | None = Field(None, description="How they are cut into passages.")


MemberItem = Annotated[
    Annotated[Filled, tag("text")] | Annotated[Member, AfterValidator(check_reference), tag("mapping")],
    by_shape("a path, or a mapping `{path: …}`, `{file: NAME}` or `{id: file-…}`"),
]


class StoreExpiry(Model):
    """The time after which an unused store is deleted."""

    anchor: Literal["last_active_at"] = Field("last_active_at", description="What time is counted from.")
    days: Annotated[int, Field(ge=1, le=365)] = Field(description="From 1 to 365.")


class VectorStoreModel(Extensible):
    """A vector store and the files in it."""

    name: Annotated[Filled, AfterValidator(longest(256))] | None = Field(
        None, description="The display name; the resource's name if it is left out."
    )
    description: Annotated[str, AfterValidator(longest(512))] | None = Field(
        None, description="Create-only at OpenAI, and never read back."
    )
    metadata: Metadata | None = Field(None, description="Pairs of texts; two of the 16 are our marks.")
    expires_after: StoreExpiry | None = Field(None, description="When the store disappears if it is not used.")
    files: list[MemberItem] | None = Field(
        None, description="Paths, globs, `{path, attributes, chunking_strategy}` or `{file: NAME}`; later ones win."
    )
    exclude: list[Filled] | None = Field(
        None, description="Paths or globs of files that are left out; for a folder, everything below it."
    )
    chunking_strategy: Chunking | None = Field(None, description="For every member that has none of its own.")
    path_attribute: bool | None = Field(None, description="Whether members carry their path as an attribute (yes).")
    exclusive: bool | None = Field(None, description="Whether members that are not declared are removed (no).")
    lifecycle: LifecycleModel | None = Field(None, description="How it may change.")
