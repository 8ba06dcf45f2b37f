"""Collects every file to which the manifests refer, with one entry for each path and purpose. If several includes of a
folder declare a file, each of them has its own entry. Each file is hashed once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.files.folder_files import FolderFiles
from provisioner.core.files.limits import UPLOAD_BYTES
from provisioner.core.files.opening import SpecialFile, UnfitFile
from provisioner.core.objecttype import FILE
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import Declaration
from provisioner.manifest.files.digest_cache import DigestCache, key_of
from provisioner.manifest.files.project_files import Tree
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.nearest import advise

CHUNK = 1024 * 1024
LARGEST = UPLOAD_BYTES
LFS = b"version https://git-lfs.github.com/spec/"
PURPOSE = "assistants"
#: The number of files that one task of a thread hashes. One task for each file would take longer than hashing does.
TASK_FILES = 64
THREADS = 4
#: A function that is called for each hashed file, from several threads. Its arguments are the file's path, its first
#: CHUNK bytes, and whether these bytes are the whole file.
Look = Callable[[Path, bytes, bool], None]


class Entry(Struct):
    """A file to upload. `file` is its absolute path, and `name` is its path relative to the root, in NFC. `filename` is
    the name of the file without its folder, in NFC, which OpenAI and citations display. `Library.read` sets the digest
    `sha256` and the size `bytes`. If the file cannot be read, both fields keep their default values.
    """

    address: Address
    file: str
    name: str
    filename: str
    purpose: str
    written: Written
    declaration: Declaration | None = None
    sha256: str = ""
    bytes: int = 0

    @property
    def path(self) -> Path:
        """The absolute path of the file."""
        return Path(self.file)

    @property
    def suffix(self) -> str:
        """The extension of the file without the dot, in lowercase."""
        # This is `Path.suffix`, which takes ten times as long. A vector store may have thousands of files.
        _, dot, extension = self.filename.rpartition(".")
        return extension.lower() if dot and len(extension) + 1 < len(self.filename) else ""

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of the file's resource: digest, size in bytes, name and purpose, and the expiry if the manifest
        sets one.
        """
        inputs: dict[str, Any] = {
            "sha256": self.sha256, "bytes": self.bytes, "filename": self.filename, "purpose": self.purpose,
        }  # fmt: skip
        expiry = self.declaration.written.get("expires_after") if self.declaration else None
        if expiry:
            inputs["expires_after"] = {"anchor": "created_at", **expiry.value}
        return inputs


