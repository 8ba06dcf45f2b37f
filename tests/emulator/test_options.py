"""An emulator's options are declared once: both command lines have them, and a child process is given the same."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from provisioner.cli.emulator import emulator
from provisioner.emulator.__main__ import read_arguments
from provisioner.emulator.options import FLAGS, LongTail, Options

EVERYTHING = Options(
    port=8_000,
    data=Path("-an account.sqlite"),
    latency_ms=20,
    indexing_ms=30,
    rate_limit=60,
    rate_limits=2.5,
    fail=("POST /files 500 times=1", "-x"),
    log=Path("calls = all.log"),
    models=("gpt-x", "--help"),
    script=Path("rules of mine.yaml"),
    upstream="http://127.0.0.1:11434/v1",
    upstream_model="-x",
    run_code=True,
    pace_ms=40,
)


def test_every_field_has_one_flag() -> None:
    assert [flag.field for flag in FLAGS] == list(Options.__struct_fields__)
    assert len({flag.name for flag in FLAGS}) == len(FLAGS)


@pytest.mark.parametrize(
    "options", [Options(), EVERYTHING, Options(rate_limit=1), Options(latency_ms=LongTail(50, 800, 7))]
)
def test_a_child_process_is_given_the_same(options: Options) -> None:
    assert read_arguments(options.arguments()) == (options, False)
    assert read_arguments(["--with-parent", *options.arguments()]) == (options, True)


def parsed(words: list[str]) -> dict[str, object]:
    return emulator.make_context("emulator", words).params


def test_the_command_has_them_with_a_port_of_its_own() -> None:
    assert Options(**parsed(["--port", "0"])) == Options()  # type: ignore[arg-type]
    assert Options(**parsed([])) == Options(port=8765)  # type: ignore[arg-type]
    assert Options(**parsed(EVERYTHING.arguments())) == EVERYTHING  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--rate-limits"], Options(rate_limits=1.0)),
        (["--rate-limits", "60"], Options(rate_limits=60.0)),
        (["--rate-limits", "--latency", "20"], Options(rate_limits=1.0, latency_ms=20)),
        (["--latency", "50:800"], Options(latency_ms=LongTail(50, 800))),
        (["--latency", "50:800:7"], Options(latency_ms=LongTail(50, 800, 7))),
    ],
)
def test_options_with_several_forms(words: list[str], options: Options) -> None:
    assert read_arguments(words)[0] == options
    assert Options(**parsed([*words, "--port", "0"])) == options  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    [
        *(["--port", "65536"], ["--rate-limit", "0"], ["--indexing", "x"]),
        *([f"--rate-limits={value}"] for value in ("0", "nan", "inf", "x", "10001")),
        *(["--latency", value] for value in ("-1", "x", "", ":", "50:", "800:50", "0:9", "1:2:3:4", "1.5", "3600001")),
        *(["--latency", value] for value in ("1:3600001", "٣", "nan:1", "9" * 400)),
    ],
)
def test_the_command_refuses_numbers_out_of_range(words: list[str]) -> None:
    with pytest.raises(click.BadParameter):
        parsed(words)


def test_a_negative_scale_is_refused() -> None:
    """The value of this option may be missing, so click regards the negative number as another option."""
    with pytest.raises(click.NoSuchOption):
        parsed(["--rate-limits=-1"])
