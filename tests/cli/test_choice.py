"""What the shared options chose: before the command or after it, in one object, with defaults from one place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from msgspec.structs import fields

from provisioner.cli.apply import apply
from provisioner.cli.chosen_options import chosen_by, remember, started
from provisioner.cli.options import confirming, global_options, locking, planning, shared
from provisioner.core.defaults import GRACE, INDEX_TIMEOUT, LOCK_TIMEOUT, MOST_PARALLELISM, PARALLELISM
from provisioner.core.errors import UsageError
from provisioner.engine.engine import Engine
from provisioner.project.command_options import Choice

SEEN: list[Choice] = []


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    remember(Choice())


@click.group()
@global_options
def top() -> None:
    """A group with the options of `provision`."""


@top.command()
@confirming
@locking
@planning
@shared
@click.pass_context
def act(context: click.Context, /, **rest: object) -> None:
    """A command with every shared option."""
    SEEN.append(chosen_by(context))
    assert started() == SEEN[-1]


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        (["act"], Choice()),
        (["--env", "prod", "act"], Choice(environment="prod")),
        (["act", "--env", "prod"], Choice(environment="prod")),
        (["--env", "dev", "act", "--env", "prod"], Choice(environment="prod")),
        (["--emulator", "-C", ".", "act", "-vv"], Choice(directory=Path(), emulator=True, verbose=2)),
        (["--no-color", "act", "--grace", "0"], Choice(no_color=True, grace=0.0)),
        (
            ["act", "--parallelism", "4", "--index-timeout", "30", "--lock-timeout", "2.5"],
            Choice(parallelism=4, index_timeout=30.0, lock_timeout=2.5),
        ),
    ],
)
def test_options_fill_one_choice_wherever_they_stand(words: list[str], choice: Choice) -> None:
    ended = CliRunner().invoke(top, words, env={"PROVISION_ENV": None}, catch_exceptions=False)
    assert ended.exit_code == 0
    assert SEEN.pop() == choice


def test_the_environment_may_come_from_a_variable() -> None:
    CliRunner().invoke(top, ["act"], env={"PROVISION_ENV": "prod"}, catch_exceptions=False)
    assert SEEN.pop() == Choice(environment="prod")


def test_the_folder_is_the_working_folder_where_no_other_was_chosen() -> None:
    assert Choice().folder == Path.cwd()
    assert Choice(Path("teams")).folder == Path("teams")


def test_the_defaults_are_those_that_the_help_names_and_the_engine_has() -> None:
    choice = Choice()
    assert (choice.parallelism, choice.index_timeout, choice.grace, choice.lock_timeout) == (
        *(PARALLELISM, INDEX_TIMEOUT, GRACE, LOCK_TIMEOUT),
    )
    defaults = {each.name: each.default for each in fields(Engine)}
    assert (defaults["parallelism"], defaults["index_timeout"], defaults["grace"]) == (16, 600.0, 5.0)
    told = " ".join(apply.get_help(click.Context(apply)).split())
    for name, value in (("API calls at once.", 16), ("to be indexed.", 600), ("to arrive.", 5), ("process holds.", 0)):
        assert f"{name} [default: {value}]" in told


@pytest.mark.parametrize("parallelism", [-1, 0, 129, 10**9])
def test_a_parallelism_that_another_program_chose_is_checked(parallelism: int) -> None:
    assert Choice(parallelism=MOST_PARALLELISM).parallelism == 128
    with pytest.raises(UsageError, match=f"{parallelism} is out of range") as caught:
        Choice(parallelism=parallelism)
    assert "from 1 to 128" in str(caught.value.hint)