class Library(Struct):
    """The files to upload, in `entries`, keyed by address. Declared files must be added first. A path to a declared
    file then leads to the entry of the declared file.

    `look` is a function that is called with the beginning of every file while the file is hashed, so that no file is
    read a second time. Without `look`, files that did not change since their digests were added to `digests` are not
    read.
    """

    tree: Tree
    report: Report
    look: Look | None = None
    digests: DigestCache | None = None
    entries: dict[Address, Entry] = field(default_factory=dict)
    _by_path: dict[str, Entry] = field(default_factory=dict)
    _declared: dict[str, Entry | None] = field(default_factory=dict)
    _used: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def declare(self, declaration: Declaration) -> None:
        """Adds an entry for a file that a manifest declares under `files:`. Reports an error if the file does not
        exist, or if it is declared already.
        """
        self._declared[declaration.name] = None
        written = declaration.written.get("path") if declaration.written.value else None
        path = self.tree.one(written, declaration.address) if written else None
        if written is None or path is None:
            return
        purpose = declaration.written.get("purpose")
        name = self.tree.name(path)
        own_purpose = purpose.value if purpose else PURPOSE
        entry = Entry(declaration.address, str(path), name, name_of(name), own_purpose, written, declaration)
        self._declared[declaration.name] = entry
        other = self._used.setdefault((entry.file, entry.purpose), entry)
        # Each include of a folder makes its own upload of a file that the folder declares.
        is_own = declaration.written.document.prefix != other.written.document.prefix
        if other is not entry and not (is_own and other.written.place == written.place):
            message = f"`{written.value}` is already declared as `{other.address}`; use that name, and remove this one"
            self.report.error(written, message, declaration.address)
            return
        self.entries[entry.address] = entry
        if entry.file not in self._by_path or entry.purpose == PURPOSE:
            self._by_path[entry.file] = entry

    def named(self, written: Written, address: object) -> Entry | None:
        """Returns the entry of the declared file that `written` names. If the name is not declared, reports an error
        and returns None. Also returns None if the declaration has an error. `address` is the address of the resource
        that contains `written`.
        """
        name = to_nfc(written.value)
        if name not in self._declared:
            self.report.error(written, self._unknown(name), address)
            return None
        return self._declared[name]

    def entries_at(self, paths: Sequence[str], written: Written) -> list[Entry]:
        """Returns the entries of the files at the absolute paths `paths`, in the same order. Files that have no entry
        yet get one. `written` is the value in a manifest that names the files.
        """
        known, kind = self._by_path, FILE.kind.name
        new = [path for path in dict.fromkeys(paths) if path not in known]
        for path, name in zip(new, self.tree.names(new), strict=True):
            entry = Entry(Address(kind, name), path, name, name_of(name), PURPOSE, written)
            known[path] = entry
            twin = self.entries.setdefault(entry.address, entry)
            if twin is not entry:
                self._report_twins(twin.path, Path(path), written)
        return [known[path] for path in paths]

    def read(self) -> None:
        """Hashes all files to upload, each path once, and stores the digests in their entries. Reports the files that
        cannot be uploaded.
        """
        first: dict[str, Entry] = {}
        for entry in self.entries.values():
            first.setdefault(entry.file, entry)
        results = self._digest_all(first)
        for entry in self.entries.values():
            result = results[entry.file]
            if isinstance(result, str):
                if entry is first[entry.file]:
                    self.report.error(entry.written, f"`{self.tree.name(entry.file)}` {result}", entry.address)
            else:
                entry.sha256, entry.bytes = result

    def _digest_all(self, paths: Iterable[str]) -> dict[str, tuple[str, int] | str]:
        """Returns the digest and the size in bytes of each file, or a text that says why the file cannot be used. Files
        in one folder are opened through that folder. If there are many files whose digests are not known, they are read
        in several threads.
        """
        folders: dict[str, list[str]] = {}
        for path in paths:
            folder, _, _ = path.rpartition("/")
            folders.setdefault(folder, []).append(path)
        results: dict[str, tuple[str, int] | str] = {}
        if self.digests and self.look is None:
            for folder, inner in folders.items():
                results.update(self._find_known(folder, inner))
        tasks = []
        for folder, inner in folders.items():
            unknown = [path for path in inner if path not in results] if results else inner
            tasks += [(folder, unknown[begin : begin + TASK_FILES]) for begin in range(0, len(unknown), TASK_FILES)]
        if len(tasks) < 2:  # A pool costs more than a few small files.
            results.update(chain.from_iterable(map(self._digest_folder, tasks)))
        else:
            # Imported here, because most runs hash few files.
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(THREADS) as pool:
                results.update(chain.from_iterable(pool.map(self._digest_folder, tasks)))
        return results

    def _digest_folder(self, task: tuple[str, list[str]]) -> list[tuple[str, tuple[str, int] | str]]:
        """Returns each path in `task` with the digest and the size in bytes of the file, or with a text that says why
        the file cannot be used. `task` is a pair: a folder, and the paths of files in this folder.
        """
        look, known = self.look, self.digests
        with FolderFiles(self.tree.selection.root, Path(task[0] or "/")) as files:
            return [(path, digest_file(self.tree, Path(path), look, digests=known, files=files)) for path in task[1]]

    def _find_known(self, folder: str, paths: Iterable[str]) -> Iterator[tuple[str, tuple[str, int]]]:
        """Yields (path, (digest, size in bytes)) for each file in `folder` whose digest is known. `paths` are the files
        in `folder` that are needed.
        """
        digests, beginning = self.digests, key_of(Path(f"{folder}/x"), self.tree.root)[:-1]
        if digests is None:
            return
        names = [path[len(folder) + 1 :] for path in paths]
        with FolderFiles(self.tree.selection.root, Path(folder or "/")) as files:
            found = files.stat(name for name in names if beginning + name in digests)
            for name, digest, size in digests.find_all(beginning, found):
                if 0 < size <= LARGEST:
                    yield f"{folder}/{name}", (digest, size)

    def _report_twins(self, first: Path, second: Path, written: Written) -> None:
        """Reports two paths, `first` and `second`, that look the same because they differ only in their Unicode
        normalisation. The message shows their non-ASCII characters as escapes. The error is at `written`.
        """
        names = [ascii(path.relative_to(self.tree.root).as_posix()).strip("'\"") for path in (first, second)]
        message = f"`{names[0]}` and `{names[1]}` differ only in how their characters are composed; rename one"
        self.report.error(written, message)

    def _unknown(self, name: str) -> str:
        advice = advise(name, self._declared, "declare it under `files:`, or write `{path: …}`")
        return f"no file is declared as `{name}`; {advice}"


