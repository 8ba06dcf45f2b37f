"""Ends the emulator when its parent has ended, whatever the emulator is doing."""

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
    """Watches standard input, which ends when the parent has ended, from the creation of this object.

    A separate thread watches it, so that a file that takes long to open, or a statement that does not end, cannot keep
    the process alive.
    """

    def __init__(self) -> None:
        self._end: Callable[[], object] | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def follow(self, database: Database) -> None:
        """From now on, ends the process between two requests. Call it in the server's event loop."""
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
