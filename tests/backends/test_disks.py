"""A database whose disk is full: the table of the state is on a small file system of its own."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.backends.bad_day import live_through
from tests.backends.places import PASSWORD, Place, missing
from tests.chaos.keeping import Kept, fresh
from tests.chaos.worlds import NewWorld

SIZE = "8m"
#: Instructions that no compression makes small, so that they need room on the disk.
TEXTS = [random.Random(seed).randbytes(100_000).hex() for seed in (1, 2)]


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system that holds little. Only the administrator may mount one."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        disk = Path(name) / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            missing("the right to mount a file system")
        try:
            yield disk
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb") as stream:
        left = shutil.disk_usage(disk).free
        stream.write(b"\0" * left)
    yield
    filler.unlink()


def execute(place: Place, *statements: str) -> None:
    import psycopg

    with psycopg.connect(place.fresh(), password=PASSWORD, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def on_disk(place: Place, kept: Kept, disk: Path) -> Iterator[None]:
    """From now on, the role's new tables are there."""
    role = kept.url.partition("//")[2].partition("@")[0]
    folder = disk / "tables"
    folder.mkdir()
    shutil.chown(folder, "nobody", "nogroup")
    execute(
        place,
        f"create tablespace {role} owner {role} location '{folder}'",
        f"alter role {role} set default_tablespace = {role}",
    )
    yield
    execute(place, f"drop schema {role} cascade", f"drop tablespace {role}")


@pytest.mark.whole
@pytest.mark.parametrize("remote", ["postgresql"], indirect=True)
def test_a_database_whose_disk_is_full(remote: Place, new_world: NewWorld) -> None:
    with small_disk() as disk, fresh(remote) as kept, on_disk(remote, kept, disk), new_world() as world:
        live_through(world, kept, full(disk), "No space left on device", *TEXTS)
