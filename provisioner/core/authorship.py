"""Defines the author of a state: who wrote the state, when, and with which command. `provision state history` lists the
authors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

#: The end of the year 9999 in seconds since 1970: later times cannot be displayed.
LATEST_TIME = 253_402_300_799


class Authorship(Struct, frozen=True):
    """The run that wrote a state: its time, user and command, as far as these are known.

    `time` is in seconds since 1970. `who` is `user@host`, as in the lock. `command` is the command line without the
    program. `counts` maps each action to the number of its applied changes. It also contains the numbers of changes
    that failed (`failed`) and that were skipped (`skipped`).
    """

    time: float
    who: str
    command: str
    counts: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the fields of the Authorship as JSON data. Counts that are zero are left out."""
        counts = {name: count for name, count in self.counts.items() if count}
        return {"time": self.time, "who": self.who, "command": self.command, **({"counts": counts} if counts else {})}

    @classmethod
    def from_json(cls, body: Any) -> Authorship:
        """Returns the Authorship that `body` describes in the format of `to_json`. Raises KeyError, TypeError or
        ValueError if `body` has another format.
        """
        time, counts = body["time"], body.get("counts", {})
        numbers = [time, *counts.values()]
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers):
            raise TypeError("a time or a count is no number")
        if not all(0 <= each <= LATEST_TIME for each in numbers):
            raise ValueError("a time or a count is out of its range")
        if not isinstance(body["who"], str) or not isinstance(body["command"], str):
            raise TypeError("who or command is no text")
        return cls(time, body["who"], body["command"], counts)
