"""Only one module starts processes, and no child of it gets a secret that it does not need."""

from __future__ import annotations

import ast
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.core.childprocess import Needs, TimeLimitExceeded, remove_secrets, run, select_environment
from provisioner.core.errors import UsageError
from provisioner.emulator.process import _environment as emulator_environment
from provisioner.manifest import Settings
from provisioner.manifest.project_settings.key_sources import Encryption, KeySource
from provisioner.project.keys import find_seal
from provisioner.state.backends.gitcommand import REMOTE_COMMANDS, GitCommand
from provisioner.state.backends.gitremote import GitRemote
from tests.sources import dotted, nodes_of

CHECKOUT = Path(__file__).parent.parent.parent
SAFE = CHECKOUT / "provisioner" / "core" / "childprocess.py"
SOURCES = sorted([*(CHECKOUT / "provisioner").rglob("*.py"), *(CHECKOUT / "ci" / "github").rglob("*.py")])

#: Modules that are for starting processes, and what starts one in modules that are for other things too.
MODULES = {"subprocess", "multiprocessing", "pty", "_posixsubprocess", "pexpect", "sh", "plumbum"}
STARTERS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork", "startfile")
ASYNC = ("create_subprocess", "subprocess_exec", "subprocess_shell", "ProcessPoolExecutor")

SECRETS = {
    "OPENAI_API_KEY": "sk-proj-secret-of-openai",
    "STATE_KEY": "secret of the state's key",
    "OLD_SEAL": "secret of the former seal",
    "COPY": "Bearer sk-proj-secret-of-openai",
    "PGPASSWORD": "secret-postgres",
    "DATABASE_URL": "postgres://me:secret@db/x",
    "SOME_URL": "https://me:secret-in-a-url@host/x",
    "AWS_SECRET_ACCESS_KEY": "secret-aws",
    "AWS_SESSION_TOKEN": "secret-aws-session",
    "AZURE_STORAGE_ACCOUNT_KEY": "secret-azure",
    "AZURE_CLIENT_SECRET": "secret-azure-client",
    "GOOGLE_APPLICATION_CREDENTIALS": "/secret/google.json",
    "GITHUB_TOKEN": "secret-github",
    "GH_TOKEN": "secret-gh",
    "GITLAB_TOKEN": "secret-gitlab",
    "CI_JOB_TOKEN": "secret-job",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-oidc",
    "ACTIONS_RUNTIME_TOKEN": "secret-runtime",
    "VAULT_TOKEN": "secret-vault",
    "OP_SERVICE_ACCOUNT_TOKEN": "secret-op",
    "NPM_TOKEN": "secret-npm",
    "SLACK_PAT": "secret-pat",
    "db_password": "secret-lower-case",
}


def starters(path: Path) -> Iterator[str]:
    """Every use of what starts a process in a module, as `line: what`."""
    for node in nodes_of(path):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute):
            names = [dotted(node)]
        elif isinstance(node, ast.Name):
            names = [node.id]
        elif isinstance(node, ast.Call) and dotted(node.func) in ("__import__", "import_module", "getattr"):
            names = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
        yield from (f"{getattr(node, 'lineno', 0)}: {name}" for name in names if starts_processes(name))


def starts_processes(name: str) -> bool:
    parts = name.split(".")
    of_system = parts[0] in ("os", "posix", "nt") and len(parts) > 1 and parts[1].startswith(STARTERS)
    return parts[0] in MODULES or of_system or any(part.startswith(ASYNC) for part in parts)


