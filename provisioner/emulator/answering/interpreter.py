"""Executes the code of the code interpreter (`--run-code`) in a separate process with limits.

Do not execute code that you do not trust. The limits prevent accidents: endless loops, too much memory, too much
output, and network access. But the code runs as the same user as the emulator, and can read all files that this user
can read.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from provisioner.core.childprocess import TimeLimitExceeded, run
from provisioner.core.files.work_folder import read_folder, write_folder

#: The most seconds of a run, both of CPU time and of real time.
MOST_SECONDS = 30
#: The most bytes of address space, of the output, of one written file, and of all files together.
MOST_MEMORY, MOST_OUTPUT = 1024 * 1024 * 1024, 1024 * 1024
MOST_FILE, MOST_FILES = 16 * 1024 * 1024, 64 * 1024 * 1024
#: The most files that are read after a run.
MOST_COUNT = 50
#: The most runs at the same time.
MOST_RUNS = 2
#: The folder of the files, as code of OpenAI's models names it.
FOLDER = "/mnt/data"
#: The file beside the folder that gets what the code prints.
OUTPUT = "output"
CHILD = "import sys; sys.path[:] = sys.argv[1:]; from provisioner.emulator.answering.sandbox import main; main()"


class CodeInterpreter:
    """Runs code in a new folder with the files of the container. Each run starts a new Python process. So variables of
    earlier runs are lost, but files are kept.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MOST_RUNS)

    async def run(self, code: str, files: Mapping[str, bytes]) -> tuple[str, bool, Mapping[str, bytes]]:
        """Runs `code`, and returns three values: the printed text with a note if a limit was exceeded, True if the code
        ended by itself and without an error (False if a limit ended it), and the contents of new and changed files,
        keyed by file name. `files` maps the name of each file in the folder to its content.
        """
        async with self._turns:
            return await asyncio.to_thread(run_code, code, files)


def run_code(code: str, files: Mapping[str, bytes]) -> tuple[str, bool, Mapping[str, bytes]]:
    """Runs `code` and waits until it has ended. Returns three values: the printed text with a note if a limit was
    exceeded, True if the code ended by itself and without an error (False if a limit ended it), and the contents of new
    and changed files, keyed by file name. `files` maps the name of each file in the folder to its content.
    """
    with tempfile.TemporaryDirectory(prefix="provision-code-") as base:
        folder = Path(base, "data")
        write_folder(folder, files)
        command = [sys.executable, "-P", "-c", CHILD, *(path for path in sys.path if path)]
        text = code.replace(FOLDER, str(folder)).encode("utf-8", "replace")
        environment = {"PATH": "", "HOME": str(folder), "TMPDIR": str(folder), "MPLBACKEND": "Agg"}
        try:
            ended = run(
                command,
                environment,
                timeout=MOST_SECONDS + 5,
                stdin=text,
                folder=folder,
                most=MOST_OUTPUT,
                is_alone=True,
            )
            ok, note = ended.code == 0, "" if ended.code in (0, 1) else f"\nThe code was ended (exit {ended.code})."
        except TimeLimitExceeded:
            ok, note = False, f"\nThe code took longer than {MOST_SECONDS} seconds."
        output = read_folder(Path(base), MOST_FILE, 1).get(OUTPUT, b"")
        found = read_folder(folder, MOST_FILE, MOST_COUNT, total=MOST_FILES)
        if len(output) > MOST_OUTPUT:
            output, note = output[:MOST_OUTPUT], f"\nThe output was cut after {MOST_OUTPUT} bytes.{note}"
        logs = output.decode("utf-8", "replace").replace(str(folder), FOLDER) + note
        return logs, ok, {name: data for name, data in found.items() if files.get(name) != data}
