"""Defines the class `Draft`: an entry of a manifest that is being made from an object, and a report on each field of
the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.manifest.validation.foreign import GIVEN, IDS
from provisioner.manifest.writing.found import Found, Unread
from provisioner.manifest.writing.outcomes import FieldOutcome, Outcome

#: The prefix of the metadata keys that are marks of provision.
MARK = "provision_"
EMPTY: tuple[Any, ...] = (None, {}, [], "")


@dataclass
class Draft:
    """An entry of a manifest that is being made from the object `found`. `entry` contains the fields of the entry so
    far. `left` contains the fields of the object that are not processed yet. `outcomes` says for each processed field
    how it was written to the entry, or why it was not.

    Every found object has a key. The entry refers to other objects by their keys until `References` replaces the keys
    by names or paths.
    """

    found: Found
    entry: dict[str, Any] = field(default_factory=dict)
    outcomes: list[FieldOutcome] = field(default_factory=list)
    left: dict[str, Any] = field(init=False)
    note: str | None = None

    def __post_init__(self) -> None:
        self.left = dict(self.found.fields)

    def say(self, path: str, outcome: Outcome, to: str | None = None, reason: str | None = None) -> None:
        """Adds the outcome of one field to the report. `path` is the path of the field in the found object. `to` is the
        path of the field in the manifest if it differs from `path`. `reason` explains the outcome.
        """
        self.outcomes.append(FieldOutcome(path, outcome, to, reason))

    def carry(self, name: str, *, to: str | None = None) -> None:
        """Moves a field of the found object to the manifest entry, and reports it. In the entry, the field has the name
        `to`, or the same name if `to` is None.
        """
        if name in self.left:
            self.place(name, self.left.pop(name), (to or name,))

    def place(self, path: str, value: Any, to: tuple[str, ...]) -> None:
        """Writes `value`, the value of the found object's field at `path`, to the path `to` of the manifest entry.
        Reports the field as carried over or moved.
        """
        owner = self.entry
        for step in to[:-1]:
            owner = owner.setdefault(step, {})
        owner[to[-1]] = value
        shown = ".".join(to)
        self.say(path, Outcome.CARRIED if shown == path else Outcome.MOVED, None if shown == path else shown)

    def drop_given(self) -> None:
        """Removes the fields that the API itself sets, such as `id` and `created_at`, and the fields whose names begin
        with `_`, from the unprocessed fields of the found object (`left`). Each of them is reported.
        """
        for name in [name for name in self.left if name in GIVEN or name in IDS or name.startswith("_")]:
            del self.left[name]
            self.say(name, Outcome.GIVEN)

    def drop_defaults(self, defaults: Mapping[str, Any]) -> None:
        """Removes empty fields from the unprocessed fields of the found object (`left`), and reports them. If the API
        returned the object, also removes and reports each field whose value is the default. `defaults` maps fields to
        their defaults.
        """
        for name, value in list(self.left.items()):
            is_default = self.found.is_echo and name in defaults and defaults[name] == value
            if value in EMPTY or is_default:
                del self.left[name]
                self.say(name, Outcome.DEFAULT)

    def drop_unread(self) -> None:
        """Removes every unread expression from the unprocessed fields of the found object (`left`), and reports it. An
        unread expression (`Unread`) stands for a value that is not known, because source code is never run.
        """
        for name, value in list(self.left.items()):
            kept = self._without_unread(value, name)
            if kept is OMITTED:
                del self.left[name]
            else:
                self.left[name] = kept

    def drop_left(self, why: str) -> None:
        """Removes all fields that are still unprocessed (`left`), and reports that a manifest cannot express them.
        `why` is the reason in the report.
        """
        for name in list(self.left):
            del self.left[name]
            self.say(name, Outcome.HOMELESS, reason=why)

    def take_tools(self) -> list[Any]:
        """Removes the field `tools` from the unprocessed fields of the found object (`left`), and returns the tools. If
        the field is not a list, reports this and returns an empty list.
        """
        tools = self.left.pop("tools", None) or []
        if isinstance(tools, list):
            return tools
        self.say("tools", Outcome.HOMELESS, reason="a list of tools is expected here")
        return []

    def carry_metadata(self) -> None:
        """Moves the field `metadata` of the found object to the manifest entry. Ownership marks are left out: the
        metadata with which provision marks an object as its own.
        """
        metadata = self.left.pop("metadata", None)
        if not isinstance(metadata, Mapping):
            if metadata:
                self.say("metadata", Outcome.HOMELESS, reason="a mapping of texts is expected here")
            return
        own = {str(key): _spell(value) for key, value in metadata.items() if not str(key).startswith(MARK)}
        for key in metadata.keys() - own.keys():
            self.say(f"metadata.{key}", Outcome.GIVEN, reason="it is a mark of this tool")
        if own:
            self.place("metadata", own, ("metadata",))

    def _without_unread(self, value: Any, path: str) -> Any:
        if isinstance(value, Unread):
            advice = "write its value by hand"
            self.say(
                path, Outcome.UNREAD, reason=f"`{_short(value.text)}` is not read, because nothing is run; {advice}"
            )
            return OMITTED
        if isinstance(value, Mapping):
            pairs = {key: self._without_unread(item, f"{path}.{key}") for key, item in value.items()}
            return {key: item for key, item in pairs.items() if item is not OMITTED}
        if isinstance(value, list | tuple):
            items = [self._without_unread(item, f"{path}[{index}]") for index, item in enumerate(value)]
            return [item for item in items if item is not OMITTED]
        return value


#: Stands for a value that is left out. None is not used for this, because null is a value.
OMITTED = object()


def filled(value: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, Any]:
    """Returns the fields of a mapping whose value is not None. If `names` is given, all fields with other names are
    left out.
    """
    return {key: item for key, item in value.items() if item is not None and (names is None or key in names)}


def _spell(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}…"
