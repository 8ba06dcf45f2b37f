"""Renders an estimate of costs as text for people. The text shows the changes of the costs, or only the total if no
cost changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.review.render.units import plural, size

UNKNOWN = "no price known"
#: The largest number of stores that are shown, and the largest number of assistants that a line names.
SHOWN, NAMED = 10, 3


def cost_lines(estimate: Estimate) -> list[str]:
    """Returns the lines that show how the plan changes the estimated costs. If no cost changes, returns a single line
    with the total.
    """
    if not estimate.changes:
        return [f"Estimated costs, unchanged: {_totals(estimate)} ({_sources(estimate)})"]
    return [
        f"Estimated costs ({_sources(estimate)}):",
        *_storage_lines(estimate),
        *(f"  {line}" for line in _container_lines(estimate.containers)),
        *(f"  {_tool(tool)}" for tool in estimate.tools if tool.changes),
    ]


def _sources(estimate: Estimate) -> str:
    """Returns a text about the origin of the prices: the date of the price list, and the names of the prices that come
    from the settings.
    """
    own = f"; prices of provision.yaml for {', '.join(estimate.own_prices)}" if estimate.own_prices else ""
    return f"prices of {estimate.as_of}{own}"


def _totals(estimate: Estimate) -> str:
    parts = []
    if estimate.stores:
        storage = estimate.storage
        missing = f", without {unsized} of unknown size" if (unsized := _unsized(estimate)) else ""
        parts.append(f"{storage.usd_after:.2f} USD a month for {size(storage.bytes_after)} of vector storage{missing}")
    by_use = [tool.tool for tool in estimate.tools]
    if estimate.containers:
        by_use.append(plural(len(estimate.containers), "container"))
    return "; ".join([*parts, f"{', '.join(by_use)} by use"] if by_use else parts)


def _storage_lines(estimate: Estimate) -> Iterator[str]:
    if not estimate.stores:
        return
    yield f"  vector storage: {_storage(estimate.storage)}"
    changed = [store for store in estimate.stores if store.changes]
    # The size of a single store is on the line above already.
    for store in changed[:SHOWN] if len(estimate.stores) > 1 else ():
        yield f"    {_store(store)}"
    if len(changed) > SHOWN:
        yield f"    and {len(changed) - SHOWN} more"
    if unsized := _unsized(estimate):
        yield f"    not counted: {unsized} of unknown size (files of others, or replaced stores)"


def _unsized(estimate: Estimate) -> int:
    return sum(store.unsized for store in estimate.stores)


def _storage(storage: Storage) -> str:
    usd = _step(f"{storage.usd_before:.2f}", f"{storage.usd_after:.2f}")
    price = f"{_usd(storage.usd_per_gb_day)} USD for a GB and day above {_number(storage.free_gb)} GB"
    return f"{_step(size(storage.bytes_before), size(storage.bytes_after))}, {usd} USD a month ({price})"


def _store(store: StoreCost) -> str:
    note = ", replaced, until it is deleted" if store.retired else ""
    return f"{store.address}: {_step(size(store.bytes_before), size(store.bytes_after))}{note}"


def _container_lines(containers: Sequence[ContainerCost]) -> Iterator[str]:
    """Yields one line for each group of containers whose memory and price change in the same way."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in containers:
        if each.changes:
            memory = _step(each.memory_before or "none", each.memory_after or "none")
            alike.setdefault((memory, _container_price(each)), []).append(each.address)
    for (memory, price), names in alike.items():
        yield f"container for code {memory}, {price}: {_names(names)}"


def _container_price(container: ContainerCost) -> str:
    """Returns the price of the container before and after the plan, as text. If the container exists only before or
    only after the plan, the text contains only one price.
    """
    usd = container.usd_before, container.usd_after
    before, after = (_price(each, "20 minutes") for each in usd)
    if container.memory_before is None:
        return after
    if container.memory_after is None:
        return before
    # The unit is written once for two prices.
    unlike = None not in usd and before != after
    return f"{before.partition(' ')[0]} → {after}" if unlike else _step(before, after)


def _tool(tool: ToolCost) -> str:
    parts = (
        ("added to", [name for name in tool.after if name not in tool.before]),
        ("no longer in", [name for name in tool.before if name not in tool.after]),
        ("as before in", [name for name in tool.after if name in tool.before]),
    )
    users = ", ".join(f"{what} {_names(names)}" for what, names in parts if names)
    return f"{tool.tool}, {_price(tool.usd_per_1000_calls, '1,000 calls')}: {users}"


def _price(usd: float | None, what: str) -> str:
    return UNKNOWN if usd is None else f"{_usd(usd)} USD for {what}"


def _usd(amount: float) -> str:
    """Returns an amount in USD as text, with two digits after the decimal point. If the amount has more digits, at most
    six significant digits are shown.
    """
    return f"{amount:.2f}" if round(amount, 2) == amount else _number(amount)


def _number(number: float) -> str:
    """Returns a number as text, with at most six significant digits and without an exponent."""
    return f"{Decimal(f'{number:g}').normalize():f}"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"


def _step(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
