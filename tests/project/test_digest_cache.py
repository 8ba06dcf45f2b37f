"""The digests of files that are kept between runs: when they are used, and that a hostile cache is harmless."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import load
from provisioner.manifest.files.digest_cache import FORMAT, LEAST_FILES, RACY, DigestCache, Row, parse_digests
from provisioner.project.digest_cache import NAME, keeping_digests, read_digests

FILES = LEAST_FILES + 2
LATER = 60_000_000_000


def later() -> int:
    """A clock by which every file was changed long ago."""
    return time.time_ns() + LATER


def write(root: Path, files: int = FILES) -> Path:
    books = root / "manifests" / "books"
    books.mkdir(parents=True)
    (root / "manifests" / "provision.yaml").write_text("project: p\n")
    (root / "manifests" / "m.yaml").write_text("vector_stores: {s: {files: ['books/*.md']}}\n")
    for number in range(files):
        (books / f"{number:05}.md").write_text(f"book {number:05}")
    return books


def digests_of(root: Path, clock: Callable[[], int] = later) -> dict[str, str]:
    """The digests that a run finds, by the names of the files."""
    with keeping_digests(clock) as open_digests:
        manifest = load(root / "manifests", open_digests=open_digests)
    return {each.path.name: each.inputs["sha256"] for each in manifest.resources if each.path is not None}


def right(books: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in books.iterdir()}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the Markdown files that are opened from now on."""
    names: list[str] = []
    original = os.open

    def opening(path: str, *arguments: int, **options: int) -> int:
        if str(path).endswith(".md"):
            names.append(os.path.basename(str(path)))
        return original(path, *arguments, **options)

    monkeypatch.setattr(os, "open", opening)
    return names


def test_a_second_run_opens_no_file(tmp_path: Path, opened: list[str]) -> None:
    books = write(tmp_path)
    assert digests_of(tmp_path) == right(books)
    assert len(opened) == FILES
    opened.clear()
    assert digests_of(tmp_path) == right(books)
    assert opened == []


