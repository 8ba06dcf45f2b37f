"""Whether git tracks a file is read from its index as git itself would say, in every format that git writes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from provisioner.project.gitindex import is_tracked
from tests.security.repositories import run_git

NAMES = [".env", "sub/.env", "sub/deep/.env", "a" * 200 + "/.env", "ä/.env", "other/.envrc", "other/x.env", "z/.env"]
FORMATS = {
    "version 2": ("index.version", "2"),
    "version 3": ("index.version", "3"),
    "version 4": ("index.version", "4"),
    "split": ("core.splitIndex", "true"),
    "no checksum": ("index.skipHash", "true"),
}


def make_repository(root: Path, *options: str) -> None:
    root.mkdir(exist_ok=True)
    run_git("init", "-q", *options, folder=root)
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x", encoding="utf-8")
        for number in range(3):
            (root / name).with_name(f"file-{number}").write_text("x", encoding="utf-8")


def as_git_says(root: Path, name: str) -> bool:
    words = ["git", "--literal-pathspecs", "ls-files", "--error-unmatch", name]
    return subprocess.run(words, cwd=root, capture_output=True, check=False).returncode == 0


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("hashing", ["sha1", "sha256"])
@pytest.mark.parametrize("written", FORMATS)
def test_every_format_is_read_as_git_reads_it(written: str, hashing: str, tmp_path: Path) -> None:
    make_repository(tmp_path, f"--object-format={hashing}")
    run_git("config", *FORMATS[written], folder=tmp_path)
    assert not any(is_tracked(tmp_path / name, {}) for name in NAMES)
    run_git("add", "-f", *NAMES[:3], *(f"{Path(name).parent}/file-1" for name in NAMES), folder=tmp_path)
    run_git("add", "-N", "-f", NAMES[3], folder=tmp_path)  # makes an extended entry, which version 3 has
    run_git("add", "-f", "other", folder=tmp_path)
    for name in NAMES:
        assert is_tracked(tmp_path / name, {}) == as_git_says(tmp_path, name), name
    assert is_tracked(tmp_path / ".env", {})
    assert not is_tracked(tmp_path / "z/.env", {})
    run_git("rm", "-q", "--cached", ".env", folder=tmp_path)
    # A split index keeps a deleted entry in its shared part: there the answer is the safe one.
    assert is_tracked(tmp_path / ".env", {}) == (written == "split")


def test_a_sparse_index_is_believed_to_hold_all_below_its_folders(tmp_path: Path) -> None:
    make_repository(tmp_path)
    run_git("add", "-f", ".", folder=tmp_path)
    run_git("commit", "-q", "-m", "x", folder=tmp_path)
    run_git("sparse-checkout", "set", "--cone", "--sparse-index", "other", folder=tmp_path)
    assert is_tracked(tmp_path / "sub" / ".env", {})
    assert not is_tracked(tmp_path / "new" / ".env", {})


def test_worktrees_and_submodules_have_an_index_of_their_own(tmp_path: Path) -> None:
    make_repository(tmp_path / "main")
    run_git("add", "-f", ".env", folder=tmp_path / "main")
    run_git("commit", "-q", "-m", "x", folder=tmp_path / "main")
    run_git("worktree", "add", "-q", tmp_path / "tree", folder=tmp_path / "main")
    assert is_tracked(tmp_path / "tree" / ".env", {})
    run_git("rm", "-q", "--cached", ".env", folder=tmp_path / "tree")
    assert not is_tracked(tmp_path / "tree" / ".env", {})
    (tmp_path / "above").mkdir()
    run_git("init", "-q", folder=tmp_path / "above")
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", tmp_path / "main", "sub")
    run_git(*add, folder=tmp_path / "above")
    assert is_tracked(tmp_path / "above" / "sub" / ".env", {})


def test_every_repository_above_is_asked(tmp_path: Path) -> None:
    make_repository(tmp_path)
    run_git("add", "-f", "sub/.env", folder=tmp_path)
    (tmp_path / "sub" / "inner").mkdir()
    run_git("init", "-q", folder=tmp_path / "sub")
    assert is_tracked(tmp_path / "sub" / ".env", {})


def test_names_that_a_file_system_may_take_for_the_same_count(tmp_path: Path) -> None:
    make_repository(tmp_path)
    (tmp_path / "SUB").mkdir(exist_ok=True)
    (tmp_path / "SUB" / ".Env").write_text("x", encoding="utf-8")
    run_git("add", "-f", "SUB/.Env", folder=tmp_path)
    assert is_tracked(tmp_path / "sub" / ".env", {})
    (tmp_path / "a\u0308").mkdir()
    (tmp_path / "a\u0308" / ".env").write_text("x", encoding="utf-8")
    run_git("-c", "core.precomposeUnicode=false", "add", "-f", "a\u0308/.env", folder=tmp_path)
    assert is_tracked(tmp_path / "ä" / ".env", {})


def test_a_link_to_a_tracked_file_is_tracked(tmp_path: Path) -> None:
    make_repository(tmp_path / "in")
    run_git("add", "-f", "sub/file-1", folder=tmp_path / "in")
    (tmp_path / "in" / ".env").unlink()
    (tmp_path / "in" / ".env").symlink_to("sub/file-1")
    assert is_tracked(tmp_path / "in" / ".env", {})
    (tmp_path / "link").symlink_to(tmp_path / "in")
    assert is_tracked(tmp_path / "link" / "sub" / "file-1", {})


def test_git_dir_and_a_moved_work_tree_are_regarded(tmp_path: Path) -> None:
    make_repository(tmp_path / "home")
    (tmp_path / "home" / ".git").rename(tmp_path / "dotfiles")
    environ = {"GIT_DIR": str(tmp_path / "dotfiles")}
    assert not is_tracked(tmp_path / "home" / ".env", environ)
    run_git(
        f"--git-dir={tmp_path}/dotfiles", f"--work-tree={tmp_path}/home", "add", "-f", ".env", folder=tmp_path / "home"
    )
    assert is_tracked(tmp_path / "home" / ".env", environ)
    assert not is_tracked(tmp_path / "home" / ".env", {})
    make_repository(tmp_path / "moved")
    run_git("config", "core.worktree", "../sub", folder=tmp_path / "moved")
    run_git("--git-dir=../.git", "--work-tree=.", "add", "-f", ".env", folder=tmp_path / "moved" / "sub")
    assert is_tracked(tmp_path / "moved" / "sub" / ".env", {})


def broken_index(git: Path) -> None:
    (git / "index").write_bytes(b"DIRC\0\0\0\2\0\0\0\x09")


def newer_index(git: Path) -> None:
    (git / "index").write_bytes(b"DIRC\0\0\0\x09" + bytes(200))


def cut_index(git: Path) -> None:
    data = (git / "index").read_bytes()
    (git / "index").write_bytes(data[: len(data) // 2])


def random_index(git: Path) -> None:
    (git / "index").write_bytes(os.urandom(4096))


def pipe_for_an_index(git: Path) -> None:
    (git / "index").unlink()
    os.mkfifo(git / "index")


def folder_for_an_index(git: Path) -> None:
    (git / "index").unlink()
    (git / "index").mkdir()


def endless_index(git: Path) -> None:
    (git / "index").unlink()
    (git / "index").symlink_to("/dev/zero")


def lost_part(git: Path) -> None:
    run_git("update-index", "--split-index", folder=git.parent)
    for part in git.glob("sharedindex.*"):
        part.unlink()


def pointer_to_nowhere(git: Path) -> None:
    git.rename(git.with_name("data"))
    git.write_text("gitdir: nowhere\n", encoding="utf-8")


def pointer_with_nul(git: Path) -> None:
    git.rename(git.with_name("data"))
    git.write_bytes(b"gitdir: da\0ta\n")


def no_pointer(git: Path) -> None:
    git.rename(git.with_name("data"))
    git.write_text("something else\n", encoding="utf-8")


def broken_link(git: Path) -> None:
    git.rename(git.with_name("data"))
    git.symlink_to("nowhere")


def loop(git: Path) -> None:
    git.rename(git.with_name("data"))
    git.symlink_to(".git")


@pytest.mark.parametrize(
    "damage",
    [
        *(broken_index, newer_index, cut_index, random_index, pipe_for_an_index, folder_for_an_index, endless_index),
        *(lost_part, pointer_to_nowhere, pointer_with_nul, no_pointer, broken_link, loop),
    ],
    ids=lambda damage: damage.__name__,
)
def test_in_doubt_the_file_is_tracked(damage: object, tmp_path: Path) -> None:
    make_repository(tmp_path)
    run_git("add", "-f", "sub/file-1", folder=tmp_path)
    assert not is_tracked(tmp_path / ".env", {})
    assert callable(damage)
    damage(tmp_path / ".git")
    assert is_tracked(tmp_path / ".env", {})


def test_without_a_repository_nothing_is_tracked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("x", encoding="utf-8")
    assert not is_tracked(tmp_path / ".env", {})
    (tmp_path / ".git").mkdir()
    assert not is_tracked(tmp_path / ".env", {})