def name_of(path: str) -> str:
    """Returns the name of the file at `path` without its folder. `path` is relative to the root."""
    return path.rpartition("/")[2]


def _unfit(found: os.stat_result) -> str | None:
    if found.st_size == 0:
        return "is empty, and OpenAI refuses empty files; fill it or remove it here"
    if found.st_size > LARGEST:
        return f"has {found.st_size / 1024**2:,.0f} MB; at most 8 GB can be uploaded, split it"
    return None


def digest_file(
    tree: Tree,
    path: Path,
    look: Look | None,
    unfit: Callable[[os.stat_result], str | None] = _unfit,
    *,
    digests: DigestCache | None = None,
    files: FolderFiles | None = None,
) -> tuple[str, int] | str:
    """Returns the SHA-256 of a file in hexadecimal digits, and the size of the file in bytes. If the file cannot be
    used, returns a text that says what is wrong and what to do.

    `look` is a function that is called with the beginning of the file, or None. `unfit` is a function that gets the
    result of `os.stat`. It returns the problem with the size of the file, or None. Without `look`, the file is not read
    if `digests` contains its digest and the file did not change. A new digest is added to `digests`. `files` are the
    files of the folder that contains the file, if the caller has opened the folder.
    """
    try:
        handle = files.open(path.name) if files else tree.open(path)
        try:
            before = os.fstat(handle)
            if problem := unfit(before):
                return problem
            name = key_of(path, tree.root) if digests is not None else ""
            if digests and look is None and (known := digests.find(name, before)):
                return known, before.st_size
            digest = hashlib.sha256()
            first, size = True, 0
            while size <= LARGEST and (chunk := os.read(handle, CHUNK)):
                if before.st_size < 1024 and chunk.startswith(LFS):
                    return "is a Git LFS pointer, not the file itself; run `git lfs pull`"
                if first and look is not None:
                    look(path, chunk, before.st_size <= CHUNK)
                first, size = False, size + len(chunk)
                digest.update(chunk)
            after = os.fstat(handle)
        finally:
            os.close(handle)
    except SpecialFile:
        return "is not a regular file; name a file that has content"
    except UnfitFile as error:
        return f"cannot be read: {error.strerror}; name a regular file that lies below the root"
    except OSError as error:
        return f"cannot be read ({error.strerror}); check the file and its permissions"
    if changed(before, after):
        return "changed while it was read; run this again when it is quiet"
    if digests is not None:
        digests.add(name, before, digest.hexdigest())
    return digest.hexdigest(), after.st_size


def changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Returns whether a file was changed between two calls of `os.stat`: whether its size or its modification time
    differs.
    """
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
