"""The recipe of docs/ci.md for a state in a folder, carried out with git itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from provisioner.manifest import write_starter
from tests.conftest import CHECKOUT


def recipe() -> str:
    text = (CHECKOUT / "docs/ci.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- recipe -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    [step] = yaml.safe_load(found[1])
    assert step["if"] == "always()"
    run: str = step["run"]
    return run


class Job:
    """A job's checkout of a repository whose `main` may be pushed to."""

    def __init__(self, tmp_path: Path, name: str) -> None:
        self.root, self.home = tmp_path / name, tmp_path
        if not (tmp_path / "origin.git").exists():
            self.git(
                "init", "--quiet", "--bare", "--initial-branch", "main", str(tmp_path / "origin.git"), cwd=tmp_path
            )
        self.git("clone", "--quiet", str(tmp_path / "origin.git"), name, cwd=tmp_path)
        self.git("config", "user.name", "ann")
        self.git("config", "user.email", "ann@localhost")

    def git(self, *words: str, cwd: Path | None = None) -> str:
        return self.run("git", *words, cwd=cwd)

    def run(self, *words: str, cwd: Path | None = None) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}
        ended = subprocess.run(
            words, cwd=cwd or self.root, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def start(self) -> None:
        write_starter(self.root)
        self.commit("Start")

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        self.git("push", "--quiet", "origin", "HEAD:main")

    def apply(self, text: str) -> None:
        """What an apply leaves in the folder, also one that failed: a journal."""
        for name in ("dev.json", "prod.json", "dev.history/1.json", "dev.journal", "dev.lock", ".dev.x.tmp"):
            path = self.root / "state" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def record(self) -> None:
        self.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", recipe())

    def pushed(self) -> set[str]:
        self.git("fetch", "--quiet")
        return set(self.git("ls-tree", "-r", "--name-only", "origin/main", "state").split())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    started = Job(tmp_path, "job")
    started.start()
    return started


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("ignored", [True, False], ids=["as init writes", "nothing is ignored"])
def test_the_states_alone_are_committed_and_pushed(job: Job, ignored: bool) -> None:
    if not ignored:
        (job.root / ".gitignore").unlink()
        job.commit("Ignore nothing")
    job.apply("{}\n")
    job.record()
    assert job.pushed() == {"state/dev.json", "state/prod.json"}


@pytest.mark.thorough
def test_a_state_that_is_gone_is_taken_away_and_nothing_is_committed_where_nothing_changed(job: Job) -> None:
    job.apply("{}\n")
    job.record()
    commits = job.git("rev-list", "--count", "origin/main")
    job.record()
    assert job.git("rev-list", "--count", "origin/main") == commits
    (job.root / "state/prod.json").unlink()
    job.record()
    assert job.pushed() == {"state/dev.json"}


@pytest.mark.thorough
def test_what_somebody_pushed_meanwhile_is_kept(tmp_path: Path, job: Job) -> None:
    other = Job(tmp_path, "other")
    (other.root / "README.md").write_text("Read.\n", encoding="utf-8")
    other.commit("Write a page")
    job.apply("{}\n")
    job.record()
    assert job.pushed() == {"state/dev.json", "state/prod.json"}
    assert job.git("show", "origin/main:README.md") == "Read.\n"


def test_the_document_recommends_another_place_first() -> None:
    text = (CHECKOUT / "docs/ci.md").read_text(encoding="utf-8")
    places = text.partition("### Where the state is")[2].partition("###")[0]
    found = [
        places.index(each) for each in ("1. A **remote state**", "2. A **separate branch**", "3. A **folder of this")
    ]
    assert found == sorted(found)
    assert "*not* protected" in places
