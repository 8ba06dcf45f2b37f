"""Defines the protocol of a target (an API that an assistant can be made for). Also defines functions that several
targets use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from provisioner.core.resource import AssistantSpec, Expression, Problem

Path = tuple[str | int, ...]


class Target(Protocol):
    """Defines the interface of a target. A target is an API for which an assistant can be made. A class with this
    interface contains only the code that is specific to one API.
    """

    @property
    def name(self) -> str:
        """The name of the target in manifests: `responses`, `agents` or `assistants`."""
        ...

    @property
    def type(self) -> str:
        """The name of the object type (`ObjectType`) that assistants become on this target."""
        ...

    @property
    def marks(self) -> int:
        """The number of metadata keys that provision reserves for the ownership mark and its other data. An object can
        have sixteen metadata keys in all.
        """
        ...

    def express(self, spec: AssistantSpec) -> Expression:
        """Converts the assistant `spec` to the format of this target. The result also contains a problem for each
        setting that this format cannot express.
        """
        ...


def refuse(fields: Mapping[str, Any], names: Iterable[str], target: str) -> Iterator[Problem]:
    """Yields a problem for each field in `fields` that the target with the name `target` does not support. `names` are
    the names of the unsupported fields.
    """
    for name in names:
        if name in fields:
            yield Problem(
                (name,), f"`{name}` has no place on the {target} target; remove it, or use `target: responses` here"
            )


def find_unsent(spec: AssistantSpec, target: str) -> Iterator[Problem]:
    """Yields a problem if the manifest of the assistant `spec` sets the key `agents:`. `target` is the name of a target
    that supports no field under this key.
    """
    if spec.agents:
        yield Problem(("agents",), f"`agents` is not sent: the {target} target has none of these fields", "info")


def tools_of(fields: Mapping[str, Any], type_: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yields two values for each tool of the type `type_` in `fields`, the fields of an assistant: the index of the
    tool in the manifest's list of tools, and the tool.
    """
    for index, tool in enumerate(fields.get("tools") or ()):
        if tool["type"] == type_:
            yield index, tool


def container_files(fields: Mapping[str, Any]) -> list[Any]:
    """Returns the files in the containers of the code interpreter and shell tools. `fields` are the fields of the
    assistant in the manifest. Each file is returned once, in order. A file is either a `Ref` (a reference to a declared
    file) or a file id.
    """
    files: list[Any] = []
    for _, tool in (*tools_of(fields, "code_interpreter"), *tools_of(fields, "shell")):
        container = tool.get("container") or tool.get("environment") or {}
        if isinstance(container, Mapping):
            files += [item for item in container.get("file_ids", ()) if item not in files]
    return files
