"""A checkout that holds what git takes for a repository: no command runs what its configuration or its hooks name."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.core.errors import UsageError
from provisioner.project.credentials import read_dotenv
from provisioner.project.trusted_hosts import check_state
from provisioner.state.backends import open_backend
from tests.conftest import Provision, WriteProject
from tests.security.repositories import Canary, make_canary, plant_bare, poison, run_git

SEALED = """\
project: test
root: {root}
state: {state}
defaults: {{model: gpt-6-luna}}
state_encryption: {{key: {{env: STATE_KEY}}}}
"""
ASSISTANT = "assistants:\n  a: {instructions: Help.}\n"
KEY = {"STATE_KEY": "the key of this team's state"}

#: Commands that look for `.env`, and one that should not.
COMMANDS = [
    ("plan",),
    ("lint",),
    ("graph", "--plan"),
    ("show",),
    ("output",),
    ("state", "list"),
    ("validate",),
    ("apply", "--yes"),
]
#: These ask the server something.
ONLINE = ("plan", "lint", "graph", "apply")


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Canary:
    return make_canary(tmp_path_factory.mktemp("canary"))


def at_root(root: Path, canary: Canary) -> str:
    plant_bare(root, canary)
    return ".."


def in_manifests(root: Path, canary: Canary) -> str:
    plant_bare(root / "manifests", canary)
    return "."


def around_the_root(root: Path, canary: Canary) -> str:
    """The look-alike is above, and its work tree is the root."""
    plant_bare(root, canary, worktree="manifests")
    return "."


def in_an_archive(root: Path, canary: Canary) -> str:
    """A `.git` folder, as an unpacked archive can hold."""
    plant_bare(root / ".git", canary, worktree="..")
    return ".."


def by_a_pointer(root: Path, canary: Canary) -> str:
    """A `.git` file that leads to a folder of another name."""
    plant_bare(root / "data", canary, worktree="..")
    (root / ".git").write_text("gitdir: data\n", encoding="utf-8")
    return ".."


def by_an_include(root: Path, canary: Canary) -> str:
    """The configuration is in a file that another one includes."""
    plant_bare(root, canary)
    (root / "config").rename(root / "more")
    lines = "[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\n[include]\npath = more\n"
    (root / "config").write_text(lines, encoding="utf-8")
    return ".."


PLACES: list[Callable[[Path, Canary], str]] = [
    at_root,
    in_manifests,
    around_the_root,
    in_an_archive,
    by_a_pointer,
    by_an_include,
]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_reading_the_key_runs_nothing(
    place: Callable[[Path, Canary], str], tmp_path: Path, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "manifests").mkdir()
    root = (tmp_path / "manifests" / place(tmp_path, canary)).resolve()
    (root / ".env").write_text("NAME=value\n", encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    read_dotenv(root, {})
    assert not canary.sang, canary.file.read_text(encoding="utf-8")


@pytest.mark.thorough
@pytest.mark.timeout(600)  # eight processes, and a server
@pytest.mark.parametrize("place", [at_root, in_manifests], ids=lambda place: place.__name__)
def test_nothing_in_a_checkout_is_run(
    place: Callable[[Path, Canary], str],
    project: WriteProject,
    provision: Provision,
    canary: Canary,
) -> None:
    root = project({"assistants.yaml": ASSISTANT})
    base = place(root, canary)
    # Where the look-alike is in manifests/, its `config`, `HEAD` and so on are no manifests, and are not read.
    project({"provision.yaml": SEALED.format(root=base, state="../state")})
    for folder in (root, root / "manifests"):
        (folder / ".env").write_text("UNUSED=x\n", encoding="utf-8")
    for command in COMMANDS:
        ended = provision(*command, env=KEY, online=command[0] in ONLINE)
        assert "bug here" not in ended.stderr
        assert not canary.sang, (command, canary.file.read_text(encoding="utf-8"))


def test_a_look_alike_does_not_hide_that_git_tracks_the_file(
    project: WriteProject, provision: Provision, canary: Canary
) -> None:
    root = project({"assistants.yaml": ASSISTANT})
    (root / ".env").write_text("OPENAI_API_KEY=sk-of-a-stranger\n", encoding="utf-8")
    run_git("init", "-q", folder=root)
    run_git("add", "-f", ".env", folder=root)
    plant_bare(root, canary)
    ended = provision("plan", env={"OPENAI_API_KEY": None}, online=False)
    assert ended.code == 1
    assert "no API key" in ended.stderr
    assert not canary.sang


# --- states in git ---------------------------------------------------------------------------------------------------

Spelling = Callable[[Path, Path], str]
SPELLINGS: dict[str, Spelling] = {
    "percent": lambda root, outside: f"file://{root}/%65vil.git",
    "percent in the way": lambda root, outside: (
        f"file://{root.parent}/%{ord(root.name[0]):02X}{root.name[1:]}/evil.git"
    ),
    "all slashes encoded": lambda root, outside: f"file:///{str(root)[1:].replace('/', '%2F')}/evil.git",
    "first folder as the host": lambda root, outside: f"file://{str(root)[1:]}/evil.git",
    "slashes": lambda root, outside: f"file:////{root}//./evil.git/",
    "dots": lambda root, outside: f"file://{root}/manifests/../evil.git",
    "dots encoded": lambda root, outside: f"file://{outside}/%2e%2e/{root.name}/%2E/evil.git",
    "without its ending": lambda root, outside: f"file://{root}/evil",
    "a plain path": lambda root, outside: f"{root}/evil.git",
    "relative": lambda root, outside: "evil.git",
    "relative with dots": lambda root, outside: "./manifests/../evil.git",
    "a link from outside": lambda root, outside: f"file://{outside}/link.git",
    "a link whose ending is left out": lambda root, outside: f"file://{outside}/link",
    "upper case": lambda root, outside: f"FILE://{root}/evil.git",
    "one slash": lambda root, outside: f"file:{root}/evil.git",
    "a submodule's data": lambda root, outside: f"file://{root}/.git/modules/x",
    "its data": lambda root, outside: f"file://{root}/.git",
    "the checkout": lambda root, outside: f"file://{root}",
    "the checkout by a dot": lambda root, outside: ".",
    "the checkout by a link": lambda root, outside: f"{outside}/checkout",
}


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    folder = tmp_path.parent / f"{tmp_path.name}-outside"
    folder.mkdir()
    return folder


def plant_state(root: Path, outside: Path, canary: Canary) -> None:
    """A repository in the checkout, with links to it from elsewhere."""
    (root / "manifests").mkdir(exist_ok=True)
    evil = plant_bare(root / "evil.git", canary, worktree=None)
    (outside / "link.git").symlink_to(evil)
    (outside / "checkout").symlink_to(root)


def write_there(url: str) -> None:
    """What apply does first with a state: it reads it, and takes the lock."""
    with closing(open_backend(f"git:{url}#x", "prod")) as backend:
        backend.read()
        with backend.lock("apply"):
            pass


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_repository_in_the_checkout_is_used(
    spelling: str, tmp_path: Path, outside: Path, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_git("init", "-q", folder=tmp_path)
    plant_bare(tmp_path / ".git" / "modules" / "x", canary, worktree=None)
    poison(tmp_path / ".git", canary)
    plant_state(tmp_path, outside, canary)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        write_there(SPELLINGS[spelling](tmp_path, outside))
    assert not canary.sang, canary.file.read_text(encoding="utf-8")


IN_AN_ARCHIVE = [name for name in SPELLINGS if "checkout" not in name and "data" not in name]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("spelling", IN_AN_ARCHIVE)
def test_a_repository_in_the_root_is_refused_where_there_is_no_git_folder(
    spelling: str, tmp_path: Path, outside: Path, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_state(tmp_path, outside, canary)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        check_state(f"git:{SPELLINGS[spelling](tmp_path, outside)}#x", {}, tmp_path)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("url", ["file://{root}/%65vil.git", "file://{linked}/evil.git", "{root}/evil"])
def test_apply_does_not_run_the_hooks_of_a_repository_in_the_checkout(
    url: str, tmp_path: Path, outside: Path, canary: Canary, provision: Provision, project: WriteProject
) -> None:
    run_git("init", "-q", folder=tmp_path)
    plant_state(tmp_path, outside, canary)
    state = url.format(root=tmp_path, linked=outside / "checkout")
    project({"provision.yaml": SEALED.format(root="..", state=f'"git:{state}#x"'), "assistants.yaml": ASSISTANT})
    ended = provision("apply", "--yes", env=KEY)
    assert ended.code == 1
    assert "inside the " in ended.stderr
    assert not canary.sang, canary.file.read_text(encoding="utf-8")


def test_a_worktree_s_pointer_counts_as_a_checkout(
    tmp_path: Path, outside: Path, canary: Canary, provision: Provision, project: WriteProject
) -> None:
    main = outside / "main"
    main.mkdir()
    run_git("init", "-q", folder=main)
    run_git("commit", "-q", "--allow-empty", "-m", "x", folder=main)
    run_git("worktree", "add", "-q", tmp_path / "tree", folder=main)
    plant_bare(tmp_path / "tree" / "sub" / "evil.git", canary, worktree=None)
    project({"assistants.yaml": ASSISTANT})
    project({"provision.yaml": SEALED.format(root="..", state=f'"git:{tmp_path}/tree/sub/evil.git"')})
    ended = provision("apply", "--yes", env=KEY, cwd=tmp_path)
    assert "inside the" in ended.stderr
    assert not canary.sang


@pytest.mark.thorough
def test_a_checkout_elsewhere_serves_states_without_its_hooks(
    tmp_path: Path, outside: Path, canary: Canary, provision: Provision, project: WriteProject
) -> None:
    other = outside / "other"
    other.mkdir()
    run_git("init", "-q", folder=other)
    hooks = other / ".husky"
    hooks.mkdir()
    for name in ("pre-receive", "post-receive", "update", "reference-transaction"):
        os.link(canary.script, hooks / name)
    run_git("config", "core.hooksPath", ".husky", folder=other)
    project({"assistants.yaml": ASSISTANT})
    project({"provision.yaml": SEALED.format(root="..", state=f'"git:file://{other}#states"')})
    assert provision("apply", "--yes", env=KEY).code == 0
    assert not canary.sang


@pytest.mark.thorough
def test_a_repository_elsewhere_keeps_states_by_every_spelling(
    tmp_path: Path, outside: Path, provision: Provision, project: WriteProject
) -> None:
    run_git("init", "-q", folder=tmp_path)
    run_git("init", "-q", "--bare", outside / "stätes 1.git", folder=outside)
    project({"assistants.yaml": ASSISTANT})
    encoded = f"file://{outside}/st%C3%A4tes%201.git"
    spellings = (encoded, f"{outside}/stätes 1.git", f"../{outside.name}/stätes 1", f"file://{outside}/./stätes 1.git")
    for number, url in enumerate(spellings):
        project({"provision.yaml": SEALED.format(root="..", state=f'"git:{url}#states"')})
        ended = provision("plan", "--detailed-exitcode", env=KEY) if number else provision("apply", "--yes", env=KEY)
        assert ended.code == 0, ended.stderr
