"""Parses the URLs of states strictly. A URL that libpq or git could understand differently is refused.

The check of a host and the connection must use the same host. libpq looks for the user before the first `@` or `/`, and
decodes hosts after it splits the URL. Git decodes a URL before it splits it. So a host may not contain percent-encoded
characters, except if it is the path of a socket. User names, passwords and hosts may not contain separators such as `@`
and `/`.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl

from msgspec import Struct

from provisioner.core.errors import UsageError

NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
SIX = r"\[[0-9A-Fa-f:.]+\]"
SOCKET = r"(?:%2[Ff][A-Za-z0-9_.-]+)+"
#: A port in ASCII digits; its range is checked separately.
PORT = r"(?::[0-9]+)?"
LARGEST_PORT = 65535
USER = r"[A-Za-z0-9_.~%+-]+(?::[^@/?#,\s]*)?@"

POSTGRESQL = re.compile(
    rf"postgresql://(?:{USER})?"
    rf"(?P<hosts>(?:(?:{SIX}|{SOCKET}|{NAME}){PORT}(?:,(?:{SIX}|{SOCKET}|{NAME}){PORT})*)?)"
    r"(?:/[A-Za-z0-9_.~%-]*)?(?:\?(?P<query>[^@#\s]*))?"
)
#: The pattern of one host in the parameter `host`: a name, an IPv6 address, or the folder of a Unix socket.
NAMED_HOST = re.compile(rf"{NAME}|[0-9A-Fa-f:]++|/[A-Za-z0-9_./-]++")
#: The pattern of a git URL. The user's name has no characters that git decodes or at which git splits the URL. A
#: password may have them.
GIT = re.compile(
    rf"(?P<scheme>https?|ssh|git|git\+ssh|ssh\+git)://(?:[A-Za-z0-9_.~+-]+(?::[^@/?#\\\s]*)?@)?"
    rf"(?P<host>{SIX}|{NAME})(?P<port>{PORT})/[^?#\\\s]*"
)
SCP = re.compile(rf"(?:[A-Za-z0-9_.~+-]+@)?(?P<host>{NAME}):[^:\s][^\s]*")
#: The transports of git that do not encrypt.
OPEN = ("http", "git")


class Database(Struct, frozen=True):
    """The hosts and the parameters in a `postgresql://` URL. Unix sockets on this machine are not included in the
    hosts.
    """

    hosts: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]


def read_postgresql(url: str) -> Database:
    """Returns the hosts and the parameters of `url`.

    No connection is made. Raises UsageError if another program could read a different host in the URL, or if a port is
    not valid.
    """
    found = POSTGRESQL.fullmatch(url)
    parameters = parse_qsl(found["query"] or "", keep_blank_values=True) if found else []
    named = [value for name, value in parameters if name == "host"]
    if found is None or not all(NAMED_HOST.fullmatch(host) for value in named for host in value.split(",")):
        raise UsageError(
            "the postgresql:// URL of the state can be read in different ways",
            hint="write postgresql://USER@HOST/DATABASE; signs in a password as `%40`, or the password in PGPASSWORD",
        )
    _check_text(url)
    _check_ports(found["hosts"])
    listed = [_without_port(host) for host in found["hosts"].split(",")]
    hosts = [host for value in (*listed, *",".join(named).split(",")) if (host := value.lower())]
    return Database(tuple(host for host in hosts if not host.startswith(("/", "%2f"))), tuple(parameters))


def read_git_host(remote: str) -> str | None:
    """Returns the host of a git remote. Returns None if `remote` is a local path or a `file://` URL. Raises UsageError
    if another program could read a different host in the remote, or if the port is not valid.
    """
    if remote.startswith("file://") or not ("://" in remote or ":" in remote.partition("/")[0]):
        return None
    found = GIT.fullmatch(remote) if "://" in remote else SCP.fullmatch(remote)
    if found is None:
        raise UsageError(
            "the git remote of `state:` can be read in different ways",
            hint="write git:https://HOST/PATH#BRANCH, git:ssh://USER@HOST/PATH#BRANCH or git:USER@HOST:PATH#BRANCH",
        )
    _check_text(remote)
    if "port" in found.groupdict():
        _check_ports(found["port"] or "")
    return _without_port(found["host"]).lower()


def find_unfit_character(url: str) -> str | None:
    """Returns a phrase that says which character in `url` is not allowed, such as "holds a control character". Returns
    None if all characters are allowed.

    Control characters and unpaired surrogates are not allowed.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in url):
        return "holds a control character, such as a line break or NUL"
    return None


def _check_text(url: str) -> None:
    if fault := find_unfit_character(url):
        raise UsageError(f"the URL of the state {fault}", hint="write it again by hand, in one line")


def _check_ports(hosts: str) -> None:
    """Raises UsageError if one of the ports in `hosts` is not a number from 1 to 65535."""
    ports = [port for host in hosts.split(",") if (port := host.rpartition(":")[2]).isdecimal() and ":" in host]
    if not all(1 <= int(port[:6]) <= LARGEST_PORT for port in ports if port):
        raise UsageError("the URL of the state has a port that does not exist", hint="a port is 1 to 65535")


def is_open(remote: str) -> bool:
    """Returns whether the connection to the git remote `remote` is not encrypted, so that other people on the network
    can read and change the sent data.
    """
    return remote.partition("://")[0] in OPEN and "://" in remote


def _without_port(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
