"""Checks the rules about functions. They find functions that the instructions name although the assistant does not have
them, functions of the assistant that its instructions do not name, and functions that are not strict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, finding
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.sources import Composed, Sources
from provisioner.review.lint.prompts import Prompts, near

Tool = Mapping[str, Any]
#: Names that no English word looks like: `look_up`, `lookUp`. Every other name counts only if it is written as code:
#: `search` in backquotes, or with a bracket after it.
UNMISTAKABLE = re.compile(r"[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]")
EXTENSION = re.compile(r"\.[A-Za-z]")
#: A name directly after one of these characters, a letter or a digit does not count. In that place the name is a part
#: of a word or path, or a method of another object.
BEFORE = frozenset("_/.-")


def answered(tools: Iterable[Tool]) -> Iterator[Tool]:
    """Yields the tools in `tools` whose calls the application must execute: functions and custom tools. Functions and
    custom tools inside namespaces are included.
    """
    for tool in tools:
        if tool.get("type") in ("function", "custom"):
            yield tool
        elif tool.get("type") == "namespace":
            yield from answered(tool.get("tools") or ())


def find_unattached(sources: Sources, prompts: Prompts) -> Iterator[Finding]:
    """Yields a finding for the first place in each part of instructions that names a function, if an assistant with
    these instructions does not have this function. The names are those of all functions that are declared or that any
    assistant has.
    """
    known = frozenset(str(tool["name"]) for tool in _every(sources))
    found: dict[tuple[Place, str], tuple[Part, list[Address]]] = {}
    for assistant in sources.assistants if known else ():
        present = _callable(assistant)
        for _, part in assistant.parts:
            for name, offset in sorted(prompts.text(part.raw).first(known, is_mention).items()):
                if name not in present:
                    place = prompts.place(part, offset)
                    found.setdefault((place, name), (part, []))[1].append(assistant.declaration.address)
    for (place, name), (part, lacking) in found.items():
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        message = f"`{name}` is named here, but `{lacking[0]}`{more} cannot call it; add it to `tools`, or take it out"
        yield finding("function-not-attached", message, place, lacking[0], subject=name, near=near(part))


def find_unmentioned(sources: Sources, prompts: Prompts) -> Iterator[Finding]:
    """Yields a finding for each function that an assistant has and that the assistant's instructions do not name.
    Assistants without instructions, and functions with `defer_loading`, are not checked.
    """
    known = frozenset(str(tool["name"]).lower() for tool in _every(sources))
    for assistant in sources.assistants:
        texts = [prompts.text(part.text) for _, part in assistant.parts]
        if not texts or not assistant.tools:
            continue
        named = frozenset[str]().union(*(text.named_somehow(known) for text in texts))
        for item, tool in assistant.tools:
            for function in answered([tool]):
                name = str(function["name"])
                if function.get("defer_loading") or name.lower() in named:
                    continue
                message = f"the instructions do not name `{name}`; say when to call it, or take it away"
                address = assistant.declaration.address
                yield finding("function-not-mentioned", message, item.place, address, subject=name)


class _Used(Struct):
    """A tool that the rule `function-not-strict` checks. `address` is the address that findings name: the address of
    the declared tool, or of the assistant that contains the tool. `targets` are the APIs of the assistants that use the
    tool.
    """

    address: Address
    tool: Tool
    targets: set[str] = field(default_factory=set)


def find_loose(sources: Sources, settings: Settings) -> Iterator[Finding]:
    """Yields a finding for each function that has parameters and does not set `strict: true`. A function that only
    agents use is not checked, because saved agents have no field `strict`. If no assistant uses a function, the API
    that `settings` names as `target` decides.
    """
    declared = sources.declared.of("tool")
    used: dict[Place, _Used] = {}
    for name, declaration in declared.items():
        used[declaration.written.key_place] = _Used(declaration.address, sources.tools[name])
    for assistant in sources.assistants:
        for item, tool in assistant.tools:
            named = declared.get(item.value) if isinstance(item.value, str) else None
            place = named.written.key_place if named else item.place
            one = used.setdefault(place, _Used(assistant.declaration.address, tool))
            one.targets.add(assistant.target)
    for place, one in used.items():
        if (one.targets or {settings.target}) != {"agents"}:
            yield from _loose_findings(one, place)


def _loose_findings(used: _Used, place: Place) -> Iterator[Finding]:
    for function in answered([used.tool]):
        parameters = function.get("parameters")
        takes = isinstance(parameters, Mapping) and bool(parameters.get("properties"))
        if function.get("type") == "function" and takes and not function.get("strict"):
            message = f"`{function['name']}` is not strict; add `strict: true` and what it needs to its schema"
            name = str(function["name"])
            yield finding("function-not-strict", message, place, used.address, subject=name)


def _every(sources: Sources) -> Iterator[Tool]:
    yield from answered(sources.tools.values())
    for assistant in sources.assistants:
        yield from answered(tool for _, tool in assistant.tools)


def _callable(assistant: Composed) -> set[str]:
    """Returns the names of the functions that an assistant can call. The names in the field `allowed_tools` of MCP
    servers are included.
    """
    tools = [tool for _, tool in assistant.tools]
    names = {str(tool["name"]) for tool in answered(tools)}
    for tool in tools:
        listed = tool.get("allowed_tools")
        listed = listed.get("tool_names") if isinstance(listed, Mapping) else listed
        names |= set(map(str, listed or ()))
    return names


def is_mention(text: str, begin: int, end: int) -> bool:
    """Returns whether the word from `begin` to `end` in `text` is used as the name of a function. This is the case if
    the word is written as code (in backquotes or before a bracket), or if it does not look like an English word
    (`look_up`, `lookUp`).
    """
    before, after = text[begin - 1 : begin] if begin else "", text[end : end + 1]
    if before == "`" and after in ("`", "("):
        return True
    if before in BEFORE or (before.isascii() and before.isalnum()):
        return False
    if after == "(":
        return True
    # A file's name that begins with the name is not a mention: look_up.md.
    is_name = after not in ("-", "_") and not (after == "." and EXTENSION.match(text, end))
    return is_name and UNMISTAKABLE.search(text, begin, end) is not None
