"""Makes names of resources from the display names of objects. The names are readable, unique, and the same in each
run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from unicodedata import category

from msgspec import Struct, field

from provisioner.core.text.composition import to_nfc
from provisioner.manifest.declarations import MARKS, is_name

#: The most characters of a name that is made from a display name. Names become names of files.
LONGEST = 60
#: The names of devices on Windows, where they cannot be names of files.
DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def readable_name(text: str, otherwise: str) -> str:
    """Returns a name that resembles `text`. The name is in NFC and lowercase, with `-` for each sequence of other
    characters.

    Returns `otherwise` if no character of `text` can be in a name, or if the name would be that of a device on Windows.
    """
    kept = (each if _is_kept(each) else "-" for each in to_nfc(to_nfc(text).lower()))
    name = re.sub("-{2,}", "-", "".join(kept))
    name = _without_marks(name.strip("-_"))[:LONGEST].rstrip("-_")
    return name if name and is_name(name) and name not in DEVICES else otherwise


def _is_kept(character: str) -> bool:
    return character == "_" or character.isalnum() or category(character) in MARKS


def _without_marks(name: str) -> str:
    """Returns the name without the combining marks at its beginning."""
    start = 0
    while start < len(name) and (category(name[start]) in MARKS or name[start] == "-"):
        start += 1
    return name[start:]


class Names(Struct):
    """The names that are taken in each section of manifests. If two names differ only in case, taking one also takes
    the other, because some file systems do not distinguish the two.
    """

    _taken: dict[str, set[str]] = field(default_factory=dict)
    _next: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, section: str, names: Iterable[str]) -> None:
        """Marks `names` as taken in a section of the manifests, so that no new entry of the section gets them."""
        self._taken.setdefault(section, set()).update(name.casefold() for name in names)

    def choose(
        self, section: str, text: str, otherwise: str, *, reserved: Collection[str] = (), exact: bool = False
    ) -> str:
        """Returns a free name in a section, and marks it as taken. The name resembles `text`, or is `otherwise` if no
        character of `text` can be in a name. If this name is taken or reserved, a number is appended.

        With `exact`, a text that is a valid name is not changed. `reserved` are names that no entry may have.
        """
        name = text if exact and is_name(text) else readable_name(text, otherwise)
        taken = self._taken.setdefault(section, set())
        free = name
        while free.casefold() in taken or free in reserved:
            count = self._next.get((section, name), 1) + 1
            self._next[section, name] = count
            free = f"{name}-{count}"
        taken.add(free.casefold())
        return free
