"""Runs a dialogue for the commands `provision chat` and `provision ask`. This module opens the dialogue, shows its
turns, writes the transcript, and determines the exit code.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct, field

from provisioner.cli.dialogue_options import DialogueOptions
from provisioner.cli.privatefile import check_target, write_private
from provisioner.cli.signals import terminating
from provisioner.cli.streams import is_terminal, write_note, write_piece, write_result
from provisioner.cli.terminal import Screen
from provisioner.cli.typed_lines import Typed
from provisioner.core.errors import ApiError, UsageError
from provisioner.core.exitcode import ExitCode
from provisioner.core.files.named import read_named
from provisioner.engine.running.answering import Answers
from provisioner.engine.running.dialogue import Dialogue
from provisioner.engine.running.local_functions import FunctionRunner, is_ci
from provisioner.engine.running.opening import explain
from provisioner.engine.running.subject import Subject, runtime_names
from provisioner.openai_api.turns.events import FunctionCalled, TurnEvent
from provisioner.openai_api.turns.turn import Attachment, Cancelled, Leftover, Message, Turn
from provisioner.openai_api.turns.uploads import Uploads
from provisioner.project.command_options import Choice
from provisioner.project.last_run import write_last_run
from provisioner.project.running import Runner, read_runner
from provisioner.project.wiring import open_project
from provisioner.review.render.turns.transcript import Transcript
from provisioner.review.render.turns.turn_json import event_json, json_line, leftover_json, turn_json
from provisioner.review.render.turns.turn_screen import MarkdownScreen, PlainScreen
from provisioner.review.render.turns.turn_text import leftovers_text

#: The most bytes of an attached file.
ATTACHED = 64 * 1024 * 1024
#: Terminals on which nothing can be drawn over.
UNABLE = ("", "dumb", "unknown")
#: The most lines that a local function printed and that are shown.
PRINTED = 20
#: The shortest time in seconds between two writes of the transcript. It is always written at the end.
WRITTEN = 5.0


class JsonScreen:
    """Writes the events of a dialogue to stdout, each as one line of JSON."""

    def __call__(self, event: TurnEvent) -> None:
        """Writes one event of a turn to stdout, as a line of JSON."""
        write_result(json_line(event_json(event)))

    def stop(self) -> None:
        """Does nothing at the end of a turn. Other screens complete a line of text here; this screen writes only
        complete lines.
        """

    def end(self, turn: Turn) -> None:
        """Writes the summary of the completed turn to stdout, as a line of JSON."""
        write_result(json_line(turn_json(turn)))


class Running(Struct):
    """A dialogue that is open, together with the options, the screen and the transcript of the command that runs it."""

    subject: Subject
    dialogue: Dialogue
    uploads: Uploads
    options: DialogueOptions
    answers: Answers
    view: PlainScreen | JsonScreen
    transcript: Transcript
    root: Path
    statuses: list[str] = field(default_factory=list)
    _written: float = 0.0

    def say(self, text: str, files: tuple[Path, ...] = ()) -> Turn:
        """Sends the message `text` with the files `files` to the assistant, shows the answer, and returns the turn. If
        the user interrupts an upload, the returned turn has the status `cancelled`. Raises ProvisionError if the API
        refuses the message, and UsageError if a file cannot be read.
        """
        try:
            message = Message(text, tuple(self._attach(path) for path in files))
        except KeyboardInterrupt:
            self.statuses.append("cancelled")
            return Turn(status="cancelled")
        try:
            turn = self.dialogue.run(message, self.answers, self.view, instructions=self.options.instructions)
        except ApiError as error:
            self.statuses.append("failed")
            raise explain(error, self.subject) from error
        finally:
            self.view.stop()
        self.view.end(turn)
        self.statuses.append(turn.status)
        self.transcript.turns.append((message, turn))
        self._keep(turn)
        return turn

    def exit_code(self) -> ExitCode:
        """Returns the exit code of the command: ERROR if a turn has failed or is incomplete, otherwise DONE. A turn
        that the user cancelled is not an error.
        """
        failed = [each for each in self.statuses if each not in ("completed", "cancelled")]
        return ExitCode.ERROR if failed else ExitCode.DONE

    def write_transcript(self) -> None:
        """Writes the transcript if the user asked for one and there is at least one turn."""
        path = self.options.transcript
        if path is not None and self.transcript.turns:
            self._written = time.monotonic()
            write_private(path, self.transcript.text(as_json=path.suffix.lower() == ".json") + "\n")

    def _keep(self, turn: Turn) -> None:
        if time.monotonic() - self._written >= WRITTEN:
            self.write_transcript()
        events = [{**event_json(event), "at": round(at, 3)} for event, at in zip(turn.events, turn.times, strict=True)]
        with suppress(OSError):  # The folder may be read-only; only `provision steps` needs the file.
            write_last_run(self.root, {**self.transcript.about, "events": events, "turn": turn_json(turn)})

    def _attach(self, path: Path) -> Attachment:
        try:
            content = read_named(path, ATTACHED)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        return self.uploads.upload(path.name, content, self.subject.target)


@contextmanager
def open_running(choice: Choice, name: str, options: DialogueOptions, shown: Screen, typed: Typed) -> Iterator[Running]:
    """Opens the project and a dialogue with the assistant `name`, and yields the running dialogue. `choice` contains
    the values of the global options, and `options` those of the command. `shown` prints texts for the user, and `typed`
    reads the user's input.

    At the end, deletes the objects that the dialogue created at OpenAI, unless the user has given `--keep`. Lists the
    objects that still exist after the deletion.
    """
    check_target(options.transcript)
    with terminating(), open_project(choice, observe=shown.observe) as project:
        runner = read_runner(project, unapplied=options.unapplied)
        for note in runner.notes:
            shown.note(note)
        running = _prepare(runner, name, options, shown, typed)
        try:
            yield running
        finally:
            _finish(running, shown)


def _prepare(runner: Runner, name: str, options: DialogueOptions, shown: Screen, typed: Typed) -> Running:
    subject = runner.find(name)
    dialogue = runner.open(subject, streaming=not options.poll, max_turns=options.max_turns, keep=options.keep)
    about = {
        "assistant": subject.name,
        "target": subject.target,
        "model": subject.model,
        "release": subject.release,
        "unapplied": options.unapplied or None,
    }
    return Running(
        subject,
        dialogue,
        runner.uploads(),
        options,
        Answers(subject.functions, _function_runner(subject, options, shown), _asking(typed, shown)),
        _view(options, shown),
        Transcript({key: value for key, value in about.items() if value is not None}),
        runner.project.settings.root,
    )


def _view(options: DialogueOptions, shown: Screen) -> PlainScreen | JsonScreen:
    if options.as_json:
        return JsonScreen()
    if is_terminal(sys.stdout) and os.environ.get("TERM", "") not in UNABLE:
        return MarkdownScreen(sys.stdout, write_note, shown.style)
    return PlainScreen(write_piece, write_note, shown.style)


def _function_runner(subject: Subject, options: DialogueOptions, shown: Screen) -> FunctionRunner | None:
    if is_ci(os.environ) and not options.handlers:
        return None

    def say(text: str) -> None:
        for each in text.splitlines()[-PRINTED:]:
            shown.note(f"  | {each}")

    return FunctionRunner(
        os.environ,
        options.handler_timeout,
        runtime_names(subject.fields),
        options.handler_variables,
        say,
    )


def _asking(typed: Typed, shown: Screen) -> Callable[[FunctionCalled], str] | None:
    """Returns a function that asks the person at the terminal for the result of a function that the assistant calls.
    Returns None if nobody is at a terminal.
    """
    if not typed.is_terminal:
        return None

    def ask(call: FunctionCalled) -> str:
        shown.note(f"{call.name}({call.arguments}) has no local function; type its result, or Ctrl-D to cancel")
        try:
            return typed.read("result> ")
        except EOFError:
            raise Cancelled from None

    return ask


def _finish(running: Running, shown: Screen) -> None:
    """Writes the transcript, deletes the objects that the dialogue created at OpenAI, and lists the objects that still
    exist. A second Ctrl-C stops the deletion; the list is printed even then.
    """
    try:
        running.write_transcript()
    finally:
        left: list[Leftover] = []
        try:
            running.dialogue.close()
            left = running.dialogue.leftovers
            left += running.uploads.created() if running.options.keep else running.uploads.close()
        except KeyboardInterrupt:
            left += [*running.dialogue.conversation.created(), *running.uploads.created()]
            raise
        finally:
            if running.options.as_json:
                for each in left:
                    write_result(json_line(leftover_json(each)))
            elif left:
                shown.explain(leftovers_text(left, kept=running.options.keep))
