"""Ends the emulator when its parent process has ended, even if the emulator is busy."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable

from provisioner.emulator.storage.database import Database

#: The seconds that a running request has to finish. `EmulatorProcess.stop` kills the child after five seconds.
GRACE = 3.0


class Parent:
    """Ends this process when standard input ends, because the parent process has then ended. The object watches
    standard input from its creation on. It does so in a separate thread, so that the process can also end while a file
    is being opened or an SQL statement is running.
    """

    def __init__(self) -> None:
        self._end: Callable[[], object] | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def follow(self, database: Database) -> None:
        """Makes the process close `database` before it ends. After this call, the process ends between two steps of the
        event loop, or after GRACE seconds at the latest. Must be called in the event loop of the server.
        """
        loop = asyncio.get_running_loop()

        def end() -> None:
            database.close()
            os._exit(0)

        self._end = lambda: loop.call_soon_threadsafe(end)

    def _watch(self) -> None:
        try:
            while os.read(0, 4096):
                continue
        except OSError:
            pass  # Without a standard input, no parent can close it.
        try:
            if self._end is not None:
                self._end()
                time.sleep(GRACE)
        finally:
            os._exit(1)
