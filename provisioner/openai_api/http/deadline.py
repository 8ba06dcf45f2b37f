"""Ends a network call at its deadline or at a limit of bytes, even if bytes still arrive slowly.

The time-outs of the HTTP client limit one read or one write of a socket. These time-outs do not end a call if the
server sends a byte from time to time. So this module applies the deadline of the whole call to each read and each
write. It counts all bytes from the network, including headers, interim responses, and the frames around the pieces of a
body.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore2

#: The number of bytes of a request that are written to the socket at once. The deadline is checked between two pieces.
PIECE = 16 * 1024


#: The time in seconds for which an idle connection counts as open after it was found open. Before each request, the
#: HTTP client asks the system about all idle connections. The connection that it then uses is asked once more.
STAYS_OPEN = 0.02
#: The most bytes that are read from the network for one call: the longest body, its headers and its framing.
MOST_READ = 80 * 1024 * 1024


class Overlong(httpcore2.ReadError):
    """Raised if more than MOST_READ bytes arrive for one call. A repeated call would not help."""


class Deadline(threading.local):
    """Contains the deadline of the thread's current call, and the number of bytes that the call has read.

    `end` is the deadline as a time of the monotonic clock, in seconds. It is None if there is no call.
    """

    end: float | None = None
    read: int = 0

    def start(self, seconds: float) -> None:
        """Starts a call. Its deadline is `seconds` from now, and its number of read bytes is zero."""
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
        """Returns whether the deadline of the current call has passed."""
        return self.end is not None and time.monotonic() >= self.end

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Returns the longest time that one read or write may take, in seconds. The result is `timeout`, or the time
        until the deadline if this time is shorter. None means that there is no limit. Raises `error` if the deadline
        has passed.
        """
        if self.end is None:
            return timeout
        left = self.end - time.monotonic()
        if left <= 0:
            raise error("the call took too long")
        return left if timeout is None else min(left, timeout)


class DeadlineStream(httpcore2.NetworkStream):
    """Reads and writes on a network connection until the deadline of the call. The bytes that are read are counted."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline, opened: OpenStreams) -> None:
        self._stream = stream
        self._deadline = deadline
        self._open = opened
        self._open_until = 0.0
        self._has_answered = False
        self._handshake: socket.socket | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Returns up to `max_bytes` bytes from the connection. Raises ReadTimeout at the deadline of the call, or after
        `timeout` seconds if this is earlier. Raises Overlong if the call has read too many bytes.
        """
        data = self._stream.read(max_bytes, self._deadline.left(timeout, httpcore2.ReadTimeout))
        self._deadline.count(len(data))
        self._has_answered = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends the bytes in `buffer`. Raises WriteTimeout at the deadline of the call, or after `timeout` seconds if
        this is earlier.

        Raises ConnectionNotAvailable if the server has closed the connection since its last response. Nothing was sent
        then, and the HTTP client sends the request on another connection.
        """
        if self._has_answered and self._stream.get_extra_info("is_readable"):
            raise httpcore2.ConnectionNotAvailable
        self._has_answered = False
        self._open_until = 0.0  # The server may close the connection after the response.
        view = memoryview(buffer)
        for start in range(0, len(view), PIECE):
            left = self._deadline.left(timeout, httpcore2.WriteTimeout)
            self._stream.write(bytes(view[start : start + PIECE]), left)

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()

    def shut_down(self) -> None:
        """Ends the connection. If another thread is reading or writing, that ends at once. The thread then closes the
        connection.
        """
        connection = self._handshake or self._stream.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):  # The connection may have ended already.
                # Not `connection.shutdown`: that of an encrypted socket first ends the encryption, and what another
                # thread writes in this moment, such as the key, would then be sent in plain text.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Returns an encrypted stream over this connection. `server_hostname` is the name in the server's certificate.
        Raises ConnectTimeout at the deadline of the call, or after `timeout` seconds if this is earlier.
        """
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        plain = self._stream.get_extra_info("socket")
        # The encrypted socket takes the descriptor of the plain one before the handshake.
        self._handshake = plain.dup() if plain is not None else None
        try:
            encrypted = self._stream.start_tls(ssl_context, server_hostname, left)
        finally:
            if self._handshake is not None:
                self._handshake.close()
                self._handshake = None
        return self._open.add(DeadlineStream(encrypted, self._deadline, self._open))

    def get_extra_info(self, info: str) -> Any:
        """Returns the information with the name `info` about the connection, such as its socket. The result for
        `is_readable`, which is true if the server has closed an idle connection, is at most STAYS_OPEN seconds old.
        """
        if info != "is_readable":
            return self._stream.get_extra_info(info)
        now = time.monotonic()
        if now < self._open_until:
            return False
        is_readable = self._stream.get_extra_info(info)
        if not is_readable:
            self._open_until = now + STAYS_OPEN
        return is_readable


class OpenStreams:
    """The connections of one client, which can be ended together while other threads use them."""

    def __init__(self) -> None:
        self._streams: weakref.WeakSet[DeadlineStream] = weakref.WeakSet()
        self._is_ended = False
        self._lock = threading.Lock()

    def add(self, stream: DeadlineStream) -> DeadlineStream:
        """Adds a new connection and returns it. Raises ConnectError if the connections were ended meanwhile."""
        with self._lock:
            if not self._is_ended:
                self._streams.add(stream)
                return stream
        stream.close()
        raise httpcore2.ConnectError("the client is closed")

    def end(self) -> None:
        """Ends all connections. A read or a write of another thread ends at once, and no connection can be added."""
        with self._lock:
            self._is_ended = True
            streams = list(self._streams)
        for stream in streams:
            stream.shut_down()


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens network connections that apply the deadline to each read and each write. `opened` are these connections."""

    def __init__(self, backend: httpcore2.NetworkBackend, deadline: Deadline) -> None:
        self.opened = OpenStreams()
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
        """Returns a TCP connection to `host` and `port`. Raises ConnectTimeout at the deadline of the call, or after
        `timeout` seconds if this is earlier.
        """
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        return self.opened.add(DeadlineStream(stream, self._deadline, self.opened))

    def sleep(self, seconds: float) -> None:
        """Waits for the given number of seconds."""
        self._backend.sleep(seconds)
