"""Repositories as an attacker plants them: real ones, made by git, whose configuration or hooks write a canary."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HOOKS = (
    *("fsmonitor-watchman", "post-index-change", "post-receive", "post-update", "pre-push", "pre-receive"),
    *("proc-receive", "push-to-checkout", "reference-transaction", "update"),
)


def run_git(*words: str | Path, folder: Path) -> None:
    """Git with nothing of the developer's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = {f"GIT_{who}_{what}": "a@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *map(str, words)], cwd=folder, env={**clean, **isolated, **identity}, check=True, capture_output=True
    )


@dataclass(frozen=True, slots=True)
class Canary:
    """A file that appears when something planted was run. `script` is the program that writes it."""

    file: Path
    script: Path

    @property
    def sang(self) -> bool:
        """Whether anything planted was run."""
        return self.file.exists()


def make_canary(folder: Path) -> Canary:
    """A program outside of every checkout, which records that it was run, and by whom it was called."""
    folder.mkdir(parents=True, exist_ok=True)
    canary = Canary(folder / "canary", folder / "sing")
    canary.script.write_text(f'#!/bin/sh\necho "$0 $OPENAI_API_KEY" >> "{canary.file}"\nexit 1\n', encoding="utf-8")
    canary.script.chmod(0o755)
    return canary


def poison(repository: Path, canary: Canary, worktree: str | None = None) -> None:
    """Adds configuration that runs the canary, and hooks."""
    settings = {
        "core.fsmonitor": canary.script,
        "core.sshCommand": canary.script,
        "core.pager": canary.script,
        "core.editor": canary.script,
        "core.alternateRefsCommand": canary.script,
        "core.gitProxy": canary.script,
        "diff.external": canary.script,
        "credential.helper": f"!{canary.script}",
        "filter.x.clean": canary.script,
        "filter.x.process": canary.script,
        "uploadpack.packObjectsHook": canary.script,
    }
    for name, value in settings.items():
        run_git("config", "--file", repository / "config", name, str(value), folder=repository)
    if worktree is not None:
        run_git("config", "--file", repository / "config", "core.bare", "false", folder=repository)
        run_git("config", "--file", repository / "config", "core.worktree", worktree, folder=repository)
    (repository / "hooks").mkdir(exist_ok=True)
    for name in HOOKS:
        hook = repository / "hooks" / name
        hook.unlink(missing_ok=True)
        shutil.copy(canary.script, hook)


def make_index(folder: Path) -> bytes:
    """An index that makes git ask the file system's monitor whenever it is read."""
    folder.mkdir(parents=True)
    run_git("init", "-q", folder=folder)
    (folder / "file").write_text("x", encoding="utf-8")
    run_git("add", "file", folder=folder)
    run_git("-c", "core.fsmonitor=true", "update-index", "--fsmonitor", folder=folder)
    run_git("-c", "core.fsmonitor=/bin/true", "update-index", "--force-write-index", folder=folder)
    return (folder / ".git" / "index").read_bytes()


def plant_bare(folder: Path, canary: Canary, worktree: str | None = ".") -> Path:
    """Makes `folder` what git takes for a bare repository, as ordinary files that a branch can hold."""
    made = canary.file.parent / f"made-{len(list(canary.file.parent.iterdir()))}"
    run_git("init", "-q", "--bare", made, folder=canary.file.parent)
    poison(made, canary, worktree)
    (made / "index").write_bytes(make_index(canary.file.parent / f"{made.name}-index"))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return folder
