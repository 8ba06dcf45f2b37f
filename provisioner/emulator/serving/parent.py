"""Ends the emulator when its parent process has ended, whatever the emulator is doing at that time."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable

from provisioner.emulator.storage.database import Database

#: Seconds that a running request has to finish. `EmulatorProcess.stop` kills the child after five.
GRACE = 3.0


class Parent:
    """Watches standard input, whose end means that the parent process has ended, and then ends this process. The
    watching starts when the object is created.

    A separate thread does this, so that a file that takes long to open, or a statement that does not end, cannot keep
    the process alive.
    """

    def __init__(self) -> None:
        self._end: Callable[[], object] | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def follow(self, database: Database) -> None:
        """After this call, the process ends between two requests and closes `database` first. It must be called in the
        server's event loop.
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
