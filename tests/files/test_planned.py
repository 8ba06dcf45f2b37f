"""The files of a plan are opened through the folder of the file before, and the right file is always opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.planned import open_planned


def read(path: Path) -> str:
    handle = open_planned(path)
    try:
        return os.read(handle, 100).decode()
    finally:
        os.close(handle)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    for name in ("a.md", "b.md"):
        (folder / name).write_text(name)
    assert read(folder / "a.md") == "a.md"
    return folder


def test_links_are_followed(books: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("outside")
    (books / "link.md").symlink_to(tmp_path / "outside.md")
    (tmp_path / "linked").symlink_to(books)
    assert read(books / "link.md") == "outside"
    assert read(tmp_path / "linked" / "b.md") == "b.md"


def test_another_folder_in_the_place_of_the_first_is_used(books: Path, tmp_path: Path) -> None:
    books.rename(tmp_path / "former")
    books.mkdir()
    (books / "b.md").write_text("new")
    assert read(books / "b.md") == "new"
    (books / "b.md").unlink()
    books.rmdir()
    books.symlink_to(tmp_path / "former")
    assert read(books / "b.md") == "b.md"


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda path: path.unlink(), FileNotFoundError),
        (lambda path: (path.unlink(), path.mkdir()), UnfitFile),
        (replace_by_pipe, UnfitFile),
        (lambda path: (path.unlink(), path.symlink_to("absent")), FileNotFoundError),
        (lambda path: path.parent.rename(path.parent.parent / "other"), FileNotFoundError),
    ],
    ids=["deleted", "folder", "pipe", "broken link", "folder renamed"],
)
def test_what_is_no_file_is_refused(books: Path, change: Callable[[Path], object], error: type[OSError]) -> None:
    change(books / "b.md")
    with pytest.raises(error):
        open_planned(books / "b.md")


def test_a_folder_is_opened_once_for_its_files(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    original = os.open

    def counting(path: str, *arguments: int, **options: int) -> int:
        opened.append(path)
        return original(path, *arguments, **options)

    for number in range(20):
        (books / f"{number}.md").write_text(str(number))
    monkeypatch.setattr(os, "open", counting)
    assert [read(books / f"{number}.md") for number in range(20)] == [str(number) for number in range(20)]
    assert opened == [f"{number}.md" for number in range(20)]


def test_the_folder_of_a_thread_is_closed_with_the_thread(books: Path) -> None:
    def count() -> int:
        return len(os.listdir("/dev/fd"))

    before = count()
    for _ in range(5):
        thread = Thread(target=read, args=(books / "a.md",))
        thread.start()
        thread.join()
    assert count() == before
