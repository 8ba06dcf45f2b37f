"""Runs `provision` and measures where its CPU time goes: `python -m benchmarks.scale.sampler FILE ARGUMENT…`.

From time to time, a sample is taken: the function that is running gets the CPU time since the last sample. The sums are
written to FILE as JSON when the command ends.
"""

from __future__ import annotations

import atexit
import json
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from benchmarks.scale.profile import OTHER, THREADS, Profile, part_of

#: The least CPU time in seconds between two samples. The time is longer if the system's clock is slower, or while
#: Python calls a function in C.
INTERVAL = 0.001


class Sampler:
    """Takes samples of the main thread. While it waits for other threads, these get the CPU time."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.functions: dict[str, float] = {}
        self._last = 0.0

    def start(self) -> None:
        """Begins to take samples."""
        self._last = time.process_time()
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def stop(self) -> Profile:
        """Ends taking samples, and returns them."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        return Profile(self.parts, self.functions)

    def _note(self, number: int, frame: FrameType | None) -> None:
        now = time.process_time()
        seconds, self._last = now - self._last, now
        modules, names = [], []
        while frame is not None:
            modules.append(str(frame.f_globals.get("__name__", "")))
            names.append(f"{modules[-1]}.{frame.f_code.co_qualname}")
            frame = frame.f_back
        is_waiting = bool(modules) and modules[0] == threading.__name__
        name = THREADS if is_waiting else names[0] if names else OTHER
        part = part_of(modules)
        self.functions[name] = self.functions.get(name, 0.0) + seconds
        self.parts[part] = self.parts.get(part, 0.0) + seconds


def main() -> None:
    """Runs the command line with the arguments after the first one, and writes the samples to the first one."""
    target = Path(sys.argv[1])
    sampler = Sampler()
    atexit.register(lambda: target.write_text(json.dumps(sampler.stop().to_json()), encoding="utf-8"))
    sampler.start()
    # Imported here, because loading the modules is a part of what is measured.
    from provisioner.cli.main import main as run

    run(sys.argv[2:])


if __name__ == "__main__":
    main()
