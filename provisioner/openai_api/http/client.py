"""Creates the HTTP client for the API. No other module creates HTTP clients."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.http.variables import explain, read_headers

if TYPE_CHECKING:
    from provisioner.openai_api.http.apiclient import ApiClient

#: The longest time of the attempt to connect to a server, in seconds.
CONNECT_TIMEOUT = 5.0
#: The most connections at a time. One is used for each parallel call.
MOST_CONNECTIONS = 256


def open_client(
    endpoint: Endpoint, timeout: float, *, begun: Callable[[Any], None], answered: Callable[[Any], None]
) -> ApiClient:
    """Returns a client for `endpoint`. The client limits the time and the size of responses. It repeats no calls, and
    follows no redirects to other servers.

    `timeout` is the longest time of one call, in seconds. The client calls `begun` with every request, and `answered`
    with every response. Raises UsageError if an environment variable names a proxy, certificates or headers that cannot
    be used.
    """
    import httpx2

    from provisioner.openai_api.http.apiclient import ApiClient
    from provisioner.openai_api.http.transport import ENCODINGS, BoundedTransport

    local: dict[str, Any] = {}
    if endpoint.loopback:
        # There is no proxy between this process and this machine, and plain HTTP needs no certificates.
        local = {"trust_env": False, "verify": not endpoint.base_url.startswith("http:")}
    headers = read_headers(os.environ)
    try:
        client = httpx2.Client(
            event_hooks={"request": [begun], "response": [_read_as_utf8, answered]},
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS),
            timeout=httpx2.Timeout(timeout, connect=CONNECT_TIMEOUT),
            headers={"accept-encoding": ", ".join(ENCODINGS)},
            **local,
        )
    except (OSError, ValueError, ImportError, httpx2.InvalidURL) as error:
        raise explain(error, os.environ) from error
    # The client itself creates transports for the environment's proxies, so they are wrapped afterwards.
    transports: Any = client
    transports._transport = BoundedTransport(transports._transport, timeout)
    transports._mounts = {
        pattern: mounted and BoundedTransport(mounted, timeout) for pattern, mounted in transports._mounts.items()
    }
    return ApiClient(client, endpoint, headers, timeout)


def _read_as_utf8(response: Any) -> None:
    """Makes an HTTP response decode its text as UTF-8, which is the encoding of JSON. The charset that the server names
    is ignored, because Python does not know all charsets.
    """
    response.encoding = "utf-8"
