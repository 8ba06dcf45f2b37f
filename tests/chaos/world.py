"""A project, the command line as processes, a proxy and an emulator: everything that a bad day needs."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioner.state.backends import open_backend
from provisioner.state.release_storage import copy_all
from tests.chaos.proxy import Junction, Proxy, Rule
from tests.chaos.rules import Hold, Kill
from tests.conftest import KEY
from tests.warm.forks import Fork, Forks

if TYPE_CHECKING:
    from openai import OpenAI

    from tests.chaos.keeping import Kept


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(slots=True)
class World:
    """`root` holds the manifests and the state, unless that is `kept` elsewhere; `data` the emulator's account.

    A context manager.
    """

    forks: Forks
    proxy: Proxy
    root: Path
    data: Path
    home: Path
    emulator: Fork | None = None
    kept: Kept | None = None
    _clients: list[OpenAI] = field(default_factory=list)

    def open(self) -> None:
        """Starts the emulator on what `data` holds."""
        self.emulator = self.forks.start("emulator", ["--data", str(self.data)], self.home, self.environment())
        self.proxy.upstream = self.emulator.hear()

    def keep(self, kept: Kept) -> None:
        """From now on the state is there; one that is in the folder already goes along, with its releases."""
        former = open_backend(str(self.root / "state"), kept.environment)
        state = former.read()
        if state is not None:
            copy_all(former, kept.backend)
            kept.backend.write(state)
        self.edit("provision.yaml", "state: ../state", f"state: {kept.url}")
        self.kept = kept

    def close(self) -> None:
        """Ends the emulator; the account stays in `data`."""
        self.proxy.rule = Rule()
        self.proxy.wait_until_idle()
        while self._clients:
            self._clients.pop().close()
        if self.emulator is not None:
            self.emulator.kill()
            self.emulator = None

    def __enter__(self) -> World:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def copy(self, folder: Path) -> World:
        """Another world with the same manifests, state and account, not open yet. This one must be closed."""
        shutil.copytree(self.root, folder / "project")
        data = folder / "account.db"
        for end in ("", "-wal", "-shm"):
            if self.data.with_name(self.data.name + end).exists():
                shutil.copyfile(self.data.with_name(self.data.name + end), data.with_name(data.name + end))
        return World(self.forks, self.proxy, folder / "project", data, self.home)

    def environment(self, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """A clean environment: a test's key, no CI, no colour, an empty home."""
        variables: dict[str, str | None] = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.proxy.base_url,
            **(self.kept.env if self.kept else {}),
            **(extra or {}),
        }
        return {name: value for name, value in variables.items() if value is not None}

    def start(self, *arguments: str, env: Mapping[str, str | None] | None = None) -> Fork:
        """Starts `provision` with these arguments."""
        return self.forks.start("provision", list(arguments), self.root, self.environment(env))

    def run(self, *arguments: str, rule: Rule | None = None, env: Mapping[str, str | None] | None = None) -> Ended:
        """Runs `provision` to its end, whatever that is."""
        self.proxy.rule = rule or Rule()
        return self.finish(self.start(*arguments, env=env))

    def run_and_kill(self, kill: Kill, *arguments: str, at: Junction | None = None) -> int:
        """Runs a command that is killed on its way, to the API or `at` another place.

        Returns its exit code: KILLED, unless it made fewer requests.
        """
        junction = at or self.proxy
        junction.rule = kill
        fork = self.start(*arguments)
        kill.victim.set_result(fork)
        code = self.finish(fork).code
        junction.wait_until_idle()
        junction.rule = Rule()
        return code

    def start_and_hold(self, hold: Hold, *arguments: str) -> Fork:
        """Starts a command; returns when it has come to the request that is held."""
        self.proxy.rule = hold
        fork = self.start(*arguments)
        assert hold.reached.wait(60)
        return fork

    def finish(self, fork: Fork) -> Ended:
        """Waits until a process, and whatever it asked for, is over."""
        code = fork.wait()
        self.proxy.wait_until_idle()
        ended = Ended(code, fork.out.read_text(encoding="utf-8"), fork.err.read_text(encoding="utf-8"))
        assert "Traceback" not in ended.err, ended.err
        assert "has a bug" not in ended.err, ended.err
        return ended

    def write(self, name: str, content: str | bytes) -> None:
        """Writes a file below `manifests/`."""
        path = self.root / "manifests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def rewrite(self, files: Mapping[str, str]) -> None:
        """Puts these files in place of everything below `manifests/`."""
        shutil.rmtree(self.root / "manifests")
        for name, content in files.items():
            self.write(name, content)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces a text, which is there once, in a file below `manifests/`."""
        text = (self.root / "manifests" / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        self.write(name, text.replace(old, new))

    def client(self) -> OpenAI:
        """A client on the emulator, past the proxy."""
        from openai import OpenAI

        self._clients.append(OpenAI(api_key=KEY, base_url=self.proxy.upstream, max_retries=0))
        return self._clients[-1]

    def has_journal(self) -> bool:
        """Whether the state's journal holds anything."""
        return bool(self.kept.backend.read_journal()) if self.kept else self.journal_file.exists()

    @property
    def state_file(self) -> Path:
        return self.root / "state" / "default.json"

    @property
    def journal_file(self) -> Path:
        return self.root / "state" / "default.journal"


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that is live, by id. `contents` are files' SHA-256, `versions` those of skills by skill and number."""

    files: dict[str, Any]
    contents: dict[str, str]
    stores: dict[str, Any]
    members: dict[str, dict[str, Any]]
    skills: dict[str, Any]
    versions: dict[str, dict[str, dict[str, str]]]
    agents: dict[str, Any]
    templates: dict[str, Any]
    assistants: dict[str, Any]

    def ids(self) -> set[str]:
        """Every object."""
        return {*self.files, *self.stores, *self.skills, *self.agents, *self.templates, *self.assistants}


def read_account(world: World) -> Account:
    """What is live, read through the SDK; files' bytes, which no API gives back, from the emulator's own file."""
    client = world.client()
    agents = client.beta.agents
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        assistants = by_id(client.beta.assistants.list(limit=100))
    stores = by_id(client.vector_stores.list(limit=100))
    members = {id: by_id(client.vector_stores.files.list(id, limit=100)) for id in stores}
    skills = by_id(client.skills.list(limit=100))
    with closing(sqlite3.connect(world.data)) as database:
        contents = {id: sha256(data).hexdigest() for id, data in database.execute("SELECT file_id, data FROM contents")}
    return Account(
        files=by_id(client.files.list()),
        contents=contents,
        stores=stores,
        members=members,
        skills=skills,
        versions={id: read_versions(client, id) for id in skills},
        agents=by_id(agents.list(limit=100)),
        templates=by_id(agents.environments.templates.list(limit=100)),
        assistants=assistants,
    )


def read_versions(client: OpenAI, skill: str) -> dict[str, dict[str, str]]:
    """The SHA-256 of each file of each version of a skill, by number and path."""
    found: dict[str, dict[str, str]] = {}
    for version in client.skills.versions.list(skill, limit=100):
        archive = client.skills.versions.content.retrieve(version.version, skill_id=skill).content
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            digests = {name: sha256(opened.read(name)).hexdigest() for name in opened.namelist()}
        found[version.version] = {name.partition("/")[2]: digest for name, digest in digests.items()}
    return found


def by_id(objects: Iterator[Any] | Any) -> dict[str, Any]:
    return {each.id: each for each in objects}
