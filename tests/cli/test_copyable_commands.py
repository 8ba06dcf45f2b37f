"""Commands that a message names have the options with which the run was started."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.cli.chosen_options import remember
from provisioner.cli.startoptions import with_options, with_options_at, with_options_in
from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines
from provisioner.planning.event import Failed
from provisioner.planning.plan import Action, Change, Plan
from provisioner.project.command_options import Choice
from tests.conftest import Provision, WriteProject

EVERYTHING = Choice(directory=Path("teams/a b"), environment="prod", emulator=True)
SAID = "provision -C 'teams/a b' --env prod --emulator"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    remember(Choice())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`provision plan`: it forgets", f"`{SAID} plan`: it forgets"),
        ("or, if it certainly has: provision state unlock 12ab", f"or, if it certainly has: {SAID} state unlock 12ab"),
        ("`provision state restore 3` or `provision apply`", f"`{SAID} state restore 3` or `{SAID} apply`"),
        ("make a new plan: provision plan --out FILE", f"make a new plan: {SAID} plan --out FILE"),
        ("Try it without a key: provision --emulator apply", "provision -C 'teams/a b' --env prod --emulator apply"),
        ("provision has a bug here", "provision has a bug here"),
        ("upgrade provision to the version", "upgrade provision to the version"),
        ("ann@host (process 7, `provision apply`) since 9", "ann@host (process 7, `provision apply`) since 9"),
        ("manifests/provision.yaml", "manifests/provision.yaml"),
    ],
)
def test_a_command_gets_the_options_of_the_run(text: str, shown: str) -> None:
    assert with_options(text) == text
    remember(EVERYTHING)
    assert with_options(text).endswith(shown)
    assert with_options(with_options(text)) == with_options(text)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (Choice(), ["provision", "plan"]),
        (Choice(environment="dev"), ["provision", "--env", "dev", "plan"]),
        (Choice(directory=Path("-x; rm")), ["provision", "-C", "-x; rm", "plan"]),
        (Choice(emulator=True, verbose=2, no_color=True), ["provision", "--emulator", "plan"]),
    ],
)
def test_a_shell_reads_back_what_was_chosen(chosen: Choice, words: list[str]) -> None:
    remember(chosen)
    assert shlex.split(with_options("provision plan")) == words


def test_several_lines_stay_several_lines() -> None:
    remember(EVERYTHING)
    assert isinstance(with_options(Lines("a\nprovision plan")), Lines)


def test_diagnostics_and_failures_are_shown_with_them_and_the_plan_is_not_changed() -> None:
    remember(EVERYTHING)
    plan = Plan(diagnostics=(Diagnostic("blocked", "use `provision state restore 2`"),))
    assert with_options_in(plan).diagnostics[0].message == f"use `{SAID} state restore 2`"
    assert plan.diagnostics[0].message == "use `provision state restore 2`"
    failed = Failed(Change(Address("file", "a"), Action.CREATE, "file"), "no", "run `provision plan`")
    assert with_options_at(failed) == Failed(failed.change, "no", f"run `{SAID} plan`")


@pytest.mark.thorough
def test_hints_and_notes_of_commands(project: WriteProject, provision: Provision) -> None:
    root = project(
        {"provision.yaml": "project: test\nenvironments: {dev: {}}\n", "a.yaml": "assistants: {a: {model: m}}"}
    )
    chosen = ("--emulator", "--env", "dev", "-C", str(root))
    words = f"provision -C {root} --env dev --emulator"
    listed = provision("state", "list", *chosen)
    assert f"`{words} apply` fills it" in listed.stdout
    planned = provision("plan", "--out", "my plan.bin", *chosen)
    assert f"{words} apply 'my plan.bin'" in planned.stderr
    missing = provision("state", "show", "assistant.none", *chosen)
    assert f"`{words} state list`" in missing.stderr
    assert "provision state list" not in missing.stderr
    again = provision("show", "assistant.none", "--emulator", "--env", "dev", "-C", str(root))
    assert f"`{words} state list`" in again.stderr
