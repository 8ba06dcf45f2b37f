"""`git:REMOTE#BRANCH`: a branch that holds nothing but states. A commit for each write; a push that lost is refused.

For teams that have only their repository. Git's own transport is the store: nothing is checked out.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from threading import RLock

from provisioner.backends.store import Blob
from provisioner.errors import LostRace, StateError, UsageError

BRANCH = "provision-state"
AUTHOR = {"NAME": "provision", "EMAIL": "provision@localhost"}
#: Transports that run no command of a manifest's choice (`ext::` would).
TRANSPORTS = "file:git:http:https:ssh"
#: Pushes that lose to other environments' writes on the branch are repeated so often.
PUSHES = 20
TIMEOUT = 60


class GitStore:
    """One branch of one remote, through a bare clone in a temporary folder."""

    def __init__(self, url: str) -> None:
        """`url` is git:REMOTE#BRANCH. Raises UsageError."""
        remote, _, branch = url.removeprefix("git:").partition("#")
        if not remote or remote.startswith("-") or (branch or BRANCH).startswith("-"):
            raise UsageError(f"`{url}` is no git remote", hint="write git:REMOTE#BRANCH")
        self.remote, self.branch = remote, branch or BRANCH
        self._folder = tempfile.TemporaryDirectory(prefix="provision-git-")
        self._lock = RLock()
        self._git("init", "--quiet", "--bare")

    def describe(self) -> str:
        """The remote and the branch."""
        return f"git:{self.remote}#{self.branch}"

    def get(self, name: str) -> Blob | None:
        """The blob as it is on the remote now."""
        with self._lock:
            tip = self._fetch()
            version = self._tree(tip).get(name)
            return None if version is None else Blob(self._git("cat-file", "blob", version), version)

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """A commit and a push. Raises LostRace where the blob has changed, StateError."""
        with self._lock:
            version = self._git("hash-object", "-w", "--stdin", stdin=data).decode().strip()
            self._commit(name, version, expect, f"Write {name}")
            return version

    def delete(self, name: str) -> None:
        """A commit without the blob."""
        with self._lock:
            current = self._tree(self._fetch()).get(name)
            if current is not None:
                self._commit(name, None, current, f"Remove {name}")

    def names(self, prefix: str) -> list[str]:
        """The names on the branch that begin with `prefix`, sorted."""
        with self._lock:
            return sorted(name for name in self._tree(self._fetch()) if name.startswith(prefix))

    def close(self) -> None:
        """Removes the clone."""
        self._folder.cleanup()

    def _commit(self, name: str, version: str | None, expect: str | None, message: str) -> None:
        """Pushes until it is through, or the blob is no longer what was expected."""
        for _ in range(PUSHES):
            tip = self._fetch()
            tree = self._tree(tip)
            if tree.get(name) != expect:
                raise LostRace(f"somebody else has written {name} in {self.describe()}")
            changed = {key: value for key, value in tree.items() if key != name}
            if version is not None:
                changed[name] = version
            parents = ("-p", tip) if tip else ()
            commit = self._git("commit-tree", self._write_tree(changed), *parents, "-m", message).decode().strip()
            if self._push(commit, tip):
                return
        raise StateError(f"{self.describe()} is written by others all the time; try again later")

    def _push(self, commit: str, tip: str | None) -> bool:
        """Whether the push was a fast-forward from `tip`."""
        reference = f"refs/heads/{self.branch}"
        lease = f"--force-with-lease={reference}:{tip or ''}"
        answer = self._run("push", "--quiet", "--porcelain", lease, self.remote, f"{commit}:{reference}")
        if answer.returncode == 0:
            return True
        told = (answer.stdout + answer.stderr).decode(errors="replace")
        if any(word in told for word in ("rejected", "stale info", "fetch first", "cannot lock ref", "already exists")):
            return False
        raise self._refused(told)

    def _fetch(self) -> str | None:
        """The branch's commit on the remote, or None where there is no such branch."""
        reference = f"refs/heads/{self.branch}"
        found = self._git("ls-remote", self.remote, reference).decode().split()
        if not found:
            return None
        if self._run("cat-file", "-e", f"{found[0]}^{{tree}}").returncode != 0:
            self._git("fetch", "--quiet", "--depth=1", "--no-tags", self.remote, found[0])
        return found[0]

    def _tree(self, tip: str | None) -> dict[str, str]:
        """Names with the ids of their blobs."""
        if tip is None:
            return {}
        lines = self._git("ls-tree", "-r", "-z", tip).decode().split("\0")
        pairs = (line.partition("\t") for line in lines if line)
        return {name: described.split()[2] for described, _, name in pairs}

    def _write_tree(self, blobs: dict[str, str]) -> str:
        index = os.path.join(self._folder.name, "index")
        lines = "".join(f"100644 {version}\t{name}\0" for name, version in sorted(blobs.items()))
        self._git("read-tree", "--empty", index=index)
        self._git("update-index", "-z", "--index-info", stdin=lines.encode(), index=index)
        return self._git("write-tree", index=index).decode().strip()

    def _git(self, *words: str, stdin: bytes | None = None, index: str | None = None) -> bytes:
        answer = self._run(*words, stdin=stdin, index=index)
        if answer.returncode != 0:
            raise self._refused((answer.stderr or answer.stdout).decode(errors="replace"))
        return answer.stdout

    def _run(
        self, *words: str, stdin: bytes | None = None, index: str | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {
            **os.environ,
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in AUTHOR.items()},
            "GIT_DIR": self._folder.name,
            "GIT_ALLOW_PROTOCOL": TRANSPORTS,
            "GIT_TERMINAL_PROMPT": "0",
            **({"GIT_INDEX_FILE": index} if index else {}),
        }
        try:
            return subprocess.run(
                ["git", *words], input=stdin, capture_output=True, env=environment, timeout=TIMEOUT, check=False
            )
        except FileNotFoundError as error:
            raise StateError("git is not installed", hint="install it, or use another `state:`") from error
        except subprocess.TimeoutExpired as error:
            raise StateError(f"{self.describe()} did not answer within {TIMEOUT} s") from error

    def _refused(self, told: str) -> StateError:
        lines = [line for line in told.strip().splitlines() if line.strip()]
        reason = lines[-1] if lines else "git gave no reason"
        return StateError(
            f"{self.describe()} cannot be used: {reason}",
            hint="check the remote, and that `git push` to it works from here without a question",
        )
