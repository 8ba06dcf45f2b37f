"""Finds the tools whose use costs money, because they run at OpenAI, and their prices. For each tool, this module also
finds the assistants that have the tool before and after the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.estimate import ContainerCost, ToolCost
from provisioner.core.kinds.tool_types import FIRST_NAMES
from provisioner.core.objecttype import ENVIRONMENT_TEMPLATE
from provisioner.core.target_names import TARGET_OF
from provisioner.planning.plan import Action
from provisioner.review.cost.inventory import PlannedObject
from provisioner.review.cost.prices import Prices

CODE = "code_interpreter"
#: The memory of a container for which no size is given (specification: "Defaults to 1g").
DEFAULT_MEMORY = "1g"
#: The memory of a container that the assistant names by its id, or whose memory the API chooses.
UNKNOWN_MEMORY = "unknown"
#: Tools whose calls have no price at OpenAI: the application runs them itself, or (`code_interpreter`) the container
#: has the price.
OWN = frozenset(
    {"function", "custom", "namespace", "local_shell", "apply_patch", "computer", "computer_use_preview", CODE}
)

#: The type of an object and its inputs, or None if there is no object.
Configured = tuple[str, Mapping[str, Any]] | None


def container_costs(found: Iterable[PlannedObject], prices: Prices) -> Iterator[ContainerCost]:
    """Yields a cost for each assistant that has a code interpreter before or after the plan. The cost contains the
    memory and the price of the container in which the code runs, before and after the plan. For an assistant of the
    Agents API, the cost belongs to the environment template of the assistant, which describes the container.
    """
    for planned in found:
        before, after = _memory(_before(planned)), _memory(_after(planned))
        if before or after:
            usd = prices.per_container(before), prices.per_container(after)
            yield ContainerCost(str(planned.address), before, after, *usd)


def tool_costs(found: Iterable[PlannedObject], prices: Prices) -> Iterator[ToolCost]:
    """Yields a cost for each tool whose calls have a price. The cost contains the price, the addresses of the
    assistants that have the tool before the plan, and the addresses of the assistants that have the tool after the
    plan.
    """
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for planned in found:
        for users, configured in ((before, _before(planned)), (after, _after(planned))):
            for tool in _called(configured):
                users.setdefault(tool, []).append(str(planned.address))
    for tool in sorted({*before, *after}):
        users_before, users_after = tuple(before.get(tool, ())), tuple(after.get(tool, ()))
        yield ToolCost(tool, prices.per_1000_calls(tool), users_before, users_after)


def _before(planned: PlannedObject) -> Configured:
    """Returns the type and the inputs of an object before the plan. `planned` is the object with its planned change. If
    others changed the object or the plan adopts it, the inputs contain the live values. Returns None if there is no
    object before the plan.
    """
    if planned.change is not None and planned.action is Action.ADOPT:
        return planned.change.type, planned.change.before or {}
    if planned.record is None or planned.action is Action.CREATE:
        return None
    drifted = planned.change.before if planned.change is not None else None
    return planned.record.type, drifted or planned.record.inputs


def _after(planned: PlannedObject) -> Configured:
    if planned.change is None:
        return _before(planned)
    if planned.change.after is None or planned.action in (Action.DELETE, Action.FORGET):
        return None
    return planned.change.type, planned.change.after


def _memory(configured: Configured) -> str | None:
    """Returns the memory of the container of the code interpreter, such as `1g`. `configured` is the type and the
    inputs of an object. Returns `unknown` if the API chooses the memory or the container is named by its id, and None
    if there is no code interpreter.
    """
    if configured is None:
        return None
    if configured[0] == ENVIRONMENT_TEMPLATE.name:
        return UNKNOWN_MEMORY
    tool = next((tool for tool in _tools(configured) if tool["type"] == CODE), None)
    if tool is None:
        return None
    container = tool.get("container")
    if not isinstance(container, Mapping):
        return UNKNOWN_MEMORY
    return str(container.get("memory_limit") or DEFAULT_MEMORY)


def _called(configured: Configured) -> set[str]:
    """Returns the types of those tools of an object whose calls have a price. `configured` is the type and the inputs
    of the object. If a type has several names, the first one is returned: `web_search` for `web_search_2025_08_26`.
    """
    return {_name(tool["type"]) for tool in _tools(configured) if tool["type"] not in OWN and not _is_local(tool)}


def _tools(configured: Configured) -> list[Mapping[str, Any]]:
    if configured is None or configured[0] not in TARGET_OF:
        return []
    return [tool for tool in configured[1].get("tools") or () if isinstance(tool, Mapping) and "type" in tool]


def _is_local(tool: Mapping[str, Any]) -> bool:
    """Returns whether `tool` is a shell whose commands run in the application instead of at OpenAI."""
    environment = tool.get("environment")
    return isinstance(environment, Mapping) and environment.get("type") == "local"


def _name(type_: str) -> str:
    """Returns the name of a type of tool in the list of prices. If the type has several names, the list uses the first
    one: `web_search` for `web_search_2025_08_26`.
    """
    return FIRST_NAMES.get(type_, type_)
