"""Implements the store `git:REMOTE#BRANCH`: a git branch that contains only states. Each write is a commit. A push that
is not a fast-forward fails, so no write of another process is lost.

The store is for teams that have no other storage than their repository. All data are transferred by git itself, and no
files are checked out.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from provisioner.core.errors import LostRace, StateError, UsageError
from provisioner.core.text.redaction import redact
from provisioner.state.backends.blob_store import Blob
from provisioner.state.backends.fair_lock import FairLock
from provisioner.state.backends.gitcommand import TIMEOUT, GitCommand
from provisioner.state.backends.gitremote import read_git_remote
from provisioner.state.backends.url_display import hide_credentials, without_credentials

BRANCH = "provision-state"
BRANCHES = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
#: The most attempts of a push that fails because other environments have written to the branch.
PUSHES = 20
#: The longest waits before the second attempt of such a push, and before any attempt, in seconds. A server that packs
#: its references refuses all pushes for a moment, and processes that push at the same time must not collide again.
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0
#: The file names on a branch of states.
OURS = re.compile(
    r"[a-z0-9][a-z0-9_-]*/"
    r"(state\.json|lock|journal(\.[0-9a-f]+)?|history/[0-9]+\.json|releases/(index|[0-9a-f]{64})\.json)"
)
#: Parts of git's messages for a push that failed because another push was first. If the remote refuses a push for
#: another reason, the message contains none of them.
FASTER = ("[rejected]", "stale info", "fetch first", "cannot lock ref", "incorrect old value", "already exists")


class GitStore:
    """A store of blobs in one branch of one git remote. The store uses a bare clone in a temporary folder. Several
    threads can use one store at the same time.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        """Makes the temporary clone. `url` is `git:REMOTE#BRANCH`; `timeout` is the longest time of one git command, in
        seconds. Raises UsageError if the URL is not valid or not allowed, and StateError if git cannot be run.
        """
        remote, _, branch = url.removeprefix("git:").partition("#")
        branch = branch or BRANCH
        if not BRANCHES.fullmatch(branch):
            raise UsageError("`state:` names no git branch", hint="write git:REMOTE#BRANCH")
        opened = read_git_remote(remote)
        # `remote` is for people, `_address` is for git.
        self.remote, self.branch, self._address = remote, branch, opened.address
        self._turns = FairLock()
        self._tip: str | None = None
        self._rejection = ""
        self._tree: dict[str, str] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="provision-git-")
        self._command = GitCommand(Path(self._folder.name), opened, self.describe(), timeout)
        try:
            self._git("init", "--quiet", "--bare", "--template=")
        except BaseException:
            self.close()
            raise

    def describe(self) -> str:
        """Returns the location of the store for messages: the remote, without credentials, and the branch."""
        return f"git:{without_credentials(self.remote)}#{self.branch}"

    def get(self, name: str) -> Blob | None:
        """Returns the blob `name` as it is now on the branch of the remote. Returns None if the blob does not exist."""
        with self._turns:
            version = self._fetch().get(name)
            return None if version is None else Blob(self._git("cat-file", "blob", version), version)

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Writes `data` to the blob `name` in a commit, pushes the commit, and returns the blob's new version. Raises
        LostRace if the version of the blob is no longer `expect`, and StateError if git fails.
        """
        with self._turns:
            return self._commit(name, data, expect)

    def delete(self, name: str) -> None:
        """Deletes the blob `name` in a commit and pushes the commit. Does nothing if the blob does not exist."""
        with self._turns:
            current = self._fetch().get(name)
            if current is not None:
                self._commit(name, None, current)

    def put_all(self, blobs: Mapping[str, bytes]) -> None:
        """Writes several blobs in one commit, without comparing their versions, and pushes the commit."""
        with self._turns:
            self._commit_all(dict(blobs))

    def delete_all(self, names: Sequence[str]) -> None:
        """Deletes the blobs with the names `names` in one commit, without comparing their versions, and pushes the
        commit.
        """
        with self._turns:
            there = self._fetch()
            self._commit_all({name: None for name in names if name in there})

    def names(self, prefix: str) -> list[str]:
        """Returns the sorted names of the blobs on the branch whose names begin with `prefix`."""
        with self._turns:
            return sorted(name for name in self._fetch() if name.startswith(prefix))

    def close(self) -> None:
        """Removes the temporary clone."""
        self._folder.cleanup()

    def _commit(self, name: str, data: bytes | None, expect: str | None) -> str:
        """Writes the blob `name` in a commit and pushes the commit. Repeats both until a push succeeds, at most PUSHES
        times. Returns the new id of the blob. If `data` is None, deletes the blob.

        Raises StateError if no push succeeds. Raises LostRace if the version of the blob is no longer `expect`. The
        first attempt is based on the last known commit of the branch. If no other commit was pushed since then, one
        push is enough.
        """
        for _ in _attempts():
            if self._tree.get(name) != expect and self._fetch().get(name) != expect:
                raise LostRace(f"somebody else has written {name} in {self.describe()}")
            versions = self._try_commit({name: data})
            if versions is not None:
                return versions.get(name, "")
        raise self._crowded()

    def _commit_all(self, changes: Mapping[str, bytes | None]) -> None:
        """Writes or deletes several blobs in one commit and pushes it. Repeats both until a push succeeds, at most
        PUSHES times. `changes` maps names to new bytes (None: deletes the blob).
        """
        if not changes:
            return
        for _ in _attempts():
            if self._tip is None:
                self._fetch()
            if self._try_commit(changes) is not None:
                return
        raise self._crowded()

    def _try_commit(self, changes: Mapping[str, bytes | None]) -> dict[str, str] | None:
        """Writes a commit with the blobs in `changes` (None: deletes the blob), and pushes it. Returns the new id of
        each written blob, keyed by name. If another commit was pushed to the branch first, fetches the branch and
        returns None.
        """
        commit, versions = self._write_commit(changes)
        if not self._push(commit):
            self._fetch()
            return None
        self._tip = commit
        self._tree = {key: value for key, value in self._tree.items() if key not in changes} | versions
        return versions

    def _crowded(self) -> StateError:
        return StateError(
            f"{self.describe()} is written by others all the time",
            hint=f"try again later; git says: {self._reason(self._rejection)}",
        )

    def _write_commit(self, changes: Mapping[str, bytes | None]) -> tuple[str, dict[str, str]]:
        """Creates a commit whose parent is the last known commit. The commit writes the blobs in `changes` (None:
        deletes the blob). Returns the id of the commit, and the ids of the written blobs, keyed by name. Only one git
        process is started.
        """
        # A unique text makes the commit unique, even if the same content is written twice within a second.
        own = uuid.uuid4().hex
        written = {name: data for name, data in changes.items() if data is not None}
        marks = {name: b":%d" % mark for mark, name in enumerate(written, 2)}
        text = f"{_describe(changes)}\n\n{own}\n".encode()
        parts = [b"blob\nmark %b\ndata %d\n%b\n" % (marks[name], len(data), data) for name, data in written.items()]
        parts += [
            b"commit refs/provision/%b\nmark :1\n" % own.encode(),
            b"committer provision <provision@localhost> %d +0000\n" % time.time(),
            b"data %d\n%b\n" % (len(text), text),
            b"from %b\n" % self._tip.encode() if self._tip else b"",
            *(b"M 100644 %b %b\n" % (mark, name.encode()) for name, mark in marks.items()),
            *(b"D %b\n" % name.encode() for name in changes if name not in marks),
            *(b"get-mark %b\n" % mark for mark in (b":1", *marks.values())),
            b"done\n",
        ]
        found = self._git("fast-import", "--quiet", "--done", stdin=b"".join(parts)).decode().split()
        return found[0], dict(zip(marks, found[1:], strict=True))

    def _push(self, commit: str) -> bool:
        """Pushes the commit with the id `commit`. Returns True if the push succeeded, and False if another commit was
        pushed to the branch first.
        """
        reference = f"refs/heads/{self.branch}"
        lease = f"--force-with-lease={reference}:{self._tip or ''}"
        answer = self._command.run(
            "push", "--quiet", "--porcelain", "--no-verify", lease, self._address, f"{commit}:{reference}"
        )
        if answer.code == 0:
            return True
        if any(word in answer.output for word in FASTER):
            self._rejection = answer.output
            return False
        raise self._refused(answer.output)

    def _fetch(self) -> dict[str, str]:
        """Fetches the branch. Returns the ids of its blobs, keyed by name. The result is empty if the branch does not
        exist.
        """
        reference = f"refs/heads/{self.branch}"
        found = self._git("ls-remote", "--", self._address, reference).decode().split()
        if not found:
            self._tip, self._tree = None, {}
        elif found[0] != self._tip:
            target = f"+{reference}:refs/provision/fetched"
            self._git(
                "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", self._address, target
            )
            tip = self._git("rev-parse", "refs/provision/fetched").decode().strip()
            self._tip, self._tree = tip, self._read_tree(tip)
        return self._tree

    def _read_tree(self, tip: str) -> dict[str, str]:
        lines = filter(None, self._git("ls-tree", "-r", "-z", tip).decode(errors="replace").split("\0"))
        tree = {name: described.split()[2] for described, _, name in (line.partition("\t") for line in lines)}
        if foreign := next((name for name in tree if not OURS.fullmatch(name)), None):
            name = redact(foreign)[:80]
            raise StateError(
                f"the branch {self.branch} of {without_credentials(self.remote)} holds `{name}`, no state",
                hint="give the states a branch that holds nothing else: git:REMOTE#provision-state",
            )
        return tree

    def _git(self, *words: str, stdin: bytes = b"") -> bytes:
        answer = self._command.run(*words, stdin=stdin)
        if answer.code != 0:
            raise self._refused(answer.output)
        return answer.out

    def _refused(self, output: str) -> StateError:
        """Returns the error for a git command that failed. `output` is the output of git."""
        return StateError(
            f"{self.describe()} cannot be used: {self._reason(output)}",
            hint="check the remote, and that `git push` to it works from here without a question",
        )

    def _reason(self, output: str) -> str:
        """Returns the line of `output`, the output of git, that says why a command failed: the message of the remote,
        git's fatal error, the rejected reference, or the first line. The line contains no credentials.
        """
        lines = [line.strip() for line in redact(output).splitlines() if line.strip()]
        named = [line for start in ("remote:", "fatal:", "!") for line in lines if line.startswith(start)]
        reason = (named or lines or ["git gave no reason"])[0]
        return hide_credentials(reason, self.remote)


def _attempts() -> Iterator[None]:
    """Yields once for each attempt of a push, at most PUSHES times. Waits before each attempt except the first: a
    random time, whose limit doubles from FIRST_WAIT to LONGEST_WAIT.
    """
    for attempt in range(PUSHES):
        if attempt:
            time.sleep(random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))))
        yield


def _describe(changes: Mapping[str, bytes | None]) -> str:
    """Returns the first line of the commit message for a commit that makes `changes`."""
    (name, data), *rest = changes.items()
    more = f" and {len(rest)} more" if rest else ""
    return f"{'Remove' if data is None else 'Write'} {name}{more}"
