"""Converts the path of a field in an object to text and back. A path is the name of the field, optionally followed by a
key inside the field: a metadata key, or the key of a file in a vector store.
"""

from __future__ import annotations

import re

#: A path: the name of a field, optionally followed by a key inside the field. The path of the whole object is empty.
FieldPath = tuple[str, ...]

#: The field that holds the files of a vector store, each under a key of its own.
MEMBERS = "files"
#: The field with key-value pairs. Some of these pairs are marks of provision, which name the owner of the object.
METADATA = "metadata"
MEMBER = re.compile(rf"{MEMBERS}\[(.*)\]", re.DOTALL)


def path_text(path: FieldPath) -> str | None:
    """Returns `path` in the form that plans display: `name`, `metadata.key` or `files[key]`. Returns None for an empty
    path.
    """
    if not path:
        return None
    name, *keys = path
    return f"{name}[{keys[0]}]" if name == MEMBERS and keys else ".".join(path)


def parse_path(text: str | None) -> FieldPath:
    """Returns the path of the field that `text` names in the format of `path_text`, such as `metadata.key`. Returns the
    empty path for None.

    A text in another format is used as the name of a field, so that `path_text` returns the same text again.
    """
    if text is None:
        return ()
    if found := MEMBER.fullmatch(text):
        return (MEMBERS, found[1])
    name, dot, key = text.partition(".")
    return (name, key) if dot and name != MEMBERS else (text,)


def is_member(path: FieldPath) -> bool:
    """Returns whether `path` names one file of a vector store."""
    return len(path) > 1 and path[0] == MEMBERS
