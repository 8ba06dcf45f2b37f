"""Git remotes that refuse: a quota that is used up, and a server that wants a name."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.backends.bad_day import live_through, write
from tests.backends.places import Place
from tests.chaos.declared import APPLY
from tests.chaos.keeping import fresh
from tests.chaos.proxy import Exchange, Proxy, Rule
from tests.chaos.tally import Tally
from tests.chaos.worlds import NewWorld

pytestmark = pytest.mark.thorough

#: Refuses a push once so many have come through.
QUOTA = """#!/bin/sh
left=$(cat "{counter}")
[ "$left" -gt 0 ] || {{ echo "the repository is over its quota" >&2; exit 1; }}
echo $((left - 1)) > "{counter}"
"""


def repository_of(place: Place) -> Path:
    """The bare repository that the daemon serves."""
    assert place.process is not None
    words = cast("list[str]", place.process.args)
    return Path(next(word.partition("=")[2] for word in words if word.startswith("--base-path="))) / "states.git"


@contextmanager
def quota(repository: Path, counter: Path, pushes: int) -> Iterator[None]:
    hook = repository / "hooks" / "pre-receive"
    counter.write_text(str(pushes), encoding="utf-8")
    hook.write_text(QUOTA.format(counter=counter), encoding="utf-8")
    hook.chmod(0o755)
    yield
    hook.unlink()


@contextmanager
def read_only(repository: Path) -> Iterator[None]:
    configure = ["git", "-C", str(repository), "config"]
    subprocess.run([*configure, "daemon.receivepack", "false"], check=True)
    yield
    subprocess.run([*configure, "--unset", "daemon.receivepack"], check=True)


@pytest.mark.parametrize("remote", ["git-daemon"], indirect=True)
def test_a_remote_that_refuses(remote: Place, new_world: NewWorld, tmp_path: Path, tally: Tally) -> None:
    tally.begin("refused", f"state in {remote.name}")
    repository = repository_of(remote)
    denied = (read_only(repository), "access denied or repository not exported")
    over = "the repository is over its quota"
    days = [(quota(repository, tmp_path / "left", pushes), over) for pushes in (0, 1, 3, 5)]
    for day, said in tally.some([*days, denied], 1):
        with tally.run(said), fresh(remote) as kept, new_world() as world:
            live_through(world, kept, day, said)


class Unauthorized(Rule):
    """Whoever asks is to say who they are, and is not believed."""

    def before(self, exchange: Exchange) -> bool:
        exchange.put(401, "", www_authenticate='Basic realm="git"')
        return True


@pytest.mark.parametrize("secret", ["", "s3cr3t"], ids=["no name", "a wrong password"])
def test_a_server_that_wants_a_name(new_world: NewWorld, secret: str) -> None:
    with new_world() as world:
        server = Proxy()
        server.rule = Unauthorized()
        if secret:
            (world.home / ".gitconfig").write_text("[credential]\nhelper = store\n", encoding="utf-8")
            entrance = f"http://me:{secret}@127.0.0.1:{server.port}\n"
            (world.home / ".git-credentials").write_text(entrance, encoding="utf-8")
        try:
            write(world, "Read.")
            world.edit("provision.yaml", "../state", f"git:http://127.0.0.1:{server.port}/x.git#states")
            ended = world.run(*APPLY)
        finally:
            server.close()
    assert ended.code == 1
    assert f"git:http://127.0.0.1:{server.port}/x.git#states cannot be used: fatal: " in ended.err
    assert "without a question" in ended.err
    assert "s3cr3t" not in ended.said
