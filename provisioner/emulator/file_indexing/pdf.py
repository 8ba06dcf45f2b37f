"""Reads the text of a PDF in a separate process with limited memory and time.

A short stream in a PDF can decompress to any size, and the form objects of a PDF can refer to each other repeatedly. So
the memory and time for a PDF are not known in advance.
"""

from __future__ import annotations

import io
import sys
import threading

from provisioner.core.childprocess import TimeLimitExceeded, run

MOST_SECONDS = 60
"""The most seconds that reading one PDF may take, both of CPU time and of real time."""

MOST_MEMORY = 1024 * 1024 * 1024
"""The most bytes of address space of the process that reads a PDF."""

MOST_TEXT = 16 * 1024 * 1024
"""The most bytes of the text of a PDF."""

TURNS = threading.BoundedSemaphore(2)
"""The most PDFs that are read at the same time."""

BROKEN = 3
"""The exit code of the process if the file is not a readable PDF. Its standard error contains the reason."""


class PdfError(Exception):
    """Raised if a file is not a readable PDF, or if reading its text exceeds a limit of memory, time or bytes."""


def read_text(data: bytes) -> str:
    """Returns the text of all pages of the PDF in `data`. Raises PdfError if `data` is not a readable PDF, or if a
    limit is exceeded.
    """
    command = [sys.executable, "-P", "-c", CHILD, *(path for path in sys.path if path)]
    try:
        with TURNS:
            ended = run(command, {"PATH": ""}, timeout=MOST_SECONDS, stdin=data)
    except TimeLimitExceeded:
        raise PdfError(f"it took longer than {MOST_SECONDS} seconds") from None
    if ended.code == BROKEN:
        raise PdfError(ended.error.decode("utf-8", "replace").strip()[-1000:])
    if ended.code != 0:
        raise PdfError("it takes too much memory or time")
    return ended.output.decode("utf-8", "replace")


CHILD = "import sys; sys.path[:] = sys.argv[1:]; from provisioner.emulator.file_indexing.pdf import main; main()"
"""The program of the process that reads a PDF. It gets the parent's folders of packages, and none of its variables."""


def main() -> None:
    """Reads a PDF from standard input and writes its text to standard output. This function is the main program of the
    separate process.
    """
    _bound()
    import pypdf

    try:
        pages = pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read())).pages
        left = MOST_TEXT
        for number, page in enumerate(pages):
            text = ("\n\n" if number else "") + page.extract_text()
            content = text.encode("utf-8", "replace")
            left -= len(content)
            if left < 0:
                raise PdfError(f"its text takes more than {MOST_TEXT // 1024 // 1024} MiB")
            sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except Exception as error:  # Every error of pypdf means that the file is broken.
        sys.stderr.write(str(error) or type(error).__name__)
        sys.exit(BROKEN)


def _bound() -> None:
    """Limits the memory and the CPU time of this process. If the system does not support these limits, only the parent
    process limits the time.
    """
    try:
        import resource
    except ImportError:
        return
    for name, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
        try:
            resource.setrlimit(name, (most, most))
        except (ValueError, OSError):
            continue
