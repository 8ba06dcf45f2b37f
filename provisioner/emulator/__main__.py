"""`python -m provisioner.emulator`: one emulator in the foreground, until it is interrupted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.text.safetext import line
from provisioner.emulator import faults
from provisioner.emulator.options import Options
from provisioner.emulator.process import READY


def read_arguments(arguments: list[str]) -> tuple[Options, bool]:
    """Returns the options from the command line, and whether the end of standard input ends the server."""
    parser = argparse.ArgumentParser(
        prog="python -m provisioner.emulator",
        description=__doc__,
        epilog=faults.GRAMMAR,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--data", type=Path, help="the SQLite file that keeps the account (default: in memory)")
    parser.add_argument("--latency", type=int, default=0, metavar="MS", help="delay of every answer")
    parser.add_argument("--indexing", type=int, default=0, metavar="MS", help="how long files are in_progress")
    parser.add_argument("--rate-limit", type=int, metavar="N", help="requests a minute")
    parser.add_argument("--fail", action="append", default=[], metavar="SPEC", help="a fault, see below; repeatable")
    parser.add_argument("--log", type=Path, help="append one line per request to this file")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="a model more; repeatable")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    found = parser.parse_args(arguments)
    options = Options(
        port=found.port,
        data=found.data,
        latency_ms=found.latency,
        indexing_ms=found.indexing,
        rate_limit=found.rate_limit,
        fail=tuple(found.fail),
        log=found.log,
        models=tuple(found.model),
    )
    return options, found.with_parent


def main(arguments: list[str]) -> int:
    """Serves until SIGINT, SIGTERM or (with --with-parent) the end of standard input."""
    options, with_parent = read_arguments(arguments)
    try:
        from provisioner.emulator.server import serve

        serve(options, lambda url: print(line(f"{READY}{url}"), flush=True), with_parent=with_parent)
    except UsageError as error:
        for text in (error.message, f"hint: {error.hint}" if error.hint else ""):
            sys.stderr.write(f"{line(text)}\n" if text else "")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
