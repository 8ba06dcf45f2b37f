"""Small projects, drawn so closely together that the step from any to any other is an edit worth testing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.resource import AssistantSpec, Lifecycle, Ref, Resource
from provisioner.openai_api.targets import TARGETS

PATHS = ("a.md", "b/a.md", "c.md")
STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}


@dataclass(frozen=True)
class Store:
    """A vector store: its members by path, with a rank each."""

    members: dict[str, int]
    description: str | None
    note: str | None
    chunked: bool
    exclusive: bool


@dataclass(frozen=True)
class Assistant:
    """An assistant that searches stores and computes with files."""

    target: str
    text: str
    stores: frozenset[str]
    files: frozenset[str]
    note: str | None


@dataclass(frozen=True)
class World:
    """What the manifests say: contents by path, stores and assistants by name."""

    contents: dict[str, int]
    stores: dict[str, Store]
    assistants: dict[str, Assistant]

    def resources(self) -> list[Resource]:
        """The resources, with references only to what there is."""
        return [*self._files(), *self._stores(), *self._assistants()]

    def _files(self) -> Iterator[Resource]:
        for path, content in self.contents.items():
            inputs = {"sha256": f"{content}" * 8, "bytes": 8, "filename": Path(path).name, "purpose": "assistants"}
            yield Resource(file(path), "file", inputs, file=path)

    def _stores(self) -> Iterator[Resource]:
        for name, store in self.stores.items():
            inputs: dict[str, Any] = {"name": name, "files": dict(self._members(store))}
            if store.description:
                inputs["description"] = store.description
            if store.note:
                inputs["metadata"] = {"note": store.note}
            yield Resource(
                Address("vector_store", name), "vector_store", inputs, lifecycle=Lifecycle(exclusive=store.exclusive)
            )

    def _members(self, store: Store) -> Iterator[tuple[str, Any]]:
        for path, rank in sorted(store.members.items()):
            if path in self.contents:
                # Every file in a store has its checksum as an attribute, by which an attachment of ours is recognised.
                checksum = f"{self.contents[path]}" * 8
                attributes = {"path": path, "sha256": checksum, "rank": rank}
                member: dict[str, Any] = {"file_id": Ref(file(path)), "attributes": attributes}
                yield str(file(path)), {**member, **({"chunking_strategy": STATIC} if store.chunked else {})}

    def _assistants(self) -> Iterator[Resource]:
        for name, assistant in self.assistants.items():
            spec = AssistantSpec(
                name,
                self._fields(assistant),
                filenames={file(path): path.replace("/", "-") for path in self.contents},
            )
            expression = TARGETS[assistant.target].express(spec)
            assert not expression.problems
            yield Resource(Address("assistant", name), expression.type, expression.inputs)
            if expression.environment is not None:
                yield Resource(Address("environment", name), "environment_template", expression.environment)

    def _fields(self, assistant: Assistant) -> dict[str, Any]:
        files = [Ref(file(path)) for path in sorted(assistant.files) if path in self.contents]
        stores = [Ref(Address("vector_store", name)) for name in sorted(assistant.stores) if name in self.stores]
        tools: list[dict[str, Any]] = []
        if files:
            tools.append({"type": "code_interpreter", "container": {"type": "auto", "file_ids": files}})
        if stores and assistant.target != "agents":
            tools.append({"type": "file_search", "vector_store_ids": stores[:1]})
        fields: dict[str, Any] = {"model": "gpt-6-luna", "instructions": assistant.text, "tools": tools}
        return {**fields, **({"metadata": {"note": assistant.note}} if assistant.note else {})}


def file(path: str) -> Address:
    return Address("file", path)


notes = st.none() | st.sampled_from(["one", "two"])
stores = st.builds(
    Store,
    members=st.dictionaries(st.sampled_from(PATHS), st.integers(1, 2), max_size=3),
    description=notes,
    note=notes,
    chunked=st.booleans(),
    exclusive=st.booleans(),
)
assistants = st.builds(
    Assistant,
    target=st.sampled_from(sorted(TARGETS)),
    text=st.sampled_from(["Be kind.", "Be brief."]),
    stores=st.frozensets(st.sampled_from(["x", "y"])),
    files=st.frozensets(st.sampled_from(PATHS)),
    note=notes,
)
worlds = st.builds(
    World,
    contents=st.dictionaries(st.sampled_from(PATHS), st.integers(1, 3), max_size=3),
    stores=st.dictionaries(st.sampled_from(["x", "y"]), stores, max_size=2),
    assistants=st.dictionaries(st.sampled_from(["p", "q"]), assistants, max_size=2),
)
