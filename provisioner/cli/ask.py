"""Defines the command `provision ask`."""

from __future__ import annotations

import sys

import click

from provisioner.cli.completing import complete_assistant
from provisioner.cli.dialogue_options import DialogueOptions, dialogue_options
from provisioner.cli.options import shared


@click.command()
@click.argument("assistant", shell_complete=complete_assistant)
@click.argument("text")
@dialogue_options
@shared
@click.pass_context
def ask(context: click.Context, assistant: str, text: str, options: DialogueOptions) -> int:
    """Ask an assistant one question, and print the answer.

    ASSISTANT is the name of the assistant in the manifests. TEXT is the question; `-` reads it from stdin. The answer
    is written to stdout, and everything else to stderr. Objects that this command creates at OpenAI are deleted at the
    end. The exit code is 1 if the answer is not complete.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.dialogues import open_running
    from provisioner.cli.terminal import screen
    from provisioner.cli.typed_lines import PipedLines, open_typed
    from provisioner.core.errors import UsageError
    from provisioner.core.exitcode import ExitCode

    shown = screen()
    typed = PipedLines() if text == "-" else open_typed(shown.note)
    question = sys.stdin.read().strip() if text == "-" else text.strip()
    if not question:
        raise UsageError("the question is empty", hint='write one, such as: provision ask ASSISTANT "…"')
    with open_running(chosen_by(context), assistant, options, shown, typed) as running:
        turn = running.say(question, options.files)
        return ExitCode.INTERRUPTED if turn.status == "cancelled" else running.exit_code()
