"""Runs a command and writes what it cost: `python -I -S launcher.py FILE COMMAND…`.

Linux counts the memory of the process that starts a command as memory of the command. So a command is started by this
small process instead of the benchmark.
"""

import json
import os
import sys
import time


def main() -> None:
    """Runs the command, and writes its exit code, its wall and CPU time in seconds, and its peak memory as `getrusage`
    returns it.
    """
    target, *command = sys.argv[1:]
    begun = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    cost = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": time.perf_counter() - begun,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss,
    }
    with open(target, "w", encoding="utf-8") as file:
        json.dump(cost, file)


if __name__ == "__main__":
    main()
