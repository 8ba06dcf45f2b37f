"""Sends all calls to the API over HTTP. The transport ends calls at a deadline, limits the size of responses, and
follows no redirects to other servers.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import httpx2

from provisioner.openai_api.http.deadline import Deadline, DeadlineBackend

#: The most bytes of a decompressed answer. A page of 100 assistants with the longest instructions takes about 26 MB.
MOST_BYTES = 64 * 1024 * 1024
#: The most pieces in which an answer may arrive: MOST_BYTES in pieces of 134 bytes. Each piece costs time, even if it
#: is short.
MOST_PIECES = 500_000
#: The most redirects that a GET request follows. Their targets must have the origin of the request.
MOST_REDIRECTS = 3
#: The bytes per second of the slowest upload that does not reach its deadline. An upload gets one second more for each
#: of these bytes.
SLOWEST_UPLOAD = 64 * 1024
#: The encodings of a body that are accepted and that the request's headers name.
ENCODINGS = ("gzip", "deflate")
REDIRECTS = (301, 302, 303, 307, 308)
#: The key of a response's extensions that holds the target of a redirect.
REDIRECT = "provision_redirect"
#: The most bytes that are decompressed at once.
PIECE = 64 * 1024


class Oversized(httpx2.ReadError):
    """Raised if a response is longer than MOST_BYTES, or arrives in more than MOST_PIECES pieces. A repeated call would
    not help.
    """


class BoundedStream(httpx2.SyncByteStream):
    """Yields the decompressed body of a response. The iteration raises Oversized if the body is longer than MOST_BYTES
    or arrives in more than MOST_PIECES pieces, ReadTimeout at the deadline of the call, and DecodingError if the body
    cannot be decompressed.
    """

    def __init__(self, stream: Any, encoding: str, deadline: Deadline) -> None:
        self._stream = stream
        self._encoding = encoding
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for piece in self._decoded():
            received += len(piece)
            if received > MOST_BYTES:
                raise Oversized(f"the answer is longer than {MOST_BYTES // 1024 // 1024} MiB")
            yield piece

    def _decoded(self) -> Iterator[bytes]:
        if self._encoding in ("", "identity"):
            yield from self._pieces()
            return
        if self._encoding not in ENCODINGS:
            raise httpx2.DecodingError("the answer is compressed in a way that was not asked for")
        decoder = zlib.decompressobj(wbits=47)  # This accepts gzip and zlib.
        try:
            for piece in self._pieces():
                if decoder.eof and piece:
                    return  # Bytes after the end do not belong to the answer. The connection is not used again.
                yield decoder.decompress(piece, PIECE)
                while decoder.unconsumed_tail and not decoder.eof:
                    yield decoder.decompress(decoder.unconsumed_tail, PIECE)
                if decoder.unused_data:
                    return
        except zlib.error as error:
            raise httpx2.DecodingError(f"the compressed answer cannot be read: {error}") from error
        if not decoder.eof:
            raise httpx2.DecodingError("the compressed answer ended early")

    def _pieces(self) -> Iterator[bytes]:
        for number, piece in enumerate(self._stream, 1):
            if self._deadline.passed():
                raise httpx2.ReadTimeout("the answer took too long")
            if number > MOST_PIECES:
                raise Oversized(f"the answer comes in more than {MOST_PIECES:,} pieces")
            yield piece

    def close(self) -> None:
        """Closes the underlying stream of the response."""
        if hasattr(self._stream, "close"):
            self._stream.close()


class BoundedTransport(httpx2.BaseTransport):
    """Sends requests, ends calls at their deadline, and limits responses. Redirects are followed only for GET requests
    to the same server.

    `timeout` is the time of one call from its beginning to its end, in seconds. The call of an upload gets one second
    more for every SLOWEST_UPLOAD bytes. If a redirect is not followed, it becomes the response. The target of the
    redirect is then in `extensions[REDIRECT]`. The header `Location` is removed, so that the HTTP client cannot follow
    the redirect either.
    """

    def __init__(self, transport: httpx2.HTTPTransport, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        self._deadline = Deadline()
        pool = transport._pool
        self._backend = DeadlineBackend(pool._network_backend, self._deadline)
        pool._network_backend = self._backend

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends the request and returns the response. A redirect that is not followed is returned as the response."""
        seconds = self._timeout + _body_bytes(request) / SLOWEST_UPLOAD
        self._deadline.start(seconds)
        # A server may be silent during an upload, so only the deadline limits one read or one write.
        request.extensions["timeout"] = {**request.extensions.get("timeout", {}), "read": seconds, "write": seconds}
        response = self._transport.handle_request(request)
        for _ in range(MOST_REDIRECTS):
            location = _location(request, response)
            if location is None or request.method != "GET" or origin(location) != origin(request.url):
                break
            response.close()
            headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
            request = httpx2.Request("GET", location, headers=headers, extensions=request.extensions)
            response = self._transport.handle_request(request)
        return self._bounded(request, response)

    def _bounded(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        location = _location(request, response)
        extensions = dict(response.extensions)
        if response.status_code in REDIRECTS or "location" in response.headers:
            extensions[REDIRECT] = "" if location is None else origin_text(location)
        dropped = (b"content-encoding", b"content-length", b"location", b"refresh")
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in dropped]
        stream = BoundedStream(response.stream, encoding, self._deadline)
        return httpx2.Response(response.status_code, headers=headers, stream=stream, extensions=extensions)

    def close(self) -> None:
        """Closes the network connections of this transport. Calls that other threads are making end at once."""
        # The pool closes only connections that are established, and closing a socket does not end a read from it.
        self._backend.opened.end()
        self._transport.close()


def origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Returns the scheme, the host and the port (None: not known) of a URL. If these three values of two URLs are
    equal, both URLs name the same server.
    """
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, port


def origin_text(url: httpx2.URL) -> str:
    """Returns the URL's scheme, host and port as text, without credentials, path and query."""
    port = "" if url.port is None else f":{url.port}"
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}"


def _location(request: httpx2.Request, response: httpx2.Response) -> httpx2.URL | None:
    """Returns the target of the redirect `response`. Returns None if the response is not a redirect, or if its target
    is not a URL. `request` is the request that was redirected.
    """
    if response.status_code not in REDIRECTS or "location" not in response.headers:
        return None
    try:
        return request.url.join(response.headers["location"])
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        return None


def _body_bytes(request: httpx2.Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0
