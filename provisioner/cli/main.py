"""Defines the command group `provision`. The module of a command is imported only when that command is called or when
the commands are listed.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from provisioner import __version__
from provisioner.cli.nullstreams import open_missing
from provisioner.cli.options import COMMANDS, global_options
from provisioner.cli.shells import COMPLETING

#: The number of new objects after which Python looks for cycles. Manifests, states and responses of the API contain no
#: cycles: a first apply of 5,000 files leaves fewer than 500 objects in cycles. With Python's own number, 700, commands
#: take about 20 % longer.
YOUNG_OBJECTS = 10_000_000
#: Commands whose names are keywords of Python, with the names of their modules and functions.
KEYWORDS = {"import": "importing"}


class Commands(click.Group):
    """The group of all commands of provision. When a command is needed, it is imported from the module that has the
    command's name.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of the commands, in the order in which a beginner needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command with the name `cmd_name`, and returns it. Returns None if no such command exists."""
        if cmd_name not in COMMANDS:
            return None
        name = KEYWORDS.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"provisioner.cli.{name}"), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command that the user called, and returns its result. Raises UsageError if this system is not a
        POSIX system: for example, Windows lacks system calls that every command needs.
        """
        check_system()
        return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns three values, as click's method of the same name does: the name of the called command, the command
        itself, and the remaining arguments. `args` are the arguments of the command line. Raises UsageError if the
        command does not exist; the message suggests the most similar name.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            if not near or near[0] in error.message:
                raise
            raise click.UsageError(f"{error.message} Did you mean `{near[0]}`?", ctx) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", message="provision %(version)s")
@global_options
def provision() -> None:
    """Infrastructure-as-code for OpenAI assistants.

    Write manifests, look at the plan, apply it:

    \b
      provision init                  a small project to begin with
      provision --emulator apply      try it without a key
      provision plan                  what would change in the account
      provision apply                 make the account match

    \b
    Exit codes:
      0  done, or nothing to do
      1  error
      2  changes (plan --detailed-exitcode)
      3  blocked by a guard that says how to continue
      4  an expectation of a test is not met (test, apply --test)
    """


def check_system() -> None:
    """Raises UsageError if this system is not a POSIX system: for example, Windows lacks system calls that every
    command needs.
    """
    from provisioner.core.posix import find_missing

    missing = find_missing()
    if missing:
        from provisioner.core.errors import UsageError

        raise UsageError(
            f"provision needs a POSIX system such as Linux or macOS; this one ({sys.platform}) lacks "
            f"{', '.join(missing)}",
            hint="on Windows, run it in the Windows Subsystem for Linux",
        )


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command line and exits. `arguments` are the arguments; None means the arguments of this process. Errors
    that the user can correct are printed in a few lines, never as a traceback.

    During shell completion no error is printed, because the error would appear in the middle of the line that the user
    types.
    """
    open_missing()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
    # Otherwise pydantic reads the metadata of all installed packages, and runs the code of its plugins.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    try:
        code = provision.main(args=arguments, prog_name="provision", standalone_mode=False)
    except Exception as error:
        if COMPLETING in os.environ:
            from provisioner.core.exitcode import ExitCode

            sys.exit(ExitCode.ERROR)
        from provisioner.cli.failure import report

        code = report(error)
    except KeyboardInterrupt:
        from provisioner.core.exitcode import ExitCode

        os.write(2, b"interrupted\n")
        code = ExitCode.INTERRUPTED
    # At its end, Python looks for cycles among all objects, which takes a sixth of the CPU time of a plan.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else None)
