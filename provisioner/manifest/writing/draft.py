"""An entry of a manifest while it is made from an object, together with what became of each field of the object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.manifest.validation.foreign import GIVEN, IDS
from provisioner.manifest.writing.found import Found, Unread
from provisioner.manifest.writing.outcomes import FieldOutcome, Outcome

#: The keys of metadata that are this tool's marks begin so.
MARK = "provision_"
EMPTY: tuple[Any, ...] = (None, {}, [], "")


@dataclass
class Draft:
    """An entry in the making. `entry` has the fields as in a manifest, and `left` the fields of the object that no
    function has taken yet.

    Ids of other objects in the entry are the keys of found objects until they are replaced by names.
    """

    found: Found
    entry: dict[str, Any] = field(default_factory=dict)
    outcomes: list[FieldOutcome] = field(default_factory=list)
    left: dict[str, Any] = field(init=False)
    note: str | None = None

    def __post_init__(self) -> None:
        self.left = dict(self.found.fields)

    def say(self, path: str, outcome: Outcome, to: str | None = None, reason: str | None = None) -> None:
        """Records what became of a field."""
        self.outcomes.append(FieldOutcome(path, outcome, to, reason))

    def carry(self, name: str, *, to: str | None = None) -> None:
        """Takes a field, and writes its value to the entry, under the name `to` if that differs."""
        if name in self.left:
            self.place(name, self.left.pop(name), (to or name,))

    def place(self, path: str, value: Any, to: tuple[str, ...]) -> None:
        """Writes a value to the path `to` of the entry, and records it as carried over or moved."""
        owner = self.entry
        for step in to[:-1]:
            owner = owner.setdefault(step, {})
        owner[to[-1]] = value
        shown = ".".join(to)
        self.say(path, Outcome.CARRIED if shown == path else Outcome.MOVED, None if shown == path else shown)

    def drop_given(self) -> None:
        """Takes the fields that the API sets itself, such as `id` and `created_at`."""
        for name in [name for name in self.left if name in GIVEN or name in IDS or name.startswith("_")]:
            del self.left[name]
            self.say(name, Outcome.GIVEN)

    def drop_defaults(self, defaults: Mapping[str, Any]) -> None:
        """Takes the fields that have no value. If the API returned the object, also those that have the value of a
        default.
        """
        for name, value in list(self.left.items()):
            is_default = self.found.is_echo and name in defaults and defaults[name] == value
            if value in EMPTY or is_default:
                del self.left[name]
                self.say(name, Outcome.DEFAULT)

    def drop_unread(self) -> None:
        """Takes the fields that contain an expression, as far as they do."""
        for name, value in list(self.left.items()):
            kept = self._without_unread(value, name)
            if kept is OMITTED:
                del self.left[name]
            else:
                self.left[name] = kept

    def drop_left(self, why: str) -> None:
        """Takes all fields that are left, and records that they have no home."""
        for name in list(self.left):
            del self.left[name]
            self.say(name, Outcome.HOMELESS, reason=why)

    def carry_metadata(self) -> None:
        """Takes the field `metadata`, and writes all pairs except this tool's marks."""
        metadata = self.left.pop("metadata", None)
        if not isinstance(metadata, Mapping):
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


#: The place of a value that is left out. None cannot be used, because null is a value.
OMITTED = object()


def filled(value: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, Any]:
    """Returns the fields of a mapping that have a value; only those in `names`, if given."""
    return {key: item for key, item in value.items() if item is not None and (names is None or key in names)}


def _spell(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}…"
