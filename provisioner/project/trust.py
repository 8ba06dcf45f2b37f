"""Where credentials may go. A manifest can come from a fork: a host that only a file names must not be sent a secret.

`PROVISION_TRUSTED_HOSTS` is for runners: hosts, and buckets or containers as `s3://BUCKET`, separated by commas.
Where it is set, no file names another: keys and states go there, to OpenAI, to this machine, and to what the process's
own OPENAI_BASE_URL names.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from provisioner.api.endpoint import LOOPBACK, OPENAI_HOST
from provisioner.backends.opening import is_remote
from provisioner.backends.secrecy import without_credentials
from provisioner.errors import UntrustedHost

VARIABLE = "PROVISION_TRUSTED_HOSTS"
#: Schemes whose first part is a name in an account, not a host.
BUCKETS = ("s3", "gs", "az")


def check_api(base_url: str, process: Mapping[str, str], *, named_by_process: bool) -> None:
    """Raises UntrustedHost where the key would go to a host that only a file names, or that the runner does not."""
    host = urlsplit(base_url).hostname or ""
    if host in LOOPBACK or (host == OPENAI_HOST and urlsplit(base_url).scheme == "https"):
        return
    trusted = _trusted(process)
    if named_by_process or host in trusted:
        return
    if trusted:
        raise _not_listed("the key", host)
    raise UntrustedHost(
        f"the key would be sent to {host}, which only a file names",
        hint=f"if you trust it, say so in the environment: OPENAI_BASE_URL={base_url}",
    )


def check_state(state: str, process: Mapping[str, str]) -> None:
    """Raises UntrustedHost where the state, or the password for it, would go where the runner did not say it may."""
    if not is_remote(state):
        return
    trusted = _trusted(process)
    for place in places_of(state):
        if place in LOOPBACK or place in trusted:
            continue
        if trusted:
            raise _not_listed("the state", place)
        if state.startswith("postgresql:") and process.get("PGPASSWORD") and place != process.get("PGHOST"):
            raise UntrustedHost(
                f"PGPASSWORD would be sent to {place}, which only {without_credentials(state)} names",
                hint=f"if you trust it, set {VARIABLE}={place}, or keep the password in ~/.pgpass",
            )


def places_of(state: str) -> list[str]:
    """The hosts that a remote state is kept on; `s3://BUCKET` for a bucket. None for a path or a socket."""
    if state.startswith("git:"):
        return list(filter(None, [_git_host(state.removeprefix("git:").partition("#")[0])]))
    parts = urlsplit(state)
    if parts.scheme in BUCKETS:
        return [f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"]
    listed = parts.netloc.rpartition("@")[2].split(",")
    named = [name for value in parse_qs(parts.query).get("host", []) for name in value.split(",")]
    hosts = [_without_port(host) for host in listed] + named
    return [host.lower() for host in hosts if host and not host.startswith(("/", "%2F", "%2f"))]


def _git_host(remote: str) -> str:
    """Of `https://host/path`, `user@host:path` or a path, which has none."""
    if "://" in remote:
        return urlsplit(remote).hostname or ""
    host, colon, _ = remote.partition(":")
    return host.rpartition("@")[2].lower() if colon and "/" not in host else ""


def _without_port(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _trusted(process: Mapping[str, str]) -> set[str]:
    return {part.strip().lower() for part in process.get(VARIABLE, "").split(",") if part.strip()}


def _not_listed(what: str, place: str) -> UntrustedHost:
    return UntrustedHost(
        f"{what} would be sent to {place}, which {VARIABLE} does not name",
        hint=f"if you trust it, add it where {VARIABLE} is set, never in the manifests",
    )
