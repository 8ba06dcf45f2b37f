"""Converts an estimate of costs to JSON. The result is a part of the JSON of a plan. The format is stable."""

from __future__ import annotations

from typing import Any

from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost


def cost_json(estimate: Estimate) -> dict[str, Any]:
    """Returns the estimate as a JSON object. It contains sizes in bytes, costs in USD, the date of the prices, and the
    names of the prices that come from the settings.
    """
    return {
        "estimate": True,
        "as_of": estimate.as_of,
        "currency": "USD",
        "own_prices": list(estimate.own_prices),
        "storage": _storage(estimate.storage),
        "stores": [_store(store) for store in estimate.stores],
        "containers": [_container(container) for container in estimate.containers],
        "tools": [_tool(tool) for tool in estimate.tools],
    }


def _storage(storage: Storage) -> dict[str, Any]:
    return {
        "bytes_before": storage.bytes_before,
        "bytes_after": storage.bytes_after,
        "usd_per_month_before": storage.usd_before,
        "usd_per_month_after": storage.usd_after,
        "usd_per_gb_day": storage.usd_per_gb_day,
        "free_gb": storage.free_gb,
    }


def _store(store: StoreCost) -> dict[str, Any]:
    return {
        "address": store.address,
        "bytes_before": store.bytes_before,
        "bytes_after": store.bytes_after,
        "measured": store.measured,
        "unsized": store.unsized,
        "retired": store.retired,
    }


def _container(container: ContainerCost) -> dict[str, Any]:
    return {
        "address": container.address,
        "memory_before": container.memory_before,
        "memory_after": container.memory_after,
        "usd_per_20_minutes_before": container.usd_before,
        "usd_per_20_minutes_after": container.usd_after,
    }


def _tool(tool: ToolCost) -> dict[str, Any]:
    return {
        "tool": tool.tool,
        "usd_per_1000_calls": tool.usd_per_1000_calls,
        "before": list(tool.before),
        "after": list(tool.after),
    }