def test_only_changed_files_are_opened(tmp_path: Path, opened: list[str]) -> None:
    books = write(tmp_path)
    digests_of(tmp_path)
    kept = (books / "00001.md").stat()
    (books / "00001.md").write_text("BOOK 00001")  # Its size and its mtime stay equal; its ctime does not.
    os.utime(books / "00001.md", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    (books / "00002.md").unlink()
    (books / "00002.md").write_text("book 0000x")
    os.replace(books / "00003.md", books / "00004.md")
    opened.clear()
    assert digests_of(tmp_path) == right(books)
    assert sorted(opened) == ["00001.md", "00002.md", "00004.md"]


def test_a_file_that_was_changed_shortly_before_it_was_hashed_is_hashed_again(
    tmp_path: Path, opened: list[str]
) -> None:
    books = write(tmp_path)
    assert digests_of(tmp_path, time.time_ns) == right(books)
    assert not (tmp_path / ".provision").exists()  # No digest is worth keeping.
    opened.clear()
    digests_of(tmp_path, time.time_ns)
    assert len(opened) == FILES


def test_a_digest_is_not_used_if_the_file_is_not_older_than_the_cache(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("a")
    found = file.stat()
    newest = max(found.st_mtime_ns, found.st_ctime_ns)
    identity = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
    row = row_of(*identity)
    assert DigestCache({"a.md": row}, newest).find("a.md", found) is None
    assert DigestCache({"a.md": row}, newest + 1).find("a.md", found) == "0" * 64
    assert DigestCache({"a.md": f"{row}0"}, newest + 1).find("a.md", found) is None
    assert DigestCache({"a.md": row[:-1]}, newest + 1).find("a.md", found) is None
    for place in range(5):
        other = row_of(*identity[:place], identity[place] + 1, *identity[place + 1 :])
        assert DigestCache({"a.md": other}, newest + 100).find("a.md", found) is None


def row_of(*identity: int, digest: str = "0" * 64) -> Row:
    """The row of a file with this size, mtime, ctime, inode and device."""
    return " ".join([*map(str, identity), digest])


@pytest.mark.parametrize("digest", ["0" * 63, "0" * 65, "", "g" * 64, "0" * 63 + "\n", "F" * 64])
def test_a_cache_with_a_text_that_is_no_digest_is_not_used(tmp_path: Path, digest: str) -> None:
    def parsed(*digests: str) -> dict[str, Row]:
        rows = {f"{number}.md": row_of(1, 2, 3, 4, 5, digest=each) for number, each in enumerate(digests)}
        return parse_digests(json.dumps({"format": FORMAT, "place": (1, 2), "files": rows}).encode(), (1, 2))

    assert len(parsed("0" * 64, "a" * 64)) == 2
    assert parsed("0" * 64, digest) == {}


@pytest.mark.parametrize(("age", "kept"), [(RACY, False), (RACY + 1, True)])
def test_only_digests_of_files_at_rest_are_kept(tmp_path: Path, age: int, *, kept: bool) -> None:
    file = tmp_path / "a.md"
    file.write_text("a")
    found = file.stat()
    cache = DigestCache(clock=lambda: max(found.st_mtime_ns, found.st_ctime_ns) + age)
    cache.add("a.md", found, "0" * 64)
    assert ("a.md" in parse_digests(cache.dump((1, 2)) or b"", (1, 2))) is kept


def falsify(root: Path) -> Path:
    """Lets a run write the cache, and replaces every digest in it; returns the path of the cache."""
    digests_of(root)
    path = root / ".provision" / NAME
    body = json.loads(path.read_text())
    body["files"] = {name: row[:-64] + "0" * 64 for name, row in body["files"].items()}
    path.write_text(json.dumps(body))
    os.utime(path, ns=(later(), later()))
    return path


def test_falsified_digests_would_be_believed(tmp_path: Path) -> None:
    books = write(tmp_path)
    falsify(tmp_path)
    assert set(digests_of(tmp_path).values()) == {"0" * 64} != set(right(books).values())


def track(path: Path) -> None:
    root = path.parent.parent
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-f", str(path.relative_to(root))], cwd=root, check=True)


def copy_folder(path: Path) -> None:
    """Replaces the private folder by a copy, as a checkout or an unpacked archive would."""
    content = path.read_bytes()
    path.parent.rename(path.parent.with_name("old"))
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(0o600)
    os.utime(path, ns=(later(), later()))


def link(path: Path) -> None:
    path.rename(path.with_name("other"))
    path.symlink_to("other")


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("old"))
    path.parent.symlink_to("old")


@pytest.mark.parametrize(
    "spoil",
    [
        track,
        copy_folder,
        link,
        link_folder,
        lambda path: path.chmod(0o620),
        lambda path: path.chmod(0o602),
        lambda path: path.with_name("second").hardlink_to(path),
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: os.truncate(path, 1 << 31),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"[" * 1_000_000),
        lambda path: path.write_bytes(b"\xff\x00"),
        lambda path: path.write_text(path.read_text().replace(f'"format": {FORMAT}', '"format": 1')),
        lambda path: path.write_text(path.read_text().replace('"files"', '"filez"')),
        lambda path: path.write_text(path.read_text().replace("0" * 64, "0" * 65)),
        lambda path: path.write_text(re.sub('"[0-9 ]* 0{64}"', "7", path.read_text())),
        lambda path: path.write_text(re.sub('"[0-9 ]* 0{64}"', '[1, 2, 3, 4, 5, "x"]', path.read_text())),
        lambda path: path.write_text(path.read_text().replace('{"manifests', '{"x": 1, "manifests')),
        replace_by_folder,
        replace_by_pipe,
    ],
)
def test_a_cache_that_is_damaged_or_not_ours_is_ignored(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    books = write(tmp_path)
    spoil(falsify(tmp_path))
    assert digests_of(tmp_path) == right(books)


def test_no_digest_is_written_into_a_folder_that_git_tracks(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / ".provision").mkdir()
    (tmp_path / ".provision" / "x").write_text("x")
    track(tmp_path / ".provision" / "x")
    digests_of(tmp_path)
    assert os.listdir(tmp_path / ".provision") == ["x"]


def test_files_that_became_unfit_are_reported_in_spite_of_the_cache(tmp_path: Path) -> None:
    books = write(tmp_path)
    digests_of(tmp_path)
    (books / "00001.md").write_text("")
    (books / "00002.md").unlink()
    (books / "00002.md").symlink_to("/etc/hostname")
    with keeping_digests(later) as open_digests, pytest.raises(InvalidManifest) as caught:
        load(tmp_path / "manifests", open_digests=open_digests)
    messages = [each.message for each in caught.value.diagnostics]
    assert any("00001.md` is empty" in each for each in messages)
    assert any("00002.md` is left out" in each for each in messages)


def test_digests_of_files_that_are_no_longer_needed_are_dropped_in_time(tmp_path: Path) -> None:
    books = write(tmp_path, 4 * LEAST_FILES)
    digests_of(tmp_path)
    for path in sorted(books.iterdir())[LEAST_FILES:]:
        path.unlink()
    for path in sorted(books.iterdir()):
        path.write_text("new " + path.name)
    digests_of(tmp_path)
    rows = parse_digests((tmp_path / ".provision" / NAME).read_bytes(), place_of(tmp_path))
    assert len(rows) == LEAST_FILES


def place_of(root: Path) -> tuple[int, int]:
    found = (root / ".provision").stat()
    return found.st_dev, found.st_ino


def test_each_file_is_examined_once_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for number, files in enumerate((FILES, 2 * FILES, 4 * FILES, 8 * FILES)):
        root = tmp_path / str(number)
        write(root, files)
        digests_of(root)
        counts.append(count_calls(root, monkeypatch))
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(counts)]
    assert steps == [(FILES, 0), (2 * FILES, 0), (4 * FILES, 0)]


def count_calls(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How often a run asks the operating system about a path, and how often it opens one."""
    examined, opens = [0], [0]

    def counting(name: str, counter: list[int]) -> None:
        original = getattr(os, name)

        def counted(*arguments: object, **options: object) -> object:
            counter[0] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(os, name, counted)

    for name in ("stat", "lstat", "readlink"):
        counting(name, examined)
    counting("open", opens)
    digests_of(root)
    monkeypatch.undo()
    return examined[0], opens[0]


def test_a_cache_is_read_only_where_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, 2)
    assert not read_digests(tmp_path)
    digests_of(tmp_path)
    assert not (tmp_path / ".provision").exists()
