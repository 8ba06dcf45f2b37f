"""Words typed: every command and option explains itself, and what is wrong is said in a line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from provisioner.cli.main import provision
from tests.conftest import Provision, WriteProject


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, groups too, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))


COMMANDS = list(walk(provision))
NAMES = [" ".join(path) for path, _ in COMMANDS]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=NAMES)
def test_every_command_says_what_it_does(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    first = command.help.split("\n")[0]
    assert first.endswith("."), first
    assert len(first) <= 100


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=NAMES)
def test_every_option_says_what_it_does(path: tuple[str, ...], command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{' '.join(path)} {parameter.opts}"


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=NAMES)
def test_every_argument_is_in_the_help(path: tuple[str, ...], command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            for name in re.split(r"[^A-Za-z0-9_@]+", parameter.human_readable_name.strip("[].")):
                assert name.upper() in (command.help or "")


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=NAMES)
def test_help_fits_a_terminal(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(provision, [*path, "--help"], terminal_width=100)
    assert shown.exit_code == 0
    assert max(map(len, shown.output.splitlines())) <= 100


def test_the_list_of_commands_is_whole() -> None:
    shown = CliRunner().invoke(provision, ["--help"]).output
    for name in NAMES:
        if " " not in name:
            assert f"\n  {name} " in shown


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "No such command"),
        (["--frobnicate"], "No such option"),
        (["plan", "--frobnicate"], "No such option"),
        (["plan", "--parallelism", "none"], "--parallelism"),
        (["plan", "--parallelism", "0"], "--parallelism"),
        (["plan", "--parallelism", "129"], "1<=x<=128"),
        (["plan", "extra"], "extra"),
        (["--dir", "no-such-folder", "plan"], "no-such-folder"),
    ],
)
def test_wrong_usage_ends_with_1_and_a_line(
    project: WriteProject, provision: Provision, arguments: list[str], said: str
) -> None:
    project({})
    code, stdout, stderr = provision(*arguments, online=False)
    assert code == 1, "2 means changes here"
    assert stdout == ""
    assert said in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize(("typed", "meant"), [("plam", "plan"), ("aply", "apply"), ("validat", "validate")])
def test_an_unknown_command_suggests_a_known_one(provision: Provision, typed: str, meant: str) -> None:
    code, _, stderr = provision(typed, online=False)
    assert code == 1
    assert f"Did you mean `{meant}`?" in stderr


def test_an_address_that_nobody_has_suggests_one(project: WriteProject, provision: Provision) -> None:
    project({"a.yaml": "assistants: {tutor: {instructions: Teach.}}\n"})
    code, _, stderr = provision("plan", "--only", "assistant.tuttor", "--no-refresh")
    assert code == 1
    assert "did you mean assistant.tutor" in stderr


def test_a_folder_without_a_project_says_how_to_begin(tmp_path: Path, provision: Provision) -> None:
    code, _, stderr = provision("validate", online=False)
    assert code == 1
    assert "provision init" in stderr


def test_global_options_may_stand_before_and_after(project: WriteProject, provision: Provision, tmp_path: Path) -> None:
    root = project({"provision.yaml": "project: test\nenvironments: {dev: {}, prod: {}}\n"})
    chosen = ("--env", "dev", "-C", str(root))
    for arguments in ((*chosen, "validate"), ("validate", *chosen)):
        assert provision(*arguments, cwd=tmp_path.parent, online=False).code == 0
    assert provision("validate", "--env", "other", online=False).code == 1


@pytest.mark.thorough
@pytest.mark.parametrize("words", ["schema", "plan", "plan --json", "plan --markdown", "lint --offline"])
def test_a_closed_pipe_is_no_traceback(project: WriteProject, provision: Provision, words: str) -> None:
    root = project({"a.yaml": "assistants: {tutor: {instructions: Teach.}}\n"})
    command = provision.command("--emulator", *words.split())
    with subprocess.Popen(
        command, cwd=root, env=provision.environment("", {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
