"""Parses the git remote in `git:REMOTE#BRANCH`. The remote is a URL on another host, or the path of a local repository.

Git decodes percent signs in a URL before it opens the path, takes `file://HOST/PATH` for `//HOST/PATH`, expands `~` and
tries `PATH/.git` and `PATH.git` too (connect.c and path.c of git). This module checks the path that git would open. For
a local repository, git gets the absolute path without symbolic links, and not the text of the manifest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from provisioner.core.endpoint import LOOPBACK
from provisioner.core.errors import UsageError
from provisioner.state.backends.urls import is_open, read_git_host

FILE_URL = "file://"
#: Suffixes that git tries for a path, in this order.
TRIED = ("/.git", "", ".git/.git", ".git")
#: Control characters, and surrogates, with which Python represents bytes that are not text.
UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
HINT = "use a bare repository that lies elsewhere, or a remote on a server"


class GitRemote(Struct, frozen=True):
    """A git remote. `address` is the text that is passed to git. `folder` is the real path of a local repository, or
    None for a remote on another host.
    """

    address: str
    folder: Path | None = None

    @property
    def is_worktree(self) -> bool:
        """Whether the remote is a checkout. The hooks of a checkout may be files that are tracked in git, so a pull
        request could change them.
        """
        return self.folder is not None and os.path.lexists(self.folder / ".git")


def read_git_remote(remote: str) -> GitRemote:
    """Returns the git remote that the text `remote` names.

    Raises UsageError if another program could understand the text differently, if git would run a program because of
    the text, or if the connection to another host is not encrypted. Also raises UsageError if the repository is inside
    a checkout, because its hooks and settings may have come with a pull request.
    """
    if not remote or remote.startswith("-") or "::" in remote or UNFIT.search(remote):
        raise UsageError("`state:` is no git remote", hint="write git:REMOTE#BRANCH; helpers (`ext::…`) are not run")
    if re.match(r"file:(?!//)", remote, re.IGNORECASE):
        raise UsageError("the git remote of `state:` has too few slashes", hint="write git:file:///PATH#BRANCH")
    host = read_git_host(remote)
    if host is None:
        folder = _real_path(remote)
        check_outside_checkouts(folder)
        return GitRemote(str(folder), folder)
    if host not in LOOPBACK and is_open(remote):
        raise UsageError("the git remote of `state:` is not encrypted", hint="write git:https://… or git:ssh://…")
    if any(byte < 0x20 or byte == 0x7F for byte in unquote_to_bytes(remote)):
        raise UsageError(
            "the git remote of `state:` holds an encoded control character", hint="write the URL without it"
        )
    return GitRemote(remote)


def check_outside_checkouts(folder: Path) -> None:
    """Raises UsageError if the repository `folder` is inside any checkout, or if it belongs to the checkout that
    contains the working folder.
    """
    for place in _places(folder):
        for above in place.parents:
            if os.path.lexists(above / ".git"):
                raise _refuse(f"inside the checkout {above}")
    check_outside_root(folder, Path.cwd(), inside=False)


def check_outside_root(folder: Path, root: Path, *, inside: bool = True) -> None:
    """Raises UsageError if the repository `folder` is inside `root` (the root of the project), or if it belongs to the
    checkout that contains `root`.

    The first condition is needed, because a root that was unpacked from an archive contains no `.git`. If `inside` is
    False, only the second condition is checked.
    """
    if inside and any(_is_within(place, root) for place in _places(folder)):
        raise _refuse(f"inside the project's root {root}")
    if os.path.lexists(folder / ".git") and _is_within(root, folder):
        raise _refuse(f"in the checkout {folder} of the project itself")


def _places(folder: Path) -> Iterator[Path]:
    """Yields the real path of each repository that git may open if its remote is the path `folder`: `folder` itself
    and, if they exist, paths such as `folder.git`. For `folder/.git`, `folder` is yielded. Raises UsageError if such a
    path is a file.
    """
    for ending in TRIED:
        # For `/.git`, the folder itself is checked: a checkout elsewhere belongs to its owner.
        place = _without_links(f"{folder}{ending}") if ending else folder
        if not os.path.lexists(place) and ending:
            continue
        if place.is_file():
            raise UsageError("the git remote of `state:` is a file, not a repository", hint=HINT)
        yield folder if place == folder / ".git" else place


def _real_path(remote: str) -> Path:
    """Returns the absolute path that git would open for `remote`, without symbolic links, `.` and `..`. Raises
    UsageError if the path contains a character that is not allowed.
    """
    named = remote
    if remote.startswith(FILE_URL):
        path = os.fsdecode(unquote_to_bytes(remote.removeprefix(FILE_URL)))
        named = path if path.startswith("/") else f"/{path}"
    if UNFIT.search(named):
        raise UsageError(
            "the git remote of `state:` contains a character that is not allowed in a path here", hint=HINT
        )
    if named.startswith("~"):
        named = os.path.expanduser(named)
    return _without_links(named)


def _without_links(path: str) -> Path:
    """Returns the real path of `path`, without symbolic links. It begins with exactly one slash, because two slashes
    have another meaning in POSIX.
    """
    real = os.path.realpath(path)
    return Path("/" + real.lstrip("/")) if real.startswith("/") else Path(real)


def _is_within(inner: Path, outer: Path) -> bool:
    """Returns whether `inner` is `outer` or a folder below `outer`. The folders themselves are compared, not their
    names, because one folder may have names that differ in case.
    """
    try:
        wanted = outer.stat()
    except OSError:
        return False
    for folder in (inner, *inner.parents):
        try:
            if os.path.samestat(folder.stat(), wanted):
                return True
        except OSError:
            continue
    return False


def _refuse(where: str) -> UsageError:
    return UsageError(f"the git remote of `state:` lies {where}, and could contain hooks", hint=HINT)
