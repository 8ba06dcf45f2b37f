"""Plan files that somebody edited, and plans that no file can hold: refused in a sentence, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provisioner.cli.plan_files import MAX_BYTES, check_readable
from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.errors import StateError
from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.planbody import LARGEST_COUNT, LARGEST_USD
from provisioner.planning.planfile import Reviewed, dump, parse
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.records import digest

Body = dict[str, Any]
COST = Estimate(
    "2026-01-01",
    Storage(0, 5, 0.0, 0.1, 0.1, 1.0),
    (StoreCost("vector_store.s", 0, 5),),
    (ContainerCost("assistant.a", None, "1g", None, 0.03),),
    (ToolCost("file_search", 2.5, (), ("assistant.a",)),),
)
FILE = Change(Address("file", "a.txt"), Action.CREATE, "file", (), None, {"bytes": 5, "sha256": "0" * 64})
STORE = Change(Address("vector_store", "s"), Action.CREATE, "vector_store", (), None, {"files": {}})
WARNING = Diagnostic("warning", "Mind.", Place("a.yaml", 1, 1))


def reviewed(*changes: Change) -> Reviewed:
    plan = Plan(changes or (FILE, STORE), diagnostics=(WARNING,), cost=COST)
    return Reviewed(1.0, "p", "e", "a", None, (), plan)


def at(*path: Any) -> Callable[[Body, Any], None]:
    """A function that puts a value where the path leads in a plan's body."""

    def put(body: Any, value: Any) -> None:
        for step in path[:-1]:
            body = body[step]
        assert path[-1] in body if isinstance(body, dict) else True
        body[path[-1]] = value

    return put


COUNTS = [
    at("unchanged"),
    at("cost", "storage", "bytes_before"),
    at("cost", "storage", "bytes_after"),
    at("cost", "stores", 0, "bytes_after"),
    at("cost", "stores", 0, "unsized"),
    at("changes", 0, "after", "bytes"),
    at("diagnostics", 0, "place", 1),
]
AMOUNTS = [
    at("cost", "storage", "usd_before"),
    at("cost", "storage", "usd_after"),
    at("cost", "storage", "usd_per_gb_day"),
    at("cost", "storage", "free_gb"),
    at("cost", "containers", 0, "usd_after"),
    at("cost", "tools", 0, "usd_per_1000_calls"),
]


def forged(put: Callable[[Body, Any], None], value: Any) -> str:
    body = json.loads(dump(reviewed()))
    del body["digest"]
    put(body, value)
    return json.dumps({**body, "digest": digest(body)})


@pytest.mark.parametrize("value", [10**398, LARGEST_COUNT + 1, -1, -5, True, 0.5, "5", [], {}])
@pytest.mark.parametrize("put", COUNTS)
def test_a_count_that_is_none_is_no_plan(put: Callable[[Body, Any], None], value: Any) -> None:
    with pytest.raises(StateError, match="is not a plan that provision wrote"):
        parse(forged(put, value), "edited.plan")


@pytest.mark.parametrize("value", [10**398, 1e308, LARGEST_USD + 10**4, -0.01, True, "1", []])
@pytest.mark.parametrize("put", AMOUNTS)
def test_a_price_that_is_none_is_no_plan(put: Callable[[Body, Any], None], value: Any) -> None:
    with pytest.raises(StateError, match="is not a plan that provision wrote"):
        parse(forged(put, value), "edited.plan")


@pytest.mark.parametrize("value", [5, "many", [], None])
def test_files_of_a_store_that_are_none_are_no_plan(value: Any) -> None:
    with pytest.raises(StateError, match="is not a plan that provision wrote"):
        parse(forged(at("changes", 1, "after", "files"), value), "edited.plan")


@pytest.mark.parametrize(
    ("puts", "value"), [(COUNTS, LARGEST_COUNT), (COUNTS, 0), (AMOUNTS, LARGEST_USD), (AMOUNTS, 0)]
)
def test_the_largest_numbers_are_displayed(puts: list[Callable[[Body, Any], None]], value: Any) -> None:
    for put in puts:
        assert plan_text(parse(forged(put, value), "edited.plan").shown(), Style())


def test_a_plan_of_too_many_bytes_is_not_written() -> None:
    with pytest.raises(StateError, match=r"would take [\d,]+ bytes, and a plan file holds at most 67,108,864"):
        check_readable("{}", "x" * (MAX_BYTES + 1))
    with pytest.raises(StateError, match="would take"):
        check_readable("{}", "ä" * (MAX_BYTES // 2 + 1))


def nested(depth: int) -> Any:
    value: Any = "end"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"instructions": nested(250)}, "nested deeper than 200 levels"),
        ({"metadata": 10**401}, "more than 400 characters"),
        ({"bytes": -1}, "`bytes` is no count"),
        ({"temperature": float("inf")}, "is no number"),
    ],
)
def test_a_plan_that_could_not_be_read_is_not_written(fields: Body, told: str) -> None:
    text = dump(reviewed(Change(FILE.address, Action.CREATE, "file", (), None, fields)))
    with pytest.raises(StateError, match=r"could not be read again, so no file was written: .*" + told):
        check_readable(text, text)


@pytest.mark.parametrize("text", ["plain", "ünïcödé \U0001f600", "\ud800 alone", "\x00\x1b"])
def test_what_can_be_read_is_written(text: str) -> None:
    written = dump(reviewed(Change(FILE.address, Action.CREATE, "file", (), None, {"filename": text})))
    check_readable(written, written)
