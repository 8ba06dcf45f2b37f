"""Defines the address of a resource: a kind and a name, for example `vector_store.hamlet` and
`file["manifests/books/hamlet.pdf"]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from unicodedata import category

from msgspec import Struct

from provisioner.core.errors import UsageError
from provisioner.core.text.composition import to_nfc

#: The names that need no quotes in an address: letters of any script, digits, `_` and `-`.
NAME = re.compile(r"\w[\w-]*")
#: An address whose name is in brackets and quotes, and contains only ASCII characters that JSON does not escape.
PLAIN_QUOTED = re.compile(r'([a-z_]+)\["([ !#-\[\]-~]*)"\]')
#: The kind of the addresses of files, the beginning of such an address with a path, and such addresses on lines.
FILE = "file"
FILE_BEGIN = f'{FILE}["'
FILE_LINES = re.compile(r'(?:file\["[ !#-\[\]-~]*"\]\n)*')
#: A path of ASCII characters that JSON does not escape. It can be neither a name without quotes nor an instance.
PLAIN_PATH = re.compile(r"[ !#-.0-\[\]-~]*/[ !#-\[\]-~]*")
#: Such paths on lines.
PATH_LINES = re.compile(r"(?:[ !#-.0-\[\]-~]*/[ !#-\[\]-~]*\n)*")
#: The name of an instance of `for_each`: the name of its declaration, and its key in quotes.
INSTANCE = re.compile(r"([^\[\].\"]+)\[(\".*\")\]", re.DOTALL)


class Address(Struct, frozen=True, order=True, gc=False):
    """The identity of a resource: its kind and its name. If no manifest declares a file, the name of the file is its
    path below the project's root folder.

    With `for_each`, one entry of a manifest makes several resources, one for each key. The name of such a resource
    contains its key: `tutor["math"]`.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        if PLAIN_PATH.fullmatch(self.name):  # Most addresses are those of files.
            return f'{self.kind}["{self.name}"]'
        if NAME.fullmatch(_without_marks(self.name)) or split_instance(self.name):
            return f"{self.kind}.{self.name}"
        # This is what `json.dumps` without `ensure_ascii` returns, without a new encoder for each address.
        return f"{self.kind}[{encode_basestring(self.name)}]"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Returns the address that is written in `text`, for example `file["books/hamlet.pdf"]`. Raises UsageError if
        `text` is not an address.

        The format is that of `str(address)`. The notation `kind."name"` is accepted too, because YAML reads brackets
        inside braces as a list.
        """
        if found := PLAIN_QUOTED.fullmatch(text):  # Most addresses are those of files.
            return cls(found[1], found[2])
        kind, dot, name = text.partition(".")
        if dot and re.fullmatch(r"[a-z_]+", kind) and NAME.fullmatch(_without_marks(name)):
            return cls(kind, to_nfc(name))
        if dot and re.fullmatch(r"[a-z_]+", kind) and (instance := split_instance(name)):
            return cls(kind, instance_name(*instance))
        quoted = re.fullmatch(r"([a-z_]+)(?:\[(\".*\")\]|\.(\".*\"))", text, re.DOTALL)
        if quoted:
            try:
                return cls(quoted[1], str(json.loads(quoted[2] or quoted[3])))
            except ValueError:
                pass
        example = "vector_store.hamlet, or 'file[\"books/hamlet.pdf\"]' (quoted for the shell)"
        if NAME.fullmatch(text) and len(text) <= 100:
            example = f"assistant.{text}, or vector_store.{text}"
        raise UsageError(f"`{text}` is not an address", hint=f"write it as in the plan: {example}")


def parse_addresses(texts: Sequence[str]) -> list[Address]:
    """Returns the addresses that are written in `texts`, as `Address.parse` does. Raises UsageError if one of them is
    not an address.
    """
    # In a large project, nearly all addresses are those of files, and one search in all texts decides what they are.
    paths = [text for text in texts if text.startswith(FILE_BEGIN)]
    lines = "\n".join([*paths, ""])
    if lines.count("\n") != len(paths) or not FILE_LINES.fullmatch(lines):
        return list(map(Address.parse, texts))
    begin = len(FILE_BEGIN)
    return [Address(FILE, text[begin:-2]) if text.startswith(FILE_BEGIN) else Address.parse(text) for text in texts]


def spell_addresses(addresses: Sequence[Address]) -> list[str]:
    """Returns the texts of `addresses`, as `str` does."""
    # In a large project, nearly all addresses are those of files, and one search in all paths decides how to write
    # them. The paths are searched without the few other addresses.
    paths = [address.name for address in addresses if address.kind == FILE]
    lines = "\n".join([*paths, ""])
    if lines.count("\n") != len(paths) or not PATH_LINES.fullmatch(lines):
        return list(map(str, addresses))
    return [f'{FILE_BEGIN}{it.name}"]' if it.kind == FILE else str(it) for it in addresses]


def instance_name(name: str, key: str) -> str:
    """Returns the name of a resource that `for_each` makes, in Unicode's form NFC. `name` is the name of the manifest's
    entry, and `key` is the key of the resource. For `tutor` and `math`, the result is `tutor["math"]`.
    """
    return to_nfc(f"{name}[{json.dumps(key, ensure_ascii=False)}]")


def split_instance(name: str) -> tuple[str, str] | None:
    """Returns the two parts of the name of a resource that `for_each` makes: the name of the manifest's entry, and the
    key. For `tutor["math"]` they are `tutor` and `math`. Returns None if `name` is the name of another resource.
    """
    if not name.endswith('"]'):
        return None
    found = INSTANCE.fullmatch(name)
    if found is None or not NAME.fullmatch(_without_marks(found[1])):
        return None
    try:
        key = json.loads(found[2])
    except ValueError:
        return None
    return (found[1], key) if instance_name(found[1], key) == to_nfc(name) else None


def _without_marks(name: str) -> str:
    r"""Returns `name` with `_` in place of each combining mark, because `\w` does not match combining marks.

    Combining marks are Unicode's categories Mn and Mc. A name that begins with a combining mark is returned unchanged.
    """
    if name.isascii() or category(name[0]) in ("Mn", "Mc"):
        return name
    return "".join("_" if category(each) in ("Mn", "Mc") else each for each in name)
