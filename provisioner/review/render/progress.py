"""Shows the progress of an apply. It writes one line for every change. On a terminal, it also shows progress bars for
uploads and indexing.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, TextIO

from provisioner.core.objecttype import FILE
from provisioner.core.text.safetext import block
from provisioner.core.text.safetext import line as safe_line
from provisioner.core.text.safetext import message as safe_message
from provisioner.planning.event import ApplyEnded, ApplyStarted, Event, Failed, Finished, Indexing, Skipped
from provisioner.planning.plan import Action
from provisioner.review.render.style import Style

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.ADOPT: "adopted",
    Action.FORGET: "forgotten",
}


class Lines:
    """Shows the progress of an apply as lines of text. The apply calls this object with each event. The object writes
    one line for each change that is completed, failed or skipped.
    """

    def __init__(self, stream: TextIO, style: Style) -> None:
        self.stream = stream
        self.style = style
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Writes the line that shows `event`. Does nothing if events of this type are not shown."""
        line = self.line(event)
        if line:
            with self._lock:
                self.write(line)

    def write(self, line: str) -> None:
        """Writes one line to the stream."""
        self.stream.write(block(line, colours=self.style.enabled) + "\n")
        self.stream.flush()

    def line(self, event: Event) -> str | None:
        """Returns the line that shows an event, or None if the event is not shown."""
        if isinstance(event, Finished):
            change = event.change
            what = self.style.action(change.action, f"{safe_line(str(change.address))}: {PAST[change.action]}")
            return f"{what} ({safe_line(event.id)}, {event.seconds:.1f} s)" if event.id else what
        if isinstance(event, Failed):
            hint = f"\n  {safe_line(event.hint)}" if event.hint else ""
            address = safe_line(str(event.change.address))
            return self.style.paint(f"{address}: failed: {safe_message(event.message)}", "red") + hint
        if isinstance(event, Skipped):
            return self.style.paint(safe_line(f"{event.change.address}: skipped: {event.because}"), "yellow")
        return None

    def close(self) -> None:
        """Does nothing, because lines of text need no cleanup. A subclass that shows progress bars removes them in this
        method.
        """


class Bars(Lines):
    """Shows the progress of an apply on a terminal. The apply calls this object with each event. The object writes the
    same lines as `Lines`. Below these lines, it shows a progress bar for the uploads, and one for each vector store
    that is being indexed.
    """

    def __init__(self, stream: TextIO, style: Style) -> None:
        super().__init__(stream, style)
        self._progress: Progress | None = None
        self._uploads: TaskID | None = None
        self._indexing: dict[str, TaskID] = {}

    def __call__(self, event: Event) -> None:
        """Writes the line that shows `event`, if events of this type are shown. Also updates the progress bars."""
        super().__call__(event)
        if isinstance(event, ApplyEnded):
            self.close()
        if isinstance(event, ApplyStarted) and event.uploads:
            self._uploads = self._bars().add_task("uploading", total=event.uploads)
        elif isinstance(event, Finished | Failed) and event.change.type == FILE.name and self._uploads is not None:
            if event.change.action in (Action.CREATE, Action.REPLACE):
                self._bars().advance(self._uploads)
        elif isinstance(event, Indexing):
            self._index(event)

    def write(self, line: str) -> None:
        """Writes one line above the progress bars."""
        if self._progress is None:
            super().write(line)
        else:
            from rich.text import Text

            self._progress.console.print(Text.from_ansi(block(line, colours=self.style.enabled)), soft_wrap=True)

    def close(self) -> None:
        """Removes the progress bars from the terminal."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _index(self, event: Indexing) -> None:
        if event.address not in self._indexing:
            self._indexing[event.address] = self._bars().add_task(
                safe_line(f"indexing {event.address}"), total=event.total
            )
        self._bars().update(self._indexing[event.address], completed=event.done)

    def _bars(self) -> Progress:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns: list[Any] = [TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn()]
            console = Console(file=self.stream, no_color=not self.style.enabled)
            self._progress = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
            self._progress.start()
        return self._progress
