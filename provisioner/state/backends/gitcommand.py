"""Runs git in a bare clone that only provision uses. Git itself asks no question at the terminal, and runs no program
that a manifest names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from provisioner.core.childprocess import Needs, TimeLimitExceeded, run, select_environment
from provisioner.core.errors import StateError
from provisioner.state.backends.gitremote import GitRemote

#: The transports that are allowed, for a remote on this machine and for other remotes. The transport `ext::`, which
#: runs a command, is not among them.
LOCAL_TRANSPORTS, TRANSPORTS = "file", "git:http:https:ssh"
#: The git commands that contact the remote. They get the user's credentials and configuration; other commands get
#: neither.
REMOTE_COMMANDS = ("fetch", "ls-remote", "push")
#: Options with which git runs no program that a configuration names, and starts no maintenance in the background.
SETTINGS = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.bareRepository=explicit"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false"),
)
FLAGS = ("--no-pager", "--no-optional-locks", "--no-replace-objects")
#: Options for a remote that is a checkout on this machine. With them, git does not run the hooks of the checkout, which
#: may be tracked files.
SERVING = "git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=true"
#: The variables that name the user's git configuration, which says which repositories are trusted (`safe.directory`).
CONFIGURATION = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME"})
LOCAL = Needs(CONFIGURATION)
#: Variables that SSH, TLS, proxies and credential helpers need.
NETWORK = Needs(
    CONFIGURATION
    | {"GIT_ASKPASS", "GIT_CONFIG_COUNT", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "GIT_SSH", "GIT_SSH_COMMAND"}
    | {"GIT_SSH_VARIANT", "SSH_AGENT_PID", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_AUTH_SOCK", "SSL_CERT_DIR"}
    | {"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "http_proxy", "https_proxy", "no_proxy"}
    | {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}
    | {"GNUPGHOME", "GPG_TTY", "KRB5CCNAME", "KRB5_CONFIG", "PASSWORD_STORE_DIR"},
    ("GCM_", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_HTTP_", "GIT_SSL_", "XDG_"),
)
#: Variables from which credential helpers of git hosts (`gh auth git-credential`) take a token over HTTPS.
HTTPS = Needs(NETWORK.names | {"CI_JOB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN"}, NETWORK.prefixes)
#: The time limit of one git command, in seconds.
TIMEOUT = 60.0


class GitResult(Struct, frozen=True):
    """The result of a git command: its exit code, its standard output and its standard error."""

    code: int
    out: bytes
    err: bytes

    @property
    def output(self) -> str:
        """The standard output and the standard error of the command together, for a message."""
        return (self.out + self.err).decode(errors="replace")


class GitCommand:
    """A clone of the git repository `remote` in `folder`, in which git commands can be run. `place` is the name of the
    remote in messages. `timeout` is the longest time of one command, in seconds.
    """

    def __init__(self, folder: Path, remote: GitRemote, place: str, timeout: float = TIMEOUT) -> None:
        self.folder = folder
        self.remote = remote
        self.place = place
        self.timeout = timeout

    def run(self, *words: str, stdin: bytes = b"") -> GitResult:
        """Runs the git command `words` with the input `stdin`, and waits until the command ends. Raises StateError if
        the command does not end in time, or if git is not installed.
        """
        environment = self.environment(words[0], os.environ)
        allowed = "always" if self.remote.folder else "never"
        command = ["git", *FLAGS, *SETTINGS, "-c", f"protocol.file.allow={allowed}", words[0], *self._serving(words[0])]
        try:
            # Relative paths in the user's settings are looked up in the clone, not in a folder of the manifests.
            ended = run([*command, *words[1:]], environment, timeout=self.timeout, stdin=stdin, folder=self.folder)
        except FileNotFoundError as error:
            raise StateError("git is not installed", hint="install it, or use another `state:`") from error
        except TimeLimitExceeded as error:
            reason = f"{self.place} cannot be used: `git {words[0]}` did not end within {self.timeout:g} s"
            raise StateError(reason, hint="check the remote and the network, then try again") from error
        return GitResult(ended.code, ended.output, ended.error)

    def environment(self, command: str, process: Mapping[str, str]) -> dict[str, str]:
        """Returns the environment variables for the git command `command`. They are the basic variables of `process`,
        such as PATH, and variables that make git use this clone and ask no question at the terminal. Commands that
        contact the remote also get the variables in `process` with the user's credentials and configuration, as far as
        they need them.
        """
        ours = {
            "GIT_DIR": str(self.folder),
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": LOCAL_TRANSPORTS if self.remote.folder else TRANSPORTS,
            # The messages are parsed here, so they must be in one language.
            "LC_ALL": "C",
            "LANGUAGE": "C",
        }
        if command not in REMOTE_COMMANDS:
            alone = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
            return select_environment(process, Needs(), **ours, **alone)
        https = self.remote.address.startswith("https://")
        needs = LOCAL if self.remote.folder else HTTPS if https else NETWORK
        return select_environment(process, needs, **ours)

    def _serving(self, command: str) -> tuple[str, ...]:
        if not self.remote.is_worktree or command not in REMOTE_COMMANDS:
            return ()
        if command == "push":
            return (f"--receive-pack={SERVING} receive-pack",)
        return (f"--upload-pack={SERVING} upload-pack",)
