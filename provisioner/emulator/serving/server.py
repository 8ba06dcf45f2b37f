"""Runs the server of the emulator. The server accepts connections on the loopback address until it is stopped."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from provisioner.core.errors import UsageError
from provisioner.emulator.checks.sdk_types import warm_up
from provisioner.emulator.faults import Faults
from provisioner.emulator.options import Options
from provisioner.emulator.serving.app import Application
from provisioner.emulator.serving.http_protocol import HttpProtocol
from provisioner.emulator.serving.parent import Parent
from provisioner.emulator.storage.database import Database

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """Runs a uvicorn server. It calls the function `listening` when it accepts connections. After a signal, the server
    returns normally, while uvicorn's own server would raise the signal again.
    """

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the server. When the server accepts connections, calls the function `listening` that was given to the
        constructor.
        """
        await super().startup(sockets)
        if self.started:
            self._listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Makes SIGINT and SIGTERM stop the server during the `with` block."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {kind: signal.signal(kind, self.handle_exit) for kind in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)


def serve(options: Options, ready: Callable[[str], None], *, with_parent: bool = False) -> None:
    """Runs the server until SIGINT or SIGTERM. Calls `ready` with the base URL when the server accepts connections.

    If `with_parent` is True, the process also ends when standard input ends, because the parent process has then ended.
    Raises UsageError if a fault cannot be parsed, if a port is in use, or if a file or the URL of the upstream server
    cannot be used.
    """
    parent = Parent() if with_parent else None
    faults = Faults(options.fail)
    database = Database(options.data)
    application = Application(options, database, faults)
    listener = _listen(options.port)

    def listening() -> None:
        if parent:
            parent.follow(database)
        threading.Thread(target=warm_up, daemon=True).start()
        ready(f"http://{HOST}:{listener.getsockname()[1]}/v1")

    config = uvicorn.Config(
        application,
        http=HttpProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
        backlog=512,
    )
    try:
        Server(config, listening).run([listener])
    finally:
        listener.close()
        database.close()


def _listen(port: int) -> socket.socket:
    # asyncio switches off Nagle's algorithm, and its 40 ms for each answer, only if the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(
            f"port {port} of {HOST} cannot be listened on: {error}", hint="choose another port, or 0 for any free one"
        ) from error
    return listener
