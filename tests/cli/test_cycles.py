"""Python does not look for cycles among all objects at the end of a command, where nothing needs their memory."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import atexit, gc, sys
found = []
gc.callbacks.append(lambda phase, info: found.append(info) if phase == "stop" and info["generation"] == 2 else None)
atexit.register(lambda: print(gc.get_freeze_count() >= len(gc.get_objects()), len(found)))
from provisioner.cli.main import main
main(sys.argv[1:])
"""


def test_no_object_of_a_command_is_visited_at_its_end() -> None:
    for arguments, code in ((["--version"], 0), (["validate", "--help"], 0), (["no-such-command"], 1)):
        ended = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True)
        assert ended.returncode == code, ended.stderr
        assert ended.stdout.splitlines()[-1] == "True 0"
