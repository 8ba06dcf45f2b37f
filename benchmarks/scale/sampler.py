"""Runs `provision` and counts where its CPU time is spent: `python -m benchmarks.scale.sampler FILE ARGUMENT…`.

About a thousand times in each second of CPU time, or as often as the system's clock allows, the running function is
noted. The counts are written to FILE as JSON when the command ends.
"""

from __future__ import annotations

import atexit
import json
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

from benchmarks.scale.profile import OTHER, THREADS, Profile, part_of

#: The seconds of CPU time between two samples.
INTERVAL = 0.001


class Sampler:
    """Counts samples by part of the command and by function. The samples are taken in the main thread. While it waits
    for other threads, the samples count their CPU time.
    """

    def __init__(self) -> None:
        self.parts: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()

    def start(self) -> None:
        """Begins to take samples."""
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)

    def stop(self) -> Profile:
        """Ends taking samples, and returns them."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        return Profile(dict(self.parts), dict(self.functions))

    def _note(self, number: int, frame: FrameType | None) -> None:
        modules, names = [], []
        while frame is not None:
            modules.append(str(frame.f_globals.get("__name__", "")))
            names.append(f"{modules[-1]}.{frame.f_code.co_qualname}")
            frame = frame.f_back
        is_waiting = bool(modules) and modules[0] == threading.__name__
        self.functions[THREADS if is_waiting else names[0] if names else OTHER] += 1
        self.parts[part_of(modules)] += 1


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
