"""`provision validate --base` where the state is a folder in the repository: a branch may not write it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Provision, write_file

SETTINGS = "project: test\nstate: ../state\nenvironments:\n  dev: {}\n  prod: {state: ../live}\n"
STATES = {
    "state/default.json": "{}\n",
    "state/history/default/1.json": '{"serial": 1}\n',
    "state/기록.json": "{}\n",
    "live/prod.json": "{}\n",
}


@pytest.fixture
def checkouts(tmp_path: Path) -> Path:
    """Two checkouts that are alike, each with a state."""
    for checkout in ("base", "head"):
        for name, text in {"manifests/provision.yaml": SETTINGS, **STATES}.items():
            write_file(tmp_path / checkout / name, text)
    return tmp_path


def validate(provision: Provision, *options: str) -> tuple[int, str]:
    ended = provision("-C", "head", "validate", "--base", "base", "--env", "prod", *options, online=False)
    return ended.code, ended.stdout + ended.stderr


def edit_the_state(head: Path) -> str:
    write_file(head / "state/default.json", "{ }\n")
    return "`state/default.json`"


def edit_its_history(head: Path) -> str:
    write_file(head / "state/history/default/1.json", '{"serial": 2}\n')
    return "`state/history/default/1.json`"


def edit_another_environment_s(head: Path) -> str:
    write_file(head / "live/prod.json", "{ }\n")
    return "`live/prod.json`"


def edit_a_name_in_another_script(head: Path) -> str:
    write_file(head / "state/기록.json", "{ }\n")
    return "`state/기록.json`"


def add_a_state(head: Path) -> str:
    write_file(head / "state/new.json", "{}\n")
    return "`state/new.json`"


def add_a_journal(head: Path) -> str:
    write_file(head / "state/default.journal", "\n")
    return "`state/default.journal`"


def add_a_name_in_capitals(head: Path) -> str:
    write_file(head / "state/DEFAULT.json", "{}\n")
    return "`state/DEFAULT.json`"


def add_a_folder_in_capitals(head: Path) -> str:
    write_file(head / "State/default.json", '{"records": {}}\n')
    return "`State`"


def delete_the_state(head: Path) -> str:
    (head / "state/default.json").unlink()
    return "`state/default.json`"


def rename_the_folder(head: Path) -> str:
    (head / "state").rename(head / "former")
    return "`state/default.json`"


def rename_a_state(head: Path) -> str:
    (head / "state/default.json").rename(head / "state/dev.json")
    return "`state/default.json`, `state/dev.json`"


def put_a_file_in_its_place(head: Path) -> str:
    for name in ("default.json", "history/default/1.json", "기록.json"):
        (head / "state" / name).unlink()
    for name in ("history/default", "history", ""):
        (head / "state" / name).rmdir()
    write_file(head / "state", "{}\n")
    return "`state`"


def link_to_an_equal_file(head: Path) -> str:
    write_file(head / "manifests/mine.json", STATES["state/default.json"])
    (head / "state/default.json").unlink()
    (head / "state/default.json").symlink_to("../manifests/mine.json")
    return "`state/default.json`"


def link_to_the_base(head: Path) -> str:
    (head / "state/default.json").unlink()
    (head / "state/default.json").symlink_to(head.parent / "base/state/default.json")
    return "`state/default.json`"


def link_a_folder(head: Path) -> str:
    (head / "state/history/default").rename(head / "manifests/mine")
    (head / "state/history/default").symlink_to("../../manifests/mine")
    return "`state/history/default`"


def put_a_pipe_there(head: Path) -> str:
    (head / "state/default.json").unlink()
    os.mkfifo(head / "state/default.json")
    return "`state/default.json`"


CHANGES = [
    edit_the_state,
    edit_its_history,
    edit_another_environment_s,
    edit_a_name_in_another_script,
    add_a_state,
    add_a_journal,
    add_a_name_in_capitals,
    add_a_folder_in_capitals,
    delete_the_state,
    rename_the_folder,
    rename_a_state,
    put_a_file_in_its_place,
    link_to_an_equal_file,
    link_to_the_base,
    link_a_folder,
    put_a_pipe_there,
]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_a_branch_that_changes_a_state_is_refused(
    checkouts: Path, provision: Provision, change: Callable[[Path], str]
) -> None:
    named = change(checkouts / "head")
    code, said = validate(provision)
    assert code == 3, said
    assert "the state is not as in the base branch:" in said
    assert named in said
    assert "only an apply writes it" in said
    assert "is valid" not in said


def test_a_state_that_is_alike_passes(checkouts: Path, provision: Provision) -> None:
    assert validate(provision)[0] == 0


def test_a_state_that_is_a_link_elsewhere_is_refused(checkouts: Path, provision: Provision) -> None:
    (checkouts / "head/state").rename(checkouts / "head/mine")
    (checkouts / "head/state").symlink_to("mine")
    code, said = validate(provision)
    assert (code, "`state` is not as in the base branch" in said) == (3, True)


def test_no_state_yet_is_no_change(checkouts: Path, provision: Provision) -> None:
    for checkout in ("base", "head"):
        for name in STATES:
            (checkouts / checkout / name).unlink()
    assert validate(provision)[0] == 0


def test_of_many_changes_some_are_named(checkouts: Path, provision: Provision) -> None:
    for number in range(40):
        write_file(checkouts / f"head/state/{number:02}.json", "{}\n")
    code, said = validate(provision)
    assert (code, "`state/04.json` and 35 more" in said) == (3, True)


def test_it_is_told_as_json_too(checkouts: Path, provision: Provision) -> None:
    edit_the_state(checkouts / "head")
    code, said = validate(provision, "--json")
    assert (code, '"severity": "blocked"' in said) == (3, True)
