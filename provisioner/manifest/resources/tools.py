"""Converts tools to the format of the Responses API, their long form. Names of resources become references. Short
forms, such as the name of a declared tool, become long forms.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.core.address import Address
from provisioner.core.addresskind import TOOL_KIND, VECTOR_STORE_KIND
from provisioner.core.kinds.tool_types import FIRST_NAMES, RESERVED
from provisioner.core.resource import Ref
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.expressions.groups import spread
from provisioner.manifest.files.file_lists import Express, Members
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.resources.functions import Functions
from provisioner.manifest.resources.nulls import without_nulls
from provisioner.manifest.validation.foreign import advise_type
from provisioner.manifest.validation.nearest import advise, nearest
from provisioner.manifest.validation.toolforms import needs_more, tool_form

CONTAINER_FILES = 50
STORE_ID = re.compile(r"vs_[A-Za-z0-9_-]+")
Tool = dict[str, Any]


@dataclass
class Tools:
    """Converts tools to their long form, which is the format of the Responses API. `declared` and `stores` map names to
    the declared tools and to the declared vector stores. `groups` maps each kind to a mapping. That mapping maps the
    name of each declaration with a `for_each` to the names of the resources that the `for_each` makes.

    Some fields of a tool's container (the machine on which the tool runs code) can contain names of resources. `named`
    maps these fields to functions that convert their values. The field `files` is converted separately.
    """

    declared: dict[str, Declaration]
    stores: dict[str, Declaration]
    groups: Mapping[str, Mapping[str, Sequence[str]]]
    members: Members
    named: Mapping[str, Express]
    report: Report
    _expanded: dict[str, Tool | None] = field(default_factory=dict)
    functions: Functions = field(init=False)

    def __post_init__(self) -> None:
        self.functions = Functions(self.members.library.tree, self.report)

    def check_declared(self) -> None:
        """Converts every declared tool to its long form (the format of the Responses API), so that errors are also
        reported in tools that no assistant uses.
        """
        for name in self.declared:
            self._named(name)

    @property
    def expanded(self) -> dict[str, Tool]:
        """The declared tools that could be converted, keyed by name. Each tool is in its long form, the format of the
        Responses API.
        """
        return {name: tool for name, tool in self._expanded.items() if tool is not None}

    def expand_all(self, written: Written, address: Address) -> tuple[list[Tool], dict[str, str]] | None:
        """Returns the tools of an assistant in long form (the format of the Responses API), one for each item of
        `written`. A group (all tools that one `for_each` makes) gives several tools. Also returns the digest of each
        declared tool in the list, keyed by the tool's address.

        Returns None if any item has an error. Without that item, the positions of the tools would differ from the
        positions of the items.
        """
        tools: list[Tool | None] = []
        is_whole = True
        for index, value in enumerate(written.value):
            if (path := (*written.path, index)) in written.document.bad:
                is_whole = False
                self.functions.check_marred(Written(written.document, path, value), address)
        sources: dict[str, str] = {}
        written = self.spread(written)
        for item in written.items():
            tool = self._expand(item, address)
            tools.append(tool)
            if tool is not None and isinstance(item.value, str):
                declared = self.declared.get(to_nfc(item.value))
                sources |= {str(declared.address): digest(tool)} if declared else {}
        good = [tool for tool in tools if tool is not None]
        self._check_twice(list(zip(written.items(), tools, strict=True)), address)
        return (good, sources) if is_whole and len(good) == len(tools) else None

    def spread(self, written: Written) -> Written:
        """Returns `written`, an assistant's list of tools, with each name of a group replaced by the names of the tools
        in the group. A group is all tools that one `for_each` makes.
        """
        return spread(written, self.groups[TOOL_KIND.name])

    def _expand(self, item: Written, address: Address) -> Tool | None:
        if not isinstance(item.value, str):
            return self._inline(item, address)
        name = to_nfc(item.value)
        if name in self.declared:
            return self._named(name)
        if name in RESERVED and not needs_more(name):
            return {"type": name, "container": {"type": "auto"}} if name == "code_interpreter" else {"type": name}
        if name in RESERVED:
            declared = ", or name a declared tool" if name == "function" else ""
            self.report.error(item, f"`{name}` needs more than its type; write {tool_form(name)}{declared}", address)
        else:
            close = nearest(name, [*self.declared, *RESERVED])
            advice = advise_type(name) or (f"did you mean `{close}`?" if close else "declare it under `tools:`")
            if close and needs_more(close) and close not in self.declared:
                advice = f"did you mean `{close}`? Write {tool_form(close)}"
            self.report.error(item, f"there is no tool `{name[:60]}`; {advice}", address)
        return None

    def _named(self, name: str) -> Tool | None:
        if name not in self._expanded:
            declaration = self.declared[name]
            written = declaration.written
            good = isinstance(written.value, dict) and not _is_marred(written)
            self._expanded[name] = self._inline(written, declaration.address) if good else None
            if not good:
                self.functions.check_marred(written, declaration.address)
        return self._expanded[name]

    def _inline(self, written: Written, address: Address) -> Tool | None:
        tool = {key: value for key, value in written.value.items() if key != "extra"}
        kind = tool["type"]
        if kind == "function":
            self.functions.expand(written, tool, address)
        elif kind == "namespace":
            tool["tools"] = self._namespaced(written, address)
        elif kind == "file_search" and (stores := written.get("vector_stores")):
            stores = spread(stores, self.groups[VECTOR_STORE_KIND.name])
            ids = [self._store(item, address) for item in stores.items()]
            self._check_stores(stores, address)
            tool = _renamed(tool, "vector_stores", "vector_store_ids", [ref for ref in ids if ref is not None])
        elif kind == "code_interpreter":
            tool["container"] = self._container(written.get("container"), "auto", address)
        elif kind == "shell" and (environment := written.get("environment")):
            tool["environment"] = self._container(environment, environment.value["type"], address)
        elif kind == "mcp":
            self._check_mcp(written, address)
        elif kind == "tool_search":
            self.functions.check_schema(written.get("parameters"), address)
        known: Tool = without_nulls(tool)
        return known | (written.value.get("extra") or {})

    def _namespaced(self, written: Written, address: Address) -> list[Tool]:
        inner = written.get("tools")
        items = list(inner.items()) if inner else []
        return [tool for item in items if (tool := self._inline(item, address)) is not None]

    def _store(self, item: Written, address: Address) -> Ref | str | None:
        name = to_nfc(item.value)
        if name in self.stores:
            return Ref(self.stores[name].address)
        if name.startswith("vs_"):
            if not STORE_ID.fullmatch(name):
                message = f"`{name[:60]}` is no id, and placeholders are not filled in; write the id itself, `vs_…`"
                self.report.error(item, message, address)
            return str(name)
        advice = advise(name, self.stores, "declare it under `vector_stores:`")
        self.report.error(item, f"there is no vector store `{name[:60]}`; {advice}", address)
        return None

    def _container(self, written: Written | None, kind: str, address: Address) -> Any:
        if written is None:
            return {"type": kind}
        if isinstance(written.value, str):
            return written.value
        container = {"type": kind, **written.value}
        container |= {
            name: express(items, address) for name, express in self.named.items() if (items := written.get(name))
        }
        files = written.get("files")
        container.pop("files", None)
        if files is None:
            return container
        ids = self.members.ids(files, address)
        if len(ids) > CONTAINER_FILES:
            message = f"these are {len(ids)} files; a container takes at most {CONTAINER_FILES}, remove some"
            self.report.error(files.key_place, message, address)
        return container | {"file_ids": ids}

    def _check_mcp(self, written: Written, address: Address) -> None:
        given = [name for name in ("server_url", "connector_id", "tunnel_id") if written.get(name)]
        if len(given) != 1:
            problem = "names no server" if not given else f"names {len(given)} servers"
            message = f"this tool {problem}; write one of `server_url`, `connector_id` and `tunnel_id`"
            self.report.error(written.key_place, message, address)

    def _check_stores(self, stores: Written, address: Address) -> None:
        seen: set[str] = set()
        for item in stores.items():
            if item.value in seen:
                self.report.error(item, f"`{item.value}` is here twice; remove one", address)
            seen.add(item.value)

    def _check_twice(self, pairs: Iterable[tuple[Written, Tool | None]], address: Address) -> None:
        """Reports a tool that the language model or the API could not distinguish from an earlier tool of the same
        assistant. `pairs` contains each tool in the manifest with its long form (the format of the Responses API). The
        long form is None if the tool has an error.
        """
        first: dict[tuple[str, str], Written] = {}
        for item, tool in pairs:
            if tool is None:
                continue
            kind, name = _identity(tool)
            if (kind, name) in first:
                message = f"`{name}` is here twice, first at {first[kind, name].place}"
                advice = "the model could not tell them apart, rename or remove one"
                if kind == "built-in":
                    advice = "an assistant has a built-in tool once, put all into one"
                self.report.error(item, f"{message}; {advice}", address)
            first.setdefault((kind, name), item)


def _identity(tool: Tool) -> tuple[str, str]:
    """Returns a pair that must be unique among an assistant's tools: type and name. The type is empty for a tool with a
    name, `mcp` for an MCP server, and `built-in` for all other tools.
    """
    name = tool.get("name")
    if isinstance(name, str):
        return "", name
    kind = str(tool["type"])
    if kind == "mcp":
        return kind, str(tool.get("server_label"))
    return "built-in", FIRST_NAMES[kind]


def _renamed(tool: Tool, old: str, new: str, value: Any) -> Tool:
    return {(new if key == old else key): (value if key == old else item) for key, item in tool.items()}


def _is_marred(written: Written) -> bool:
    """Returns whether an error was already found in `written`, a value of a manifest, or in a value inside it."""
    return written.document.bad.touches(written.path)


def digest(tool: Tool) -> str:
    """Returns the SHA-256 digest of a tool as canonical JSON, in hexadecimal digits. In the JSON, each reference to a
    resource is replaced by the address of this resource.
    """

    def spell(value: Any) -> str:
        return str(value.address) if isinstance(value, Ref) else str(value)

    text = json.dumps(tool, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=spell)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
