"""Reads files below a project's root, and decides which of them may be read."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from provisioner.core.files.opening import UnfitFile, open_beneath, read_limited
from provisioner.core.text.composition import to_nfc, to_nfkc

FORBIDDEN = frozenset({".git", ".provision"})
#: Why a path may not be read, and what to do.
REFUSALS = {
    "outside": "leaves the root; move the file inside, or set `root:`",
    "outside by a link": "is a link to a file outside the root; copy the file inside",
    "forbidden": "may not be read: `.git`, `.env*` and `.provision` hold secrets; move the file elsewhere",
    "state": "lies in the state's folder, which manifests may not read; move the file elsewhere",
    "name": "has a name that is not UTF-8, which cannot be an address; rename the file",
}
#: The contents that files would have, by absolute path.
_PROPOSED: ContextVar[Mapping[Path, bytes]] = ContextVar("proposed", default=MappingProxyType({}))


class Root(Struct, frozen=True):
    """The project's root: the folder below which files may be read. `path` is absolute and without links.

    `closed` are folders below the root that are never read, such as the folder of the state.
    """

    path: Path
    closed: tuple[Path, ...] = ()

    def refusal(self, path: Path, real: Path | None = None) -> str | None:
        """Returns the reason why `path`, or the target of a link at `path`, may not be read. Returns None if `path` may
        be read.

        The reason is a key of REFUSALS, which maps each reason to its message. `real` is `path` with all links
        resolved, if the caller knows it.
        """
        if not _is_below(path, self.path):
            return "outside"
        if not is_text("/".join(path.parts[len(self.path.parts) :])):
            return "name"
        real = real or Path(os.path.realpath(path))
        if not _is_below(real, self.path):
            return "outside by a link"
        return self._closed(path) or (self._closed(real) if real != path else None)

    def open(self, path: Path) -> int:
        """Returns a descriptor to read the regular file at `path`. Links are followed if they stay inside the root.

        First the links are resolved. Then the resolved path is checked, and opened without following any link.
        Therefore a link that is created in the meantime causes an error. Raises UnfitFile if the file may not be read
        or is not a regular file, and OSError if opening fails.
        """
        real = Path(os.path.realpath(path))
        refused = self.refusal(path, real) or (self.refusal(real, real) if real != path else None)
        if refused is not None:
            raise UnfitFile(REFUSALS[refused], path)
        if real.is_symlink():  # A link that leads to itself cannot be resolved.
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        return open_beneath(self.path, real.relative_to(self.path).parts)

    def read(self, path: Path, limit: int) -> bytes:
        """Returns the content of the file at `path`. Inside a `with` block of `proposing`, returns the content that is
        proposed for this path, if there is one.

        Raises UnfitFile if the content has more than `limit` bytes or may not be read, and OSError if reading fails.
        """
        if (proposed := _PROPOSED.get().get(path)) is not None and len(proposed) <= limit:
            return proposed
        return read_limited(self.open(path), limit, path)

    def _closed(self, path: Path) -> str | None:
        if any(map(is_forbidden, path.parts[len(self.path.parts) :])):
            return "forbidden"
        return "state" if any(_is_below(path, folder) for folder in self.closed) else None


def _is_below(path: Path, folder: Path) -> bool:
    """Returns whether `path` is `folder` or a path below `folder`. This function is faster than
    `Path.is_relative_to`.
    """
    return path.parts[: len(folder.parts)] == folder.parts


@contextmanager
def proposing(contents: Mapping[Path, bytes]) -> Iterator[None]:
    """Replaces the contents of files for `Root.read` inside a `with` block, so that manifests can be tried before they
    are written. `contents` maps absolute paths to the proposed contents.
    """
    token = _PROPOSED.set(contents)
    try:
        yield
    finally:
        _PROPOSED.reset(token)


def is_forbidden(name: str) -> bool:
    """Returns whether a file or folder named `name` usually contains secrets. Such a file or folder is never read.

    Differences that some file systems ignore are ignored: case, Unicode normalisation, invisible characters, and dots
    or spaces at the end.
    """
    # Such a name begins with a dot, except if other characters are normalised to a dot, or are invisible.
    return (name.startswith(".") or not name.isascii()) and _is_forbidden(name)


@lru_cache(maxsize=65_536)
def _is_forbidden(name: str) -> bool:
    visible = "".join(c for c in to_nfkc(name) if unicodedata.category(c) != "Cf").casefold()
    return visible.rstrip(". ") in FORBIDDEN or visible.startswith(".env")


def is_usual(name: str) -> bool:
    """Returns whether the name of a file permits reading it. The result is False for `.`, `..`, a name that usually
    contains secrets, and a name that is not UTF-8. The folder of the file, and links, must be checked separately.
    """
    return name not in ("", ".", "..") and (name.isascii() or is_text(name)) and not is_forbidden(name)


def is_text(name: str) -> bool:
    """Returns whether a file's name, as the operating system returned it, is valid UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def names_below(root: Path, paths: Sequence[str]) -> list[str]:
    """Returns the absolute paths `paths` in the form that addresses and attributes use: relative to the folder `root`,
    with `/`, in NFC. Raises ValueError if a path is not below `root`.
    """
    beginning = os.path.join(root, "")
    if all(map(str.isascii, paths)) and all(path.startswith(beginning) for path in paths):
        return [path[len(beginning) :] for path in paths]
    # `relative_to` takes many times as long, so it only handles what is not written in the usual way.
    below = (path[len(beginning) :] if path.startswith(beginning) else Path(path).relative_to(root) for path in paths)
    return [to_nfc(str(path)) for path in below]


def spell(path: object) -> str:
    """Returns a path for display. Characters that are not printable, and bytes that are not UTF-8, are escaped."""
    text = str(path)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