def test_no_other_module_starts_a_process() -> None:
    found = {path: list(starters(path)) for path in SOURCES}
    assert [path for path in SOURCES if found[path]] == [SAFE], found


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "import subprocess as quiet",
        "from subprocess import run",
        "def f():\n    from subprocess import Popen as P",
        "import os\nos.system('x')",
        "from os import execv",
        "import os\nos.spawnlp(0, 'x')",
        "import os\nos.posix_spawn('x', [], {})",
        "import os\nos.popen('x')",
        "import os\nstart = os.fork",
        "import pty",
        "import multiprocessing.pool",
        "import asyncio\nasyncio.create_subprocess_exec('x')",
        "from asyncio import create_subprocess_shell",
        "import asyncio.subprocess\nasyncio.get_event_loop().subprocess_exec(None)",
        "from concurrent.futures import ProcessPoolExecutor",
        "__import__('subprocess')",
        "from importlib import import_module\nimport_module('subprocess')",
        "import os\ngetattr(os, 'os.system')",
    ],
)
def test_every_way_to_start_one_is_found(source: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert list(starters(tmp_path / "module.py"))


# --- what children get -----------------------------------------------------------------------------------------------


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the beginning of PATH whose programs write their arguments and environment into `said.json`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "print-key", "aws", "op"):
        lines = (
            f"#!{sys.executable} -I",
            "import json, os, sys",
            "said = {'words': sys.argv[1:], 'environment': dict(os.environ), 'folder': os.getcwd(), "
            "'stdin': sys.stdin.read() if sys.stdin else None, 'session': os.getsid(0) == os.getpid()}",
            f"open({str(tmp_path / 'said.json')!r}, 'w').write(json.dumps(said))",
            "print('a key that is long enough')",
        )
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "said.json"


def told(file: Path) -> dict[str, str]:
    said = json.loads(file.read_text(encoding="utf-8"))
    assert said["session"], "the child has no session of its own"
    environment: dict[str, str] = said["environment"]
    return environment


def leaks(environment: dict[str, str], *needed: str) -> list[str]:
    text = json.dumps({name: value for name, value in environment.items() if name not in needed})
    return [name for name, value in SECRETS.items() if name not in needed and (f'"{name}"' in text or value in text)]


