"""Addresses of resources, for example `vector_store.hamlet` and `file["manifests/books/hamlet.pdf"]`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from unicodedata import category

from provisioner.core.errors import UsageError
from provisioner.core.text.composition import to_nfc

#: Names that need no quotes: letters of any script, digits, `_` and `-`.
NAME = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The identity of a resource: its kind and its name. The name of a file that is not declared is its path from the
    root.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        if NAME.fullmatch(_without_marks(self.name)):
            return f"{self.kind}.{self.name}"
        return f"{self.kind}[{json.dumps(self.name, ensure_ascii=False)}]"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Returns the address that `text` contains, in the format that `str(address)` has. Raises UsageError for any
        other text. `kind."name"` is accepted too, because YAML reads brackets inside braces as a list.
        """
        kind, dot, name = text.partition(".")
        if dot and re.fullmatch(r"[a-z_]+", kind) and NAME.fullmatch(_without_marks(name)):
            return cls(kind, to_nfc(name))
        quoted = re.fullmatch(r"([a-z_]+)(?:\[(\".*\")\]|\.(\".*\"))", text, re.DOTALL)
        if quoted:
            try:
                return cls(quoted[1], str(json.loads(quoted[2] or quoted[3])))
            except ValueError:
                pass
        raise UsageError(
            f"`{text}` is not an address",
            hint="write it as in the plan: vector_store.hamlet, or 'file[\"books/hamlet.pdf\"]' (quoted for the shell)",
        )


def _without_marks(name: str) -> str:
    r"""Returns `name` with `_` in the place of each combining mark (Mn, Mc), because `\w` does not match these marks.

    A name that begins with such a mark is returned unchanged.
    """
    if name.isascii() or category(name[0]) in ("Mn", "Mc"):
        return name
    return "".join("_" if category(each) in ("Mn", "Mc") else each for each in name)
