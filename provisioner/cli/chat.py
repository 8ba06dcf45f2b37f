"""Defines the command `provision chat`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.completing import complete_assistant
from provisioner.cli.dialogue_options import DialogueOptions, dialogue_options
from provisioner.cli.options import shared

if TYPE_CHECKING:
    from provisioner.cli.dialogues import Running
    from provisioner.cli.terminal import Screen
    from provisioner.cli.typed_lines import Typed

HELP = "Ctrl-C cancels an answer, Ctrl-D ends the chat; /file PATH attaches a file to the next message"
FILE, SHOW_HELP, EXITS = "/file", "/help", ("/exit", "/quit")
#: What was typed as a command of this program. A message such as `/etc/hosts is missing` is none.
COMMAND = re.compile(r"/[A-Za-z]+")


@click.command()
@click.argument("assistant", shell_complete=complete_assistant)
@dialogue_options
@shared
@click.pass_context
def chat(context: click.Context, assistant: str, options: DialogueOptions) -> int:
    """Talk with an assistant, in several turns.

    ASSISTANT is the name of the assistant in the manifests. Ctrl-C cancels an answer, Ctrl-D ends the chat. `/file
    PATH` attaches a file to the next message. Without a terminal, each line of stdin is a message. Objects that this
    command creates at OpenAI are deleted at the end. The exit code is 1 if an answer is not complete.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.dialogues import open_running
    from provisioner.cli.terminal import screen
    from provisioner.cli.typed_lines import open_typed

    shown = screen()
    typed = open_typed(shown.note)
    with open_running(chosen_by(context), assistant, options, shown, typed) as running:
        if typed.is_terminal:
            subject = running.subject
            release = "" if subject.release is None else f", release {subject.release}"
            shown.note(f"{subject.name} · {subject.target}, {subject.model}{release}")
            shown.note(HELP)
        _talk(running, typed, shown)
        return running.exit_code()


def _talk(running: Running, typed: Typed, shown: Screen) -> None:
    """Reads lines from `typed` until the input ends. Each line is either a command such as `/file`, which is carried
    out, or a message, for which a turn of the dialogue `running` is run. `shown` prints notes for the user.
    """
    from provisioner.cli.typed_lines import PROMPT

    files = list(running.options.files)
    while True:
        try:
            read = typed.read(PROMPT)
        except EOFError:
            return
        except KeyboardInterrupt:
            shown.note("Ctrl-D ends the chat")
            continue
        text = read.strip()
        if text in EXITS:
            return
        if text.startswith(f"{FILE} "):
            _add_file(files, Path(text.removeprefix(FILE).strip()).expanduser(), shown)
        elif typed.is_terminal and COMMAND.fullmatch(read.rstrip()):
            shown.note(explain(text))
        elif text:
            _say(running, typed, shown, text, tuple(files))
            files = []
            if running.statuses[-1:] == ["cancelled"] and not typed.is_terminal:
                raise KeyboardInterrupt  # Nobody could stop the messages that follow otherwise.


def explain(command: str) -> str:
    """Returns the text that is printed for a typed command: the help for `/help`, or an error message for `/file`
    without a path and for an unknown command.
    """
    if command == SHOW_HELP:
        return HELP
    if command == FILE:
        return "error: name the file: /file PATH"
    known = "there are /file PATH, /help, /exit and /quit"
    return f"error: there is no command {command}; {known}. To send it as a message, begin with a space"


def _add_file(files: list[Path], path: Path, shown: Screen) -> None:
    """Adds `path` to `files`, the files of the next message. If no file exists at `path`, prints an error with `shown`
    instead.
    """
    if path.is_file():
        files.append(path)
        shown.note(f"{path.name} is attached to the next message")
    else:
        shown.note(f"error: there is no file {path}")


def _say(running: Running, typed: Typed, shown: Screen, text: str, files: tuple[Path, ...]) -> None:
    """Sends the message `text` with the files `files` to the assistant, and shows the answer. If a ProvisionError is
    raised and a person types on a terminal, the error is printed and the chat continues. Without a terminal, the error
    is not caught.
    """
    from provisioner.core.errors import ProvisionError

    try:
        running.say(text, files)
    except ProvisionError as error:
        if not typed.is_terminal:
            raise
        shown.note(f"error: {error.message}")
        if error.hint:
            shown.note(f"  {error.hint}")
