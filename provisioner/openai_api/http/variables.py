"""Checks the environment variables that the SDK and its HTTP client read.

No message contains the value of a variable, because values for proxies and headers can contain passwords and keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.core.endpoint import find_header_fault
from provisioner.core.errors import UsageError

HEADERS = "OPENAI_CUSTOM_HEADERS"
#: The names of variables that `urllib.request.getproxies_environment` reads. If a variable is also set in uppercase,
#: the lowercase variable counts.
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
#: Matches the name of an HTTP header, a token in RFC 9110, section 5.6.2.
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PROXY_HINT = "write http://HOST:PORT, or unset it; a host that needs no proxy is named in NO_PROXY"


def read_headers(process: Mapping[str, str]) -> dict[str, str]:
    """Returns the headers in the environment variable OPENAI_CUSTOM_HEADERS, which are sent with every request.
    `process` are the environment variables of the process. Raises UsageError if a header cannot be sent.

    As in the SDK, each line with a colon is one header, and other lines are skipped.
    """
    headers: dict[str, str] = {}
    for number, line in enumerate(process.get(HEADERS, "").split("\n"), 1):
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        fault = None
        if colon and not TOKEN.fullmatch(name):
            fault = "has a name that no HTTP header can have"
        elif colon and value:
            fault = find_header_fault(value)
        if fault:
            raise UsageError(f"line {number} of {HEADERS} {fault}", hint="write `NAME: VALUE` on each line, in ASCII")
        if colon:
            headers[name] = value
    return headers


def explain(error: Exception, process: Mapping[str, str]) -> UsageError:
    """Returns a UsageError for `error`, an exception that was raised when the HTTP client was created. The UsageError
    names the environment variable that caused the exception. `process` are the environment variables of the process.

    An OSError is caused by a variable for certificates. Every other exception is caused by a variable for a proxy.
    """
    if isinstance(error, OSError):
        named = [name for name in CERTIFICATES if process.get(name)]
        what = f"{' or '.join(named)} names certificates that" if named else "the certificates of this machine"
        return UsageError(
            f"{what} cannot be read: {_reason(error)}",
            hint=f"name a file of certificates in PEM format, or unset {' and '.join(named)}" if named else None,
        )
    for name, value in _proxies(process):
        if fault := find_proxy_fault(value):
            return UsageError(f"{name} {fault}", hint=PROXY_HINT)
    return UsageError(
        "the proxy that the environment or the system names cannot be used",
        hint="check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and the system's settings",
    )


def find_proxy_fault(url: str) -> str | None:
    """Returns the reason why the HTTP client cannot use the proxy at `url`. The reason is a phrase for the end of an
    error message. Returns None if the client can use the proxy.
    """
    import httpx2

    if not url.isprintable():
        return "holds a control character, such as a line break"
    try:
        scheme = httpx2.Proxy(url if "://" in url else f"http://{url}").url.scheme
    except httpx2.InvalidURL:
        return "is no URL of a proxy"
    except ValueError:
        return "names a proxy by a scheme other than http and https"
    return "names a SOCKS proxy, which is not supported" if scheme.startswith("socks") else None


def _proxies(process: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for lowercase in PROXIES:
        for name in (lowercase, lowercase.upper()):
            if process.get(name):
                yield name, process[name]
                break


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