REMOTES = {
    "a folder": (GitRemote("/srv/x.git", Path("/srv/x.git")), ()),
    "ssh": (GitRemote("ssh://git@host/x.git"), ()),
    "https": (GitRemote("https://host/x.git"), ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN")),
}


@pytest.mark.parametrize("kind", REMOTES)
@pytest.mark.parametrize("command", ["init", "cat-file", "fast-import", *REMOTE_COMMANDS])
@pytest.mark.usefixtures("secrets")
def test_git_gets_no_secret_and_no_foreign_repository(
    command: str, kind: str, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, "/elsewhere")
    for name in ("GIT_CONFIG_PARAMETERS", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_TEMPLATE_DIR", "GIT_TRACE"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    clone = tmp_path / "clone"
    clone.mkdir()
    remote, needed = REMOTES[kind]
    GitCommand(clone, remote, "there").run(command)
    environment = told(programs)
    assert not leaks(environment, *(needed if command in REMOTE_COMMANDS else ()))
    assert [name for name, value in environment.items() if value == "/elsewhere"] == []
    assert environment["GIT_DIR"] == str(clone)
    said = json.loads(programs.read_text(encoding="utf-8"))
    assert said["folder"] == str(clone)
    assert said["stdin"] == ""
    for setting in ("core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit"):
        assert setting in said["words"]
    assert ("protocol.file.allow=always" in said["words"]) is (kind == "a folder")
    alone = (environment.get("GIT_CONFIG_GLOBAL"), environment.get("GIT_CONFIG_NOSYSTEM"))
    assert (alone == (os.devnull, "1")) is (command not in REMOTE_COMMANDS)
    assert ("SSH_AUTH_SOCK" in environment) is (command in REMOTE_COMMANDS and kind != "a folder")


def seal_settings(tmp_path: Path) -> Settings:
    sources = Encryption(
        KeySource("PROVISION_STATE_KEY_COMMAND", True), (KeySource("STATE_KEY", False), KeySource("OLD_SEAL", False))
    )
    return Settings("p", "default", (), "responses", "state", root=tmp_path, folder=tmp_path, encryption=sources)


@pytest.mark.parametrize(
    ("command", "passed", "needed"),
    [
        ("print-key", None, ()),
        ("aws secretsmanager", None, ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")),
        ("op read", None, ("OP_SERVICE_ACCOUNT_TOKEN",)),
        ("print-key", "VAULT_TOKEN, NPM_TOKEN", ("VAULT_TOKEN", "NPM_TOKEN")),
        ("print-key", "OPENAI_API_KEY,STATE_KEY,OLD_SEAL,COPY", ()),
    ],
)
@pytest.mark.usefixtures("secrets")
def test_a_command_that_prints_a_key_gets_the_user_s_environment_without_secrets(
    command: str,
    passed: str | None,
    needed: tuple[str, ...],
    programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROVISION_STATE_KEY_COMMAND", command)
    if passed:
        monkeypatch.setenv("PROVISION_KEY_COMMAND_VARIABLES", passed)
    kept = {"GPG_TTY": "/dev/pts/1", "SSH_AUTH_SOCK": "/run/agent", "PASSWORD_STORE_DIR": "/store", "EDITOR": "vi"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    assert find_seal(seal_settings(tmp_path)).key
    environment = told(programs)
    assert not leaks(environment, *needed)
    assert {name: environment.get(name) for name in (*kept, *needed)} == {
        **kept,
        **{name: SECRETS[name] for name in needed},
    }


@pytest.mark.usefixtures("secrets")
def test_the_emulator_gets_no_secret() -> None:
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    child = run([sys.executable, "-c", program], emulator_environment(), timeout=60)
    assert not leaks(json.loads(child.output))


@pytest.mark.usefixtures("secrets")
def test_no_secret_is_kept_unless_it_is_named() -> None:
    assert not leaks(select_environment(os.environ, Needs()))
    assert not leaks(remove_secrets(os.environ, Needs(), ("STATE_KEY", "OLD_SEAL")))
    chosen = select_environment(os.environ, Needs(frozenset({"OPENAI_API_KEY", "NPM_TOKEN"}), ("OPENAI_", "AWS_S")))
    assert leaks(chosen) == ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "NPM_TOKEN"]


# --- how children are run --------------------------------------------------------------------------------------------


def test_a_program_in_the_working_folder_is_not_found_by_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("git", "print-key"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    for path in (
        ".",
        "",
        ":",
        f".{os.pathsep}/usr/bin{os.pathsep}/bin",
        f"{os.pathsep}/usr/bin",
        "../" + tmp_path.name,
    ):
        monkeypatch.setenv("PATH", path)
        monkeypatch.setenv("PROVISION_STATE_KEY_COMMAND", "print-key")
        with pytest.raises(UsageError, match="cannot be run"):
            find_seal(seal_settings(tmp_path))
        environment = select_environment(os.environ, Needs())
        assert "." not in environment["PATH"].split(os.pathsep)
        with pytest.raises(OSError):  # noqa: PT011  (its type is what is promised)
            run(["./git"], environment, timeout=60)
    assert not (tmp_path / "canary").exists()


def test_a_child_that_does_not_end_is_killed_with_its_own_children(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # The grandchild holds the pipe open for writing: the reader sees its end only once the grandchild is gone.
    words = ["/bin/sh", "-c", f"(exec 3>{pipe}; sleep 600) & sleep 600"]
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with pytest.raises(TimeLimitExceeded, match="did not end within"):
        run(words, select_environment(os.environ, Needs()), timeout=1)
    reader.join()
    assert seen == [b""]


def test_a_child_has_no_input_unless_it_is_given_some() -> None:
    environment = select_environment(os.environ, Needs())
    assert run(["cat"], environment, timeout=60).output == b""
    assert run(["cat"], environment, timeout=60, stdin=b"x" * 200_000).output == b"x" * 200_000
    ended = run(["/bin/sh", "-c", "echo no >&2; exit 7"], environment, timeout=60)
    assert (ended.code, ended.error) == (7, b"no\n")


def test_nothing_reaches_a_shell(tmp_path: Path) -> None:
    words = ["echo", f"$(touch {tmp_path}/canary)", f"; touch {tmp_path}/canary"]
    ended = run(words, select_environment(os.environ, Needs()), timeout=60)
    assert ended.output.decode().strip() == " ".join(words[1:])
    assert not (tmp_path / "canary").exists()
