"""An assistant that moves from one API to another: both spell it their own way, so only what both say is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.view.difference import ABSENT, Difference, Note, compare, to_plain

#: Fields that all targets spell alike.
ALIKE = ("description", "model", "name", "temperature", "top_p")
#: Tools that one API has in the assistant, and another in its environment.
ELSEWHERE = ("code_interpreter", "shell")
#: What is said of a function, whatever surrounds it.
OF_FUNCTIONS = ("description", "parameters")
PRESENT = Note("there")


def compare_respelled(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """What somebody has changed with the move: prompt, model and the like, and which tools there are."""
    yield from compare("instructions", before.get("instructions", ABSENT), after.get("instructions", ABSENT))
    for name in ALIKE:
        if name in before and name in after:
            yield from compare(name, to_plain(before[name]), to_plain(after[name]))
    old, new = _tools(before), _tools(after)
    for label in dict.fromkeys([*old, *new]):
        path = f"tools[{label}]"
        if label in old and label in new:
            yield from compare(path, old[label], new[label])
        else:
            yield Difference(path, PRESENT if label in old else ABSENT, PRESENT if label in new else ABSENT)


def _tools(fields: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The tools by type and name, with what can be compared of them."""
    found: dict[str, dict[str, Any]] = {}
    for tool in fields.get("tools") or ():
        kind = str(tool.get("type"))
        inner = tool.get(kind) if isinstance(tool.get(kind), Mapping) else tool
        name = inner.get("name") or inner.get("server_label")
        if kind not in ELSEWHERE:
            said = {key: to_plain(inner[key]) for key in OF_FUNCTIONS if key in inner} if kind == "function" else {}
            found[f"{kind} {name}" if name else kind] = said
    return found
