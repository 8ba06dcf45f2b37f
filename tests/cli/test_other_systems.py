"""A system without what POSIX has, such as Windows: modules are imported, and commands end with one error."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.cli.main import check_system
from provisioner.core import posix
from provisioner.core.errors import UsageError
from provisioner.core.files import opening
from provisioner.core.files.opening import UnfitFile, open_beneath
from provisioner.core.files.own import read_own
from provisioner.state.backends import holder
from tests.conftest import CHECKOUT

#: Removes from this process what Windows does not have, imports every module anew, and runs the command line.
PROGRAM = """
import importlib, os, pkgutil, signal, sys

def import_all():
    import provisioner
    names = [each.name for each in pkgutil.walk_packages(provisioner.__path__, "provisioner.")]
    for name in names:
        if not name.endswith(".__main__"):
            importlib.import_module(name)
    return len(names)

import_all()  # Other libraries are imported while the system is whole.
for name in [each for each in sys.modules if each.partition(".")[0] == "provisioner"]:
    del sys.modules[name]
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
for module, prefixes in ((os, MISSING_OF_OS), (signal, MISSING_OF_SIGNAL)):
    for name in dir(module):
        if name in prefixes:
            delattr(module, name)
os.supports_dir_fd.clear()
print(import_all() > 200)
from provisioner.cli import main
main(sys.argv[1:])
"""
OF_OS = {
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "O_PATH", "chown", "fchmod", "fdatasync"),
    *("fork", "forkpty", "geteuid", "getgid", "getpgid", "getuid", "killpg", "mkfifo", "pread", "pwrite", "setsid"),
    *("sched_getaffinity", "statvfs", "uname"),
}
OF_SIGNAL = {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGWINCH"}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    program = PROGRAM.replace("MISSING_OF_OS", repr(OF_OS)).replace("MISSING_OF_SIGNAL", repr(OF_SIGNAL))
    path = tmp_path_factory.mktemp("windows") / "start.py"
    path.write_text(program, encoding="utf-8")
    return [sys.executable, str(path)]


def ended(start: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"}
    return subprocess.run([*start, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.thorough
def test_every_module_is_imported_and_a_command_says_what_is_missing(start: list[str]) -> None:
    ran = ended(start, "validate")
    assert (ran.returncode, ran.stdout) == (1, "True\n"), ran.stderr
    error, hint = ran.stderr.splitlines()
    assert error.startswith("error: provision needs a POSIX system such as Linux or macOS; this one (")
    assert {"os.O_NOFOLLOW", "os.killpg", "signal.SIGKILL", "fcntl"} <= set(error.partition(" lacks ")[2].split(", "))
    assert hint == "  on Windows, run it in the Windows Subsystem for Linux"


@pytest.mark.thorough
def test_the_help_works(start: list[str]) -> None:
    ran = ended(start, "--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Infrastructure-as-code for OpenAI assistants" in ran.stdout


def test_nothing_is_missing_here() -> None:
    assert posix.find_missing() == []


@pytest.mark.parametrize("name", [*posix.FLAGS, *posix.CALLS])
def test_each_name_is_missed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, name)
    assert posix.find_missing() == [f"os.{name}"]
    assert name not in posix.FLAGS or posix.read_flag(name) == 0
    with pytest.raises(UsageError, match=f"lacks os.{name}$"):
        check_system()


def test_calls_that_accept_no_open_folder_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", {os.stat, os.unlink, os.rename})
    assert posix.find_missing() == ["dir_fd of os.open"]


@pytest.mark.parametrize("blocked", [True, False])
def test_locks_are_missed(blocked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if blocked:
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        monkeypatch.setattr(posix, "find_spec", lambda name: None)
    assert posix.find_missing() == ["fcntl"]


def test_a_file_is_not_opened_where_a_link_would_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    monkeypatch.setattr(opening, "MISSING", ["os.O_NOFOLLOW"])
    for read in (lambda: open_beneath(tmp_path, ["a.txt"]), lambda: read_own(tmp_path / "a.txt", 10)):
        with pytest.raises(UnfitFile) as caught:
            read()
        assert caught.value.strerror == "this system cannot open it without following links: it lacks os.O_NOFOLLOW"


@pytest.mark.parametrize("error", [ImportError, KeyError, OSError])
def test_an_owner_of_a_lock_needs_no_name(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise error("no pwd")

    monkeypatch.setattr(getpass, "getuser", fail)
    assert holder.user_name() == str(os.getuid())
    monkeypatch.delattr(os, "getuid")
    assert holder.user_name() == holder.UNKNOWN
