"""Numbers on the command line are bounded on both sides, and what is out of bounds says which these are."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from provisioner.cli.main import provision
from provisioner.cli.options import Span
from provisioner.core.errors import UsageError
from provisioner.core.kinds.model import LifecycleModel
from provisioner.emulator.faults import parse
from provisioner.manifest.project_settings.prices import PricesModel
from provisioner.project.wiring import read_timeout
from tests.cli.test_words import COMMANDS

NUMBERS = (type(click.INT), type(click.FLOAT))
OPTIONS = [
    pytest.param(path, option, id=" ".join((*path, option.opts[0])))
    for path, command in COMMANDS
    for option in command.params
    if isinstance(option, click.Option) and isinstance(option.type, NUMBERS) and not option.count
]
ENDLESS = ["nan", "inf", "-inf", "Infinity", "-1", "1e300", "1e18", "abc"]


def test_there_are_such_options() -> None:
    named = {str(parameter.id).rpartition(" ")[2] for parameter in OPTIONS}
    assert {"--lock-timeout", "--index-timeout", "--grace", "--max-age", "--latency", "--parallelism"} <= named


@pytest.mark.parametrize(("path", "option"), OPTIONS)
def test_every_number_is_bounded(path: tuple[str, ...], option: click.Option) -> None:
    assert isinstance(option.type, Span | click.IntRange)
    assert option.type.min is not None
    assert option.type.max is not None
    kind: click.ParamType = option.type
    for value in ENDLESS:
        with pytest.raises(click.BadParameter):
            kind.convert(value, option, None)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--lock-timeout", "nan", "`nan` is not a number of seconds from 0 to 86,400, which is a day"),
        ("--index-timeout", "inf", "`inf` is not a number of seconds from 1 to 86,400, which is a day"),
        ("--grace", "3601", "`3601` is not a number of seconds from 0 to 3,600, which is an hour"),
        ("--max-age", "525601", "`525601` is not a number of minutes from 0 to 525,600, which is a year"),
    ],
)
def test_a_length_of_time_out_of_bounds_says_what_is_possible(
    tmp_path: Path, option: str, value: str, said: str
) -> None:
    ran = CliRunner().invoke(provision, ["apply", "-C", str(tmp_path), option, value])
    assert ran.exit_code != 0
    assert f"Invalid value for '{option}': {said}" in " ".join(ran.output.split())


@pytest.mark.parametrize("value", ["0", "0.5", "86400"])
def test_a_length_of_time_within_bounds_is_taken(value: str) -> None:
    assert Span(0, 86_400, "seconds", "a day").convert(value, None, None) == float(value)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "86401", "1e300"])
def test_the_variable_for_calls_is_bounded(value: str) -> None:
    with pytest.raises(UsageError, match="PROVISION_TIMEOUT"):
        read_timeout({"PROVISION_TIMEOUT": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1_000_000.5, 1e300])
@pytest.mark.parametrize("name", ["storage", "free_storage", "file_search", "code_interpreter_64g"])
def test_prices_are_bounded(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        PricesModel.model_validate({name: value})
    assert getattr(PricesModel.model_validate({name: 1_000_000.0}), name) == 1_000_000


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 315_360_001.0])
def test_the_time_that_a_replaced_object_is_kept_is_bounded(value: float) -> None:
    with pytest.raises(ValueError, match="retire_after"):
        LifecycleModel.model_validate({"retire_after": value})


@pytest.mark.parametrize(
    "spec",
    ["GET /files 429 retry-after=inf", "GET /files 429 retry-after=nan", "GET /files 500 rate=nan", "* * 500 times=-1"],
)
def test_numbers_of_faults_are_bounded(spec: str) -> None:
    with pytest.raises(UsageError):
        parse(spec)
