"""Checks that an assistant has the tools that its `tool_choice` names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.nearest import advise, enumerate_names

NAMED = ("function", "custom")
#: Sets of names for the same tool. `tool_choice` and `tools` may use different names of one set.
FAMILIES = (
    frozenset({"computer", "computer_use", "computer_use_preview"}),
    frozenset({"web_search_preview", "web_search_preview_2025_03_11", "web_search", "web_search_2025_08_26"}),
)


def check_choice(choice: Written, tools: Iterable[Mapping[str, Any]], report: Report, address: Address) -> None:
    """Reports each tool that `tool_choice` names although the assistant does not have this tool. Also reports the value
    `required` if the assistant has no tools. The API would refuse every call with such a choice. `choice` is the value
    of `tool_choice`, and `tools` are the tools of the assistant.
    """
    tools = list(_flat(tools))
    if choice.value == "required" and not tools:
        report.error(choice, "this assistant has no tool that could be required; add one, or write `auto`", address)
    if not isinstance(choice.value, dict):
        return
    if choice.value["type"] != "allowed_tools":
        _check_one(choice, tools, report, address)
    elif allowed := choice.get("tools"):
        for item in allowed.items():
            _check_one(item, tools, report, address)


def _check_one(choice: Written, tools: list[Mapping[str, Any]], report: Report, address: Address) -> None:
    kind = choice.value["type"]
    if kind == "mcp":
        _check_name(choice, "server_label", ("mcp",), tools, report, address)
    elif kind in NAMED:
        _check_name(choice, "name", (kind,), tools, report, address)
    else:
        known = sorted({str(tool["type"]) for tool in tools})
        accepted = next((family for family in FAMILIES if kind in family), {kind})
        if not any(each in accepted for each in known):
            advice = f"it has {enumerate_names(known)}" if known else "it has no tools"
            place = choice.get("type") or choice
            report.error(place, f"this assistant has no tool of type `{kind[:60]}`; {advice}", address)


def _check_name(
    choice: Written,
    field: str,
    kinds: tuple[str, ...],
    tools: list[Mapping[str, Any]],
    report: Report,
    address: Address,
) -> None:
    name, known = choice.value[field], [str(tool[field]) for tool in tools if tool["type"] in kinds]
    if name not in known:
        listed = f"it has {enumerate_names(known)}" if known else f"add one of type `{kinds[0]}` to `tools:`"
        message = f"this assistant has no {kinds[0]} tool `{name[:60]}`; {advise(name, known, listed)}"
        report.error(choice.get(field) or choice, message, address)


def _flat(tools: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yields each tool. If a tool is a namespace, the tools inside it are yielded after it."""
    for tool in tools:
        yield tool
        if tool["type"] == "namespace":
            yield from tool["tools"]
