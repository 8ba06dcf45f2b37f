"""Finds the tools that a tested assistant can call, and the files that it can cite. The expectations and mocks of a
test can name only these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.declaredtest import Expectation, ExpectationKind
from provisioner.core.kinds.tool_types import FIRST_NAMES
from provisioner.core.objecttype import FILE, VECTOR_STORE
from provisioner.core.resource import Ref, Resource, refs
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.validation.nearest import advise

#: Types of tools whose own tools are not known before they are asked: a call can have any name.
OPEN_TYPES = frozenset({"mcp", "tool_search", "programmatic_tool_calling"})


class TestedTools(Struct, frozen=True):
    """The tools that an assistant can call. `functions` are the names of its functions, and `types` the types of its
    other tools. If `is_open` is true, the assistant may also call tools whose names are not known, such as those of an
    MCP server. `files` are the names of the files that the assistant can cite, or None if not all of these names are
    known.
    """

    __test__ = False  # pytest collects classes with this beginning of a name.

    functions: frozenset[str]
    types: frozenset[str]
    is_open: bool
    files: frozenset[str] | None

    @classmethod
    def of(cls, resource: Resource, resources: Mapping[Address, Resource], filenames: Mapping[str, str]) -> TestedTools:
        """Returns the tools that an assistant can call. `resource` is the assistant, and `resources` are all resources
        of the project. `filenames` maps the addresses of the files to upload to their names.
        """
        tools = list(_flat(resource.inputs.get("tools") or ()))
        functions = {_name_of(each) for each in tools if each.get("type") in ("function", "custom")}
        types = {str(each.get("type")) for each in tools} - {"function", "custom", "namespace"}
        is_open = bool(types & OPEN_TYPES) or bool(resource.inputs.get("extra_body"))
        files = _files(resource, resources, filenames)
        return cls(frozenset(functions), frozenset(types), is_open, files)

    def find_unknown_function(self, name: str) -> str | None:
        """Returns an error message if the assistant cannot call a function named `name`. The message says what to do.
        Returns None if the assistant can call it, or if not all its tools are known.
        """
        if self.is_open or name in self.functions:
            return None
        advice = advise(name, sorted(self.functions), "correct the name, or remove the mock")
        return f"the assistant has no function `{name[:64]}`, so this mock matches no call; {advice}"

    def find_problem(self, expectation: Expectation) -> str | None:
        """Returns an error message if an expectation names a tool that the assistant does not have or a file that it
        cannot cite. Such an expectation can never be met or, for `no_tool_called`, is always met. The message says what
        to do. Otherwise returns None.
        """
        if expectation.kind is ExpectationKind.TOOL_CALLED:
            name = str(expectation.value.get("name"))
            known = {*self.functions, *self.types}
            if self.is_open or name in known:
                return None
            advice = advise(name, sorted(known), "correct the name, or remove the expectation")
            return f"the assistant has no tool `{name[:64]}`, so it cannot be called; {advice}"
        if expectation.kind is ExpectationKind.NO_TOOL_CALLED and isinstance(expectation.value, str):
            return self._find_uncalled(expectation.value)
        if expectation.kind is ExpectationKind.CITES and self.files is not None:
            name = base_name(expectation.value)
            if name not in self.files:
                advice = advise(name, sorted(self.files), "correct the name, or attach the file")
                return f"the assistant has no file `{name[:60]}` to cite; {advice}"
        return None

    def _find_uncalled(self, name: str) -> str | None:
        """Returns an error message if a test expects that the tool `name` is not called, although the assistant has no
        tool of this name, and no type of tool has this name either. The name is then probably misspelled. Otherwise
        returns None.
        """
        known = {*self.functions, *self.types, *FIRST_NAMES}
        if self.is_open or name in known:
            return None
        advice = advise(name, sorted(known), "correct the name, or remove the expectation")
        return f"the assistant has no tool `{name[:64]}`, so it is never called; {advice}"


def base_name(path: str) -> str:
    """Returns the last part of a path, in the Unicode form NFC. Citations contain file names in this form."""
    return to_nfc(PurePosixPath(path).name)


def _flat(tools: Any) -> Iterator[Mapping[str, Any]]:
    """Yields all tools, including those inside namespaces."""
    for tool in tools:
        if isinstance(tool, Mapping):
            yield tool
            if tool.get("type") == "namespace":
                yield from _flat(tool.get("tools") or ())


def _name_of(tool: Mapping[str, Any]) -> str:
    """Returns the name of a function. In the format of the Assistants API, the name is in the nested mapping
    `function`.
    """
    inner = tool.get("function")
    return str((inner if isinstance(inner, Mapping) else tool).get("name"))


def _files(
    resource: Resource, resources: Mapping[Address, Resource], filenames: Mapping[str, str]
) -> frozenset[str] | None:
    """Returns the names of the files that an assistant uses, directly or in its vector stores. `resource` is the
    assistant. Returns None if not all names are known: if the assistant refers to another type of resource, such as an
    environment template, or if it can cite something that the project does not manage.
    """
    names: set[str] = set()
    for ref in refs(resource.inputs):
        used = resources.get(ref.address)
        if used is None or used.type not in (VECTOR_STORE.name, FILE.name):
            return None
        keys = (
            [str(key) for key in used.inputs.get("files") or ()]
            if used.type == VECTOR_STORE.name
            else [str(ref.address)]
        )
        if not all(key in filenames for key in keys):
            return None
        names.update(filenames[key] for key in keys)
    return None if _names_foreign_object(resource.inputs) else frozenset(names)


def _names_foreign_object(value: Any) -> bool:
    """Returns whether an assistant can cite something that the project does not manage: files or vector stores whose
    ids are in its inputs, web pages, or the results of MCP servers and shells. `value` are the inputs or a part of
    them.
    """
    if isinstance(value, Mapping):
        if value.get("type") in ("web_search", "web_search_preview", "mcp", "shell"):
            return True
        return any(
            _names_foreign_object(item) or (key in ("vector_store_ids", "file_ids") and _has_text(item))
            for key, item in value.items()
        )
    return isinstance(value, list | tuple) and any(_names_foreign_object(each) for each in value)


def _has_text(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(not isinstance(each, Ref) for each in value)
