"""Defines `Recorded`: the recorded objects of a project in one of its environments, from which applications load."""

from __future__ import annotations

import json

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: The type of records that hold definitions; it is a part of the state's format.
DEFINITION = "definition"
#: The type of assistants' records, by target.
TYPE_OF_TARGET = {"responses": DEFINITION, "agents": "agent", "assistants": "assistant"}
#: The most names that an error enumerates.
SHOWN = 20
#: The kinds of addresses, other than assistants, that `load_id` takes.
OTHER_KINDS = tuple(f"{kind}{mark}" for kind in ("vector_store", "environment", "file", "skill") for mark in ".[")


class Recorded:
    """The recorded objects of a project in one of its environments.

    `objects` maps addresses, such as `assistant.hamlet`, to records. A record is a mapping with `type` and `id`. The
    record of a definition has `inputs` (the arguments of an API call) and `release`; its `id`, if it has one, is not
    used. `place` is the location from which the records were read, for messages.
    """

    __slots__ = ("objects", "place")

    def __init__(self, objects: Mapping[str, Mapping[str, Any]], place: str) -> None:
        self.objects = objects
        self.place = place

    def find_assistant(self, name: str) -> Mapping[str, Any]:
        """Returns the record of the assistant `name`. Raises UsageError if the assistant has no record, and StateError
        if the record lacks a needed field.
        """
        found = self._get("assistant", name)
        if found is None and name.startswith("assistant."):
            found = self._get("assistant", name.removeprefix("assistant."))
        if found is None:
            raise self._unknown(name)
        return self._checked(found, name)

    def find(self, name: str) -> Mapping[str, Any]:
        """Returns the record of the assistant `name`. If `name` is an address, returns the record of the object at this
        address. Raises UsageError if there is no such record, and StateError if the record lacks a needed field.
        """
        found = self.objects.get(normalise(name))
        if found is None and name.startswith(OTHER_KINDS):
            raise self._unknown_address(name)
        return self.find_assistant(name) if found is None else self._checked(found, name)

    def _get(self, kind: str, name: str) -> Mapping[str, Any] | None:
        name = normalise(name)
        found = self.objects.get(f"{kind}.{name}")
        # The address of a name with unusual characters has the name in quotes.
        return self.objects.get(f"{kind}[{json.dumps(name, ensure_ascii=False)}]") if found is None else found

    def _checked(self, record: Any, name: str) -> Mapping[str, Any]:
        """Returns `record` if it has the fields that `load` and `load_id` use. Otherwise raises StateError. `name` is
        the name of the object, for the message.
        """
        if isinstance(record, dict):
            is_definition = record.get("type") == DEFINITION
            if isinstance(record.get("inputs"), dict) if is_definition else _is_text(record.get("id")):
                return record
        raise self.unfit(name)

    def unfit(self, name: str) -> Exception:
        """Returns the error to raise if the record of the object `name` has an unknown form, so that provision cannot
        have written it.
        """
        from provisioner.core.errors import StateError
        from provisioner.core.text.visible import on_one_line

        return StateError(
            f"what {self.place} has about `{on_one_line(name)}` is not what provision wrote",
            hint="restore it from version control or a backup, or export it again",
        )

    def _unknown_address(self, address: str) -> Exception:
        from provisioner.core.errors import UsageError
        from provisioner.core.text.visible import on_one_line

        kind = next(each for each in OTHER_KINDS if address.startswith(each))[:-1]
        names = sorted(each for each in self.objects if each.startswith((f"{kind}.", f"{kind}[")))
        known = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        return UsageError(
            f"{on_one_line(address)} is not recorded in {self.place}; "
            + (f"there are: {on_one_line(known)}" if names else f"no {kind} is recorded there"),
            hint="correct the address, or apply its manifest first: provision apply",
        )

    def _unknown(self, name: str) -> Exception:
        from provisioner.core.errors import UsageError
        from provisioner.core.text.visible import on_one_line

        names = sorted(address[len("assistant") :].lstrip(".") for address in self.objects if _is_assistant(address))
        known = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        return UsageError(
            f"no assistant called `{on_one_line(name)}` is recorded in {self.place}; "
            + (f"there are: {on_one_line(known)}" if names else "nothing is recorded there yet"),
            hint="correct the name, or apply its manifest first: provision apply",
        )


def _is_assistant(address: str) -> bool:
    return address.startswith(("assistant.", "assistant["))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def normalise(name: str) -> str:
    """Returns `name` in Unicode's normal form C (NFC), which all names of resources have. Raises UsageError if `name`
    is not a text.
    """
    if not isinstance(name, str):
        from provisioner.core.errors import UsageError

        raise UsageError(f"the name of an assistant is a text, not {type(name).__name__}")
    if name.isascii():
        return name
    from provisioner.core.text.composition import to_nfc

    return to_nfc(name)
