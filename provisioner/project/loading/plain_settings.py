"""Reads the location of the state from `provision.yaml`, if the file is written in the usual way.

`provisioner.manifest.project_settings` checks the settings fully. But importing it, or a YAML parser, takes longer than
everything else that `load` does. So this module reads only simple YAML: every line must have exactly one possible
meaning. If a line could have another meaning, the functions return None, and the full check decides.
"""

from __future__ import annotations

import os

from provisioner.core.files.opening import read_unlinked

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    #: The value of a key: the rest of its line, and the lines below it that belong to it.
    Value = tuple[str, list[str]]
    Mapping = dict[str, Value]

FILE = "provision.yaml"
STATE, DEFAULT = "../state", "default"
#: The most bytes of a settings file that is read here.
MOST_BYTES = 1024 * 1024
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
KEY = frozenset(LETTERS + DIGITS + "_-")
#: The characters of unquoted texts that are read here, and those at their beginning.
TEXT = frozenset(LETTERS + LETTERS.upper() + DIGITS + "_./:@%+~=#-")
FIRST = frozenset(LETTERS + LETTERS.upper() + "_./")
#: The characters of mappings in braces that are read here.
IN_BRACES = TEXT | frozenset(" {},")
#: Unquoted words that YAML, or an older version of YAML, reads as something other than a text.
WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
NULLS = ("", "~", "null")
BRACKETS = (("{", "}"), ("[", "]"))


class PlainSettings:
    """The settings that name the location of a state. `state` is the path in the file, relative to `folder`, the folder
    of the settings file. `is_sealed` is True if the state may be encrypted.
    """

    __slots__ = ("environment", "folder", "is_sealed", "project", "state")

    def __init__(self, folder: str, project: str, environment: str, state: str, *, is_sealed: bool) -> None:
        self.folder = folder
        self.project = project
        self.environment = environment
        self.state = state
        self.is_sealed = is_sealed


def find_plain_settings(start: str, environment: str | None) -> PlainSettings | None:
    """Returns the settings of the project in the folder `start` or in a folder above it. `environment` is the
    environment of the project. Returns None if there is no project, or if the settings file is not simple YAML, in
    which every line has exactly one possible meaning.
    """
    folder = _find_folder(os.path.realpath(start))
    if folder is None:
        return None
    try:
        text = read_unlinked(folder, FILE, MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return choose_settings(text, folder, environment)


def choose_settings(text: str, folder: str, environment: str | None) -> PlainSettings | None:
    """Returns the settings in `text`, the content of the settings file in `folder`. `environment` is the environment of
    the project; if it is None, the default of the project is used. Returns None if a needed line could have several
    meanings in YAML.
    """
    top = _read_top(text)
    project = top and _text(top.get("project"))
    if not top or not project:
        return None
    chosen = environment or (_text(top["default_environment"]) if "default_environment" in top else DEFAULT)
    block = _choose_block(top, chosen)
    if not chosen or block is None:
        return None
    state: str | None = STATE
    for layer in (top, block):
        if "state" in layer:
            state = _text(layer["state"])
    if not state or not set(chosen) <= KEY or not set(project) <= KEY:
        return None
    is_sealed = "state_encryption" in top or "state_encryption" in block
    return PlainSettings(folder, project, chosen, state, is_sealed=is_sealed)


def _choose_block(top: Mapping, chosen: str | None) -> Mapping | None:
    """Returns the settings that apply only to the environment `chosen` of the project. `top` are the settings of the
    file. Returns None if these settings are not simple YAML, or if `chosen` is not declared.
    """
    if "environments" not in top:
        return {} if chosen == DEFAULT else None
    environments = _read_nested(top["environments"])
    if not environments or chosen not in environments:
        return None
    return _read_nested(environments[chosen])


def _find_folder(start: str) -> str | None:
    """Returns the path of the nearest folder with the settings file, `provision.yaml`. The folder is `start`, a folder
    above `start`, or a folder `manifests` in one of these folders. Returns None if no such folder exists, or if its
    path contains a symbolic link.

    Looks at the same folders as `provisioner.manifest.project_settings.settings.search`.
    """
    folder = start
    while True:
        for candidate in (folder, os.path.join(folder, "manifests")):
            path = os.path.join(candidate, FILE)
            if os.path.lexists(path) and not os.path.isdir(path):
                return candidate if os.path.realpath(candidate) == candidate else None
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _read_top(text: str) -> Mapping | None:
    """Returns the top-level keys of the settings file `text`, with their values. Returns None if a line of the file
    could have several meanings in YAML.
    """
    lines = text.split("\n")
    if lines[0].rstrip() == "---":
        del lines[0]
    kept = []
    for line in lines:
        bare = line.strip(" ")
        if not bare or bare[0] == "#":
            continue
        if not line.isprintable() or _is_open(line):
            return None
        kept.append(line)
    found = _read_mapping(kept)
    return found if found and not kept[0].startswith(" ") else None


def _is_open(line: str) -> bool:
    """Returns whether a quoted text, a list or a mapping in `line` is not closed, so that it could continue in the next
    line.
    """
    line = _without_comment(line)
    return (
        line.count('"') % 2 == 1
        or line.count("'") % 2 == 1
        or any(line.count(opening) != line.count(closing) for opening, closing in BRACKETS)
    )


def _read_mapping(lines: list[str]) -> Mapping | None:
    """Returns the mapping that is written in `lines`: its YAML keys with their values. Returns None if a line could
    have several meanings in YAML, or if a key is repeated.
    """
    found: Mapping = {}
    indent = len(lines[0]) - len(lines[0].lstrip(" ")) if lines else 0
    below: list[str] | None = None
    for line in lines:
        own = len(line) - len(line.lstrip(" "))
        is_item = own == indent and line[own:].startswith("- ")
        if own > indent or is_item:
            if below is None:
                return None
            below.append(line)
            continue
        key, colon, rest = line[indent:].partition(":")
        if own < indent or not colon or key in found or not key or not set(key) <= KEY or rest[:1] not in ("", " "):
            return None
        below = []
        found[key] = (_without_comment(rest).strip(), below)
    return found


def _read_nested(value: Value) -> Mapping | None:
    """Returns the mapping that is the value of a key. The mapping is written in the lines below the key, or in braces
    without quotes and lists. Returns None if the mapping is written in any other way.
    """
    rest, below = value
    if below:
        return _read_mapping(below) if not rest else None
    if rest in NULLS:
        return {}
    if rest[0] != "{" or rest[-1] != "}" or not set(rest) <= IN_BRACES:
        return None
    found: Mapping = {}
    for item in _split(rest[1:-1]):
        key, colon, text = item.partition(":")
        key, text = key.strip(), text.strip()
        if not colon or not key or not set(key) <= KEY or key in found or f"{key}: {text}" != item.strip():
            return None
        found[key] = (text, [])
    return found


def _split(text: str) -> list[str]:
    """Returns the items of `text`, the inner part of a mapping in braces. An item can itself contain a mapping in
    braces.
    """
    items, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == "," and not depth:
            items.append("")
        else:
            items[-1] += character
    return items if text.strip() else []


def _text(value: Value | None) -> str | None:
    """Returns the text of a YAML value. Returns None if the value is missing, has several lines, contains unusual
    characters, or could be of another type, such as a number.
    """
    if value is None or value[1] or not value[0]:
        return None
    text = value[0]
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    elif text[0] not in FIRST or text[-1] == ":" or text.lower() in WORDS or text[:2].strip(".").isdigit():
        return None
    return text if set(text) <= TEXT else None


def _without_comment(text: str) -> str:
    return text.partition(" #")[0]
