"""Checks to which hosts credentials and states may be sent. Manifests can come from a fork. So a host gets no API key,
and no database password from an environment variable, if its name is only in a file and not in an environment variable.

The environment variable `PROVISION_TRUSTED_HOSTS` is for CI runners. Its value is a list, separated by commas, of
hosts, and of buckets or containers such as `s3://BUCKET`. If the variable is set, files cannot name any other hosts.
Then keys and states are sent only to the hosts, buckets and containers in the list, to OpenAI, to the local machine,
and to the host in the environment variable OPENAI_BASE_URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from provisioner.core.endpoint import LOOPBACK, OPENAI_HOST
from provisioner.core.errors import UntrustedHost, UsageError
from provisioner.state.backends.gitremote import check_outside_root, read_git_remote
from provisioner.state.backends.opening import is_remote
from provisioner.state.backends.urls import read_git_host, read_postgresql

VARIABLE = "PROVISION_TRUSTED_HOSTS"
ENTRY = re.compile(r"(?:(?:s3|gs|az)://)?[a-z0-9_:][a-z0-9_.:-]*")
#: Variables from which libpq (the library of PostgreSQL clients) takes a password for every host.
PASSWORDS = ("PGPASSWORD", "PGSERVICE")


def check_api(base_url: str, process: Mapping[str, str], *, named_by_process: bool) -> None:
    """Raises UntrustedHost if the API key would be sent without encryption, or to a host that is not trusted. Raises
    UsageError if `base_url` is not a URL.

    `process` contains the environment variables. `named_by_process` is True if `base_url` comes from an environment
    variable; then every host is accepted, also without encryption.
    """
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
    except ValueError as error:
        raise UsageError("`base_url` is no URL", hint="write https://HOST/v1") from error
    if named_by_process or host in LOOPBACK:
        return
    trusted = _trusted(process)
    if parts.scheme == "https" and (host == OPENAI_HOST or host in trusted):
        return
    if trusted and host not in trusted:
        raise _not_listed("the key", host)
    if host in trusted:
        raise UntrustedHost(f"the key would be sent to {host} in clear text", hint="write https:// in `base_url`")
    raise UntrustedHost(
        f"the key would be sent to {host}, which only a file names",
        hint=f"if you trust it, say so in the environment: OPENAI_BASE_URL={base_url}",
    )


def check_state(state: str, process: Mapping[str, str], root: Path | None = None) -> None:
    """Raises UntrustedHost if the state, or the password of its database, would be sent to a host that is not trusted.
    Without a list in `PROVISION_TRUSTED_HOSTS`, every host is trusted with the state, but not with the password. Raises
    UsageError if `state`, the location of the state, is not valid. `process` contains the environment variables.

    `root` is the root folder of the project. A git repository in this folder is refused as the location, because the
    author of the manifests may have written the content of the repository. If `root` is None, this is not checked.
    """
    if not is_remote(state):
        return
    if root is not None and state.startswith("git:"):
        remote = read_git_remote(state.removeprefix("git:").partition("#")[0])
        if remote.folder is not None:
            check_outside_root(remote.folder, root)
    trusted = _trusted(process)
    ours = {*LOOPBACK, *process.get("PGHOST", "").lower().split(",")}
    for place in places_of(state):
        if place in LOOPBACK or place in trusted:
            continue
        if trusted:
            raise _not_listed("the state", place)
        if state.startswith("postgresql:") and place not in ours and any(map(process.get, PASSWORDS)):
            raise UntrustedHost(
                f"the database's password would be sent to {place}, which only a manifest names",
                hint=f"if you trust it, set PGHOST={place}, or keep the password in ~/.pgpass; "
                f"in CI, list all places of yours in {VARIABLE}",
            )


def places_of(state: str) -> list[str]:
    """Returns the places to which a remote state is sent: the names of hosts, or `s3://BUCKET` for a bucket. `state` is
    the location of the state. Returns an empty list for a git repository on the local machine. Raises UsageError if
    `state` is not valid.

    A location with an unknown scheme raises no error here; the error is raised when the backend is opened.
    """
    if state.startswith("git:"):
        host = read_git_host(state.removeprefix("git:").partition("#")[0])
        return [host] if host else []
    if state.startswith("postgresql:"):
        return list(read_postgresql(state).hosts)
    return ["/".join(state.lower().split("/", 3)[:3])]


def _trusted(process: Mapping[str, str]) -> set[str]:
    entries = {part.strip().lower() for part in process.get(VARIABLE, "").split(",") if part.strip()}
    for entry in sorted(entries):
        if not ENTRY.fullmatch(entry) or (":" in entry and "://" not in entry and entry.count(":") < 2):
            raise UsageError(
                f"{VARIABLE} holds `{entry}`, which is neither a host nor a bucket",
                hint="write hosts without scheme and port, and buckets as s3://BUCKET, separated by commas",
            )
    return entries


def _not_listed(what: str, place: str) -> UntrustedHost:
    return UntrustedHost(
        f"{what} would be sent to {place}, which {VARIABLE} does not name",
        hint=f"if you trust it, add it where {VARIABLE} is set, never in the manifests",
    )
