"""Plans and pages are private, take the place of their former selves, and of nothing else."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.cli.privatefile import check_target, write_private
from provisioner.core.errors import StateError, UsageError
from provisioner.planning.plan import Plan
from provisioner.planning.planfile import Reviewed, dump
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.state.records import State
from provisioner.state.records import dump as dump_state
from provisioner.state.sealing import Seal

PLAN = dump(Reviewed(1.0, "p", "default", "account", None, (), Plan()))
PAGE = plan_html(Plan(), Heading("p", "default", "account", 1.0))
SEALED = Seal("k" * 40).seal(PLAN, "plan", named=True)
STATE = dump_state(State("lineage", 1, "account", "p", "default"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("former", ["", PLAN, PAGE, SEALED])
def test_what_is_ours_is_replaced(tmp_path: Path, former: str) -> None:
    path = tmp_path / "plan"
    path.write_text(former, encoding="utf-8")
    path.chmod(0o644)
    write_private(path, "한 \ud800")
    assert path.read_bytes() == "한 \\ud800".encode()
    assert mode(path) == 0o600
    assert os.listdir(tmp_path) == ["plan"]


@pytest.mark.parametrize(
    "other",
    [
        STATE,
        Seal("k" * 40).seal(STATE, "default state"),
        Seal("k" * 40).seal(STATE, "plan state", named=True),
        '{"sealed":1,"salt":"","of":"plan"}',
        "assistants:\n  a: {}\n",
        "Be short.",
        "{}",
        '{"format": 1}',
        "\n",
        "<!DOCTYPE html>\n<html lang='en'>",
        "\x00",
    ],
)
def test_nothing_else_is(tmp_path: Path, other: str) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(other, encoding="utf-8")
    with pytest.raises(UsageError, match="neither a plan nor a page") as caught:
        write_private(path, PLAN)
    assert caught.value.hint == "name another file, or delete this one first"
    assert path.read_text(encoding="utf-8") == other
    assert os.listdir(tmp_path) == ["all.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text(PLAN, encoding="utf-8")
    link.symlink_to(target)
    write_private(link, PAGE)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == PAGE
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError):
        write_private(link, PAGE)


def test_where_the_disk_is_full_the_former_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_text(PLAN, encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(StateError, match="cannot be written"):
            write_private(path, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text(encoding="utf-8") == PLAN
    assert os.listdir(tmp_path) == ["plan"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"absent.plan cannot be written: No such file"):
        write_private(tmp_path / "absent" / "plan", PLAN)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_private(pipe, PLAN * 500)
    reader.join()
    assert read == [PLAN * 500]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("redirected", [False, True])
def test_the_standard_output_is_added_to(tmp_path: Path, redirected: bool) -> None:
    program = (
        "import sys; from pathlib import Path; from provisioner.cli.privatefile import check_target, write_private\n"
        "print('first', flush=True); write_private(Path('/dev/stdout'), 'then')"
    )
    path = tmp_path / "out"
    with path.open("wb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=stream if redirected else subprocess.PIPE, check=True
        )
    assert (path.read_bytes() if redirected else done.stdout) == b"first\nthen"


@pytest.mark.parametrize(("name", "said"), [("a.yaml/plan", "Not a directory"), ("a.yaml/b/plan", "Not a directory")])
@pytest.mark.parametrize("check", [check_target, lambda path: write_private(path, PLAN)], ids=["check", "write"])
def test_nothing_can_be_written_below_a_file(
    tmp_path: Path, name: str, said: str, check: Callable[[Path], None]
) -> None:
    (tmp_path / "a.yaml").write_text("x", encoding="utf-8")
    with pytest.raises(StateError, match=said):
        check(tmp_path / name)


def test_a_folder_that_cannot_be_written_to_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_target(tmp_path / "plan")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # a superuser may write everywhere
    with pytest.raises(StateError, match="Permission denied"):
        check_target(tmp_path / "plan")
