"""Collects the diagnostics of a run, so that the user sees all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic, Place, Severity, in_order
from provisioner.core.errors import InvalidManifest
from provisioner.manifest.limits import ALL_PROBLEMS, MESSAGE, SHOWN_PROBLEMS
from provisioner.manifest.parsing.document import Written

#: An empty value in backquotes, as in the message that a name cannot be empty.
NOTHING_QUOTED = re.compile(r"(?<![`\w])``(?=[ ,;:)]|$)")


class Report(Struct):
    """The diagnostics of a run.

    At most SHOWN_PROBLEMS diagnostics are shown, errors before warnings. One more diagnostic says how many are not
    shown. After ALL_PROBLEMS diagnostics, the next error ends the run with InvalidManifest.

    `spell` is a function that changes a message for display. `describe` is a function that gets a place, and returns a
    text that is added to messages at this place.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    spell: Callable[[str], str] = str
    describe: Callable[[Place], str] = field(default=lambda place: "")
    _reported: set[tuple[Place, str]] = field(default_factory=set)
    _wrong: set[Place] = field(default_factory=set)
    _muted: set[Place] = field(default_factory=set)
    _passed_over: int = 0

    def error(self, at: Written | Place, message: str, address: object = None, rule: str | None = None) -> None:
        """Adds an error at a place or a value. An error is a fault that makes a plan impossible. `address` is the
        address of the resource that contains the error. `rule` is the rule of `provision lint` that found the error, or
        None.
        """
        self.add("error", at, message, address, rule)

    def warn(self, at: Written | Place, message: str, address: object = None, rule: str | None = None) -> None:
        """Adds a warning at a place or a value. A warning is about a probable mistake. `address` is the address of the
        resource that contains the mistake. `rule` is the rule of `provision lint` that found the mistake, or None.
        """
        self.add("warning", at, message, address, rule)

    def add(
        self, severity: Severity, at: Written | Place, message: str, address: object = None, rule: str | None = None
    ) -> None:
        """Adds one diagnostic at a place or a value. If several resources cause equal diagnostics, only one is added.
        `address` is the address of the resource, or None. `rule` is the rule of `provision lint` that found the
        problem, or None.
        """
        place = at.place if isinstance(at, Written) else at
        message = NOTHING_QUOTED.sub("an empty text", f"{self.spell(message)}{self.describe(place)}")
        if place in self._muted:
            return
        if severity == "error":
            self._wrong.add(place)
        if (place, message) not in self._reported:
            self._reported.add((place, message))
            named = None if address is None else str(address)
            self.take([Diagnostic(severity, message, place, named, rule)])

    def mute(self, place: Place) -> None:
        """Hides all diagnostics that are reported later at exactly this place, because an error that is already known
        causes them.
        """
        self._muted.add(place)

    def has_error(self, place: Place) -> bool:
        """Returns whether an error at exactly this place was added with `error` or `add`."""
        return place in self._wrong

    def take(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds existing diagnostics. Raises InvalidManifest if an error comes after ALL_PROBLEMS diagnostics."""
        for each in diagnostics:
            if len(self.diagnostics) < ALL_PROBLEMS:
                self.diagnostics.append(_cut(each))
            elif each.severity == "error":
                self.diagnostics.append(_cut(each))
                self.finish(is_early=True)
            else:
                self.pass_over(1)

    def pass_over(self, count: int) -> None:
        """Adds `count` to the number of problems that are not shown because there are too many. A diagnostic at the end
        shows the total of these problems.
        """
        self._passed_over += count

    def finish(self, *, is_early: bool = False) -> tuple[Diagnostic, ...]:
        """Returns the diagnostics (warnings and infos), sorted by place, if there are no errors. Raises InvalidManifest
        with the diagnostics if there are errors. In both cases, at most SHOWN_PROBLEMS diagnostics are included, errors
        before warnings. If there are more, a final diagnostic says how many are missing.

        If `is_early` is True, the run ends before everything was checked. Then the final diagnostic says "at least"
        before the number.
        """
        ordered = in_order(self.diagnostics)
        is_wrong = any(diagnostic.severity == "error" for diagnostic in ordered)
        if len(ordered) > SHOWN_PROBLEMS:  # Errors that stop the run come before other diagnostics.
            ordered.sort(key=lambda each: each.severity != "error")
        shown = in_order(ordered[:SHOWN_PROBLEMS])
        hidden = len(ordered) - len(shown) + self._passed_over
        if hidden:
            place = ordered[min(SHOWN_PROBLEMS, len(ordered) - 1)].place
            more = f"{'at least ' if is_early else ''}{hidden:,} more problems are not shown"
            shown.append(Diagnostic("error" if is_wrong else "warning", f"{more}; correct those above first", place))
        if is_wrong:
            raise InvalidManifest(shown)
        return tuple(shown)


def _cut(diagnostic: Diagnostic) -> Diagnostic:
    message = diagnostic.message
    if len(message) <= MESSAGE:
        return diagnostic
    return replace(diagnostic, message=f"{message[: MESSAGE // 2]}…{message[-MESSAGE // 2 :]}")
