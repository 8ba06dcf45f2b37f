"""The list of prices, and those of the settings."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.core.kinds.container import Container
from provisioner.core.kinds.tool import MODELS, types_of
from provisioner.manifest import load
from provisioner.manifest.project_settings.prices import PricesModel
from provisioner.review.cost import read_prices
from provisioner.review.cost.tools import OWN
from tests.cost.shelves import GB


def listed() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        files("provisioner.review.cost").joinpath("prices.json").read_text(encoding="utf-8")
    )
    return body


def test_the_list_has_a_date_and_a_currency() -> None:
    assert date.fromisoformat(f"{listed()['as_of']}-01") <= date(2026, 11, 30)
    assert listed()["currency"] == "USD"


def test_every_price_can_be_ones_own() -> None:
    assert set(PricesModel.model_fields) == set(listed()["prices"])


def test_every_tool_that_openai_carries_out_is_listed() -> None:
    called = {types_of(model)[0] for model in MODELS} - OWN
    tiers = {f"code_interpreter_{tier}" for tier in ("1g", "4g", "16g", "64g")}
    assert set(listed()["prices"]) == {"storage", "free_storage"} | called | tiers
    assert "'1g', '4g', '16g', '64g'" in str(Container.model_fields["memory_limit"].annotation)


def test_what_no_source_gives_is_not_guessed() -> None:
    known = {name: price for name, price in listed()["prices"].items() if price is not None}
    assert known == {
        "storage": 0.1,
        "free_storage": 1,
        "file_search": 2.5,
        "code_interpreter_1g": 0.03,
        "code_interpreter_4g": 0.12,
        "code_interpreter_16g": 0.48,
        "code_interpreter_64g": 1.92,
    }


@pytest.mark.parametrize(
    ("count", "usd"), [(0, 0), (GB, 0), (GB + 1, 0), (2 * GB, 3), (GB + 10**7, 0.03), (1001 * GB, 3000)]
)
def test_a_month_has_thirty_days_and_a_gigabyte_is_free(count: int, usd: float) -> None:
    assert read_prices({}).per_month(count) == usd


def settings(tmp_path: Path, text: str) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "provision.yaml").write_text(f"project: p\n{text}", encoding="utf-8")
    return tmp_path / "manifests"


def test_an_environment_overrides_single_prices(tmp_path: Path) -> None:
    folder = settings(
        tmp_path,
        "prices: {storage: 0.2, file_search: 3}\n"
        "environments: {dev: {}, prod: {prices: {file_search: null, mcp: 0, storage: 0.3}}}\n",
    )
    assert load(folder, "dev").settings.prices == {"storage": 0.2, "file_search": 3.0}
    assert load(folder, "prod").settings.prices == {"storage": 0.3, "mcp": 0.0}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{storage: -0.1}", "`-0.1` is too small; write at least 0"),
        ("{storage: .inf}", "`.inf` cannot be sent"),
        ("{storage: '0.1'}", "a number is expected here, not the text `0.1`; remove the quotes"),
        ("{storages: 0.1}", "there is no field `storages` here; did you mean `storage`?"),
        ("{vat: 19}", "there is no field `vat` here"),
        ("0.1", "a mapping is expected here, not `0.1`"),
    ],
)
def test_what_is_no_price_is_an_error(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        load(settings(tmp_path, f"prices: {written}\n"))
    [problem] = caught.value.diagnostics
    assert said in problem.message
    assert problem.place is not None
    assert problem.place.line == 2
