"""Checks and applies filters on the attributes of files in a vector store. A filter is a comparison, or several filters
that `and` or `or` combines.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.emulator.checks.body_check import check, load

COMPOUND = ("and", "or")
ORDERED: dict[str, Callable[[Any, Any], Any]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def check_filter(condition: Any, path: str) -> None:
    """Raises Refusal if `condition`, or a filter inside it, is neither a ComparisonFilter nor a CompoundFilter of the
    SDK.

    `path` is the filter's name in error messages. The SDK's CompoundFilter does not define the types of its inner
    filters. So this function checks each inner filter.
    """
    compound = isinstance(condition, dict) and condition.get("type") in COMPOUND
    shape = "shared_params.CompoundFilter" if compound else "shared_params.ComparisonFilter"
    check(condition, load(shape), path)
    if compound:
        for index, nested in enumerate(condition["filters"]):
            check_filter(nested, f"{path}.filters[{index}]")


def matches(condition: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    """Returns whether `attributes` match the filter `condition`. The function `check_filter` must already have accepted
    the filter. A missing attribute matches only `ne` and `nin`.
    """
    kind = condition["type"]
    if kind in COMPOUND:
        met = [matches(nested, attributes) for nested in condition["filters"]]
        return all(met) if kind == "and" else any(met)
    actual, wanted = attributes.get(condition["key"]), condition["value"]
    if kind in ORDERED:
        return _comparable(actual, wanted) and bool(ORDERED[kind](actual, wanted))
    if kind in ("in", "nin"):
        listed = wanted if isinstance(wanted, list) else [wanted]
        return any(_equal(actual, item) for item in listed) is (kind == "in")
    return _equal(actual, wanted) is (kind == "eq")


def _equal(actual: Any, wanted: Any) -> bool:
    return isinstance(actual, bool) == isinstance(wanted, bool) and bool(actual == wanted)


def _comparable(actual: Any, wanted: Any) -> bool:
    numbers = (int, float)
    return (isinstance(actual, numbers) and isinstance(wanted, numbers)) or (
        isinstance(actual, str) and isinstance(wanted, str)
    )
