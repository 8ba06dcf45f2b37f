"""A network backend that ends a call at its deadline, or at a limit of bytes, even if bytes still arrive slowly.

The client's own time-outs limit one read or one write of a socket. They do not end a call if the server sends a byte
from time to time. So the deadline of the whole call is applied to each read and write. All bytes from the network are
counted, including headers, interim responses, and the frames around the pieces of a body.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

#: The number of bytes of a request that are written to the socket at once. The deadline is checked between two pieces.
PIECE = 16 * 1024


#: The most bytes that are read from the network for one call: the longest body, its headers and its framing.
MOST_READ = 80 * 1024 * 1024


class Overlong(httpcore2.ReadError):
    """More than MOST_READ bytes arrived for one call. Repeating the call does not help."""


class Deadline(threading.local):
    """The time when the current call of this thread must end, and the number of bytes that the call has read.

    `end` is a time of the monotonic clock, in seconds. It is None if there is no call.
    """

    end: float | None = None
    read: int = 0

    def start(self, seconds: float) -> None:
        """Starts a call: sets its deadline to `seconds` from now, and the number of read bytes to zero."""
        self.end = time.monotonic() + seconds
        self.read = 0

    def count(self, size: int) -> None:
        """Adds `size` to the number of bytes that the call has read. Raises Overlong if the sum is more than
        MOST_READ.
        """
        self.read += size
        if self.read > MOST_READ:
            raise Overlong(f"more than {MOST_READ // 1024 // 1024} MiB came for one call")

    def passed(self) -> bool:
        """Returns whether the deadline of the call has passed."""
        return self.end is not None and time.monotonic() >= self.end

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Returns the longest time of one read or write, in seconds: `timeout`, or the time until the deadline if that
        is shorter. Raises `error` if the deadline has passed.
        """
        if self.end is None:
            return timeout
        left = self.end - time.monotonic()
        if left <= 0:
            raise error("the call took too long")
        return left if timeout is None else min(left, timeout)


class DeadlineStream(httpcore2.NetworkStream):
    """A network connection whose reads and writes end at the deadline. The bytes that it reads are counted."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Returns up to `max_bytes` bytes. Raises ReadTimeout at the deadline, and Overlong if the call has read too
        many bytes.
        """
        data = self._stream.read(max_bytes, self._deadline.left(timeout, httpcore2.ReadTimeout))
        self._deadline.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends the bytes of `buffer`. Raises WriteTimeout at the deadline."""
        view = memoryview(buffer)
        for start in range(0, len(view), PIECE):
            left = self._deadline.left(timeout, httpcore2.WriteTimeout)
            self._stream.write(bytes(view[start : start + PIECE]), left)

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Returns an encrypted stream over this connection. Raises ConnectTimeout at the deadline."""
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Returns the information with the name `info` about the connection, such as its socket."""
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens network connections whose reads and writes end at the deadline."""

    def __init__(self, backend: httpcore2.NetworkBackend, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Returns a TCP connection to the host and port. Raises ConnectTimeout at the deadline."""
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        return DeadlineStream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        """Waits for the given number of seconds."""
        self._backend.sleep(seconds)
