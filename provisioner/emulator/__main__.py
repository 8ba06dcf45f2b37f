"""Runs one emulator in the foreground until it is interrupted: `python -m provisioner.emulator`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from provisioner.core.errors import UsageError
from provisioner.core.text.safetext import line
from provisioner.emulator import faults
from provisioner.emulator.options import FLAGS, LongTail, Options, read_latency
from provisioner.emulator.process import READY


def read_arguments(arguments: list[str]) -> tuple[Options, bool]:
    """Returns two values from the command line. The first contains the options of the emulator. The second is True if
    `--with-parent` is given: the server must then stop when standard input ends.
    """
    parser = argparse.ArgumentParser(
        prog="python -m provisioner.emulator",
        description=f"{__doc__}\n\n{faults.GRAMMAR}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for flag in FLAGS:
        if flag.kind is bool:
            parser.add_argument(flag.name, dest=flag.field, action="store_true", help=flag.help)
            continue
        parser.add_argument(
            flag.name,
            dest=flag.field,
            type=read_latency if flag.kind is LongTail else flag.kind,
            action="append" if flag.repeated else "store",
            nargs=None if flag.alone is None else "?",
            const=flag.alone,
            default=None if flag.repeated else flag.default,
            # argparse itself adds the brackets of an optional value.
            metavar=flag.metavar and flag.metavar.strip("[]"),
            help=flag.help,
        )
    parser.add_argument("--with-parent", action="store_true", help="End when standard input closes.")
    found = vars(parser.parse_args(arguments))
    with_parent = bool(found.pop("with_parent"))
    chosen: dict[str, Any] = {
        flag.field: tuple(found[flag.field] or ()) if flag.repeated else found[flag.field] for flag in FLAGS
    }
    return Options(**chosen), with_parent


def main(arguments: list[str]) -> int:
    """Runs the server until it gets SIGINT or SIGTERM, and returns the exit code. With `--with-parent`, the server also
    stops when standard input ends. `arguments` are the arguments of the command line.
    """
    options, with_parent = read_arguments(arguments)
    try:
        from provisioner.emulator.serving.server import serve

        serve(options, lambda url: print(line(f"{READY}{url}"), flush=True), with_parent=with_parent)
    except UsageError as error:
        for text in (error.message, f"hint: {error.hint}" if error.hint else ""):
            sys.stderr.write(f"{line(text)}\n" if text else "")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
