"""Reads the scripts of the scripted model. Each mistake in a rule is reported with its file, line and column, except
slow regular expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from provisioner.core.errors import UsageError
from provisioner.core.files.named import read_named
from provisioner.emulator.answering.scripts.matching import MOST_READING, SlowPattern, limited
from provisioner.emulator.answering.scripts.nodes import HINT, Place, read_root
from provisioner.emulator.answering.scripts.placeholders import is_known, names_in
from provisioner.emulator.answering.scripts.rules import Rule
from provisioner.emulator.answering.scripts.steps import Step
from provisioner.emulator.faults import TURN_EFFECTS

SHIPPED = "shipped.yaml"
#: The largest script in bytes, and the longest wait in seconds.
MOST_BYTES, LONGEST_WAIT = 4 * 1024 * 1024, 600.0
SUBJECTS = ("input", "instructions", "result", "model", "file")
CONDITIONS = (*SUBJECTS, "result_of", "tools", "without_tools")
FAILURES = TURN_EFFECTS[:4]
REASONS = ("max_output_tokens", "content_filter")
#: The kinds of steps, each with the further keys that it may have.
STEPS: Mapping[str, tuple[str, ...]] = {
    "text": ("otherwise",),
    "reason": (),
    "refuse": (),
    "call": ("arguments",),
    "custom_call": ("input",),
    "search": (),
    "code": ("output", "files"),
    "web_search": ("sources",),
    "mcp": ("server", "arguments", "output"),
    "wait": (),
    "fail": ("message",),
    "incomplete": (),
    "expire": (),
}


def read_script(path: Path) -> tuple[Rule, ...]:
    """Returns the rules of the script at `path`. Raises UsageError if the script cannot be read or contains a
    mistake.
    """
    try:
        data = read_named(path)
    except OSError as error:
        raise UsageError(f"the script {path} cannot be read: {error.strerror}", hint="name another file") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"the script {path} is larger than {MOST_BYTES} bytes", hint="use fewer rules")
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"the script {path} is not UTF-8 text", hint="save it as UTF-8") from error
    return read_rules(path, content)


def read_shipped() -> tuple[Rule, ...]:
    """Returns the rules of the included script. These rules are for the examples of the project."""
    return read_rules(Path(SHIPPED), files(__package__).joinpath(SHIPPED).read_text(encoding="utf-8"))


def read_rules(path: Path, content: str) -> tuple[Rule, ...]:
    """Returns the rules in `content`, the YAML text of a script. `path` is the name of the script in error messages.
    Raises UsageError if the script contains a mistake.
    """
    root = read_root(path, content).entries("rules")
    if "rules" not in root:
        raise UsageError(f"{path}: `rules` is missing", hint=HINT)
    places = root["rules"].items()
    try:
        return limited(lambda: tuple(_read_rule(each, number) for number, each in enumerate(places, 1)), MOST_READING)
    except SlowPattern as error:
        message = f"{path}: the regular expressions take more than {MOST_READING:g} s to read"
        raise UsageError(message, hint="simplify them") from error


def _read_rule(place: Place, number: int) -> Rule:
    entries = place.entries("name", "when", "reply")
    if "reply" not in entries:
        raise place.error("this rule has no `reply`")
    when = entries["when"].entries(*CONDITIONS) if "when" in entries else {}
    patterns = {subject: _patterns(when[subject]) for subject in SUBJECTS if subject in when}
    if "result" in patterns and "result_of" not in when:
        raise when["result"].error("a rule with `result` also needs `result_of`, the names of the functions")
    groups = sorted({group for each in patterns.values() for pattern in each for group in _groups(pattern)})
    reply = tuple(_read_step(step, groups) for step in entries["reply"].items_or_one())
    if not reply:
        raise entries["reply"].error("a reply needs at least one step")
    name = entries["name"].text() if "name" in entries else f"rule {number}"
    return Rule(name, reply, patterns, *(_names(when, key) for key in ("result_of", "tools", "without_tools")))


def _names(when: Mapping[str, Place], key: str) -> tuple[str, ...]:
    return tuple(item.text() for item in when[key].items_or_one()) if key in when else ()


def _patterns(place: Place) -> list[re.Pattern[str]]:
    found = []
    for item in place.items_or_one():
        try:
            found.append(re.compile(item.text(), re.IGNORECASE | re.DOTALL))
        except (re.error, OverflowError, RecursionError) as error:
            raise item.error(f"this is no regular expression: {error}") from error
    return found


def _groups(pattern: re.Pattern[str]) -> list[str]:
    return [*map(str, range(pattern.groups + 1)), *pattern.groupindex]


def _read_step(place: Place, groups: Sequence[str]) -> Step:
    if not isinstance(place.node.value, list):
        return Step("text", _template(place, groups))
    keys = [key for key in place.entries() if key in STEPS]
    if len(keys) != 1:
        found = f"it has {' and '.join(f'`{key}`' for key in keys)}" if keys else "it has none"
        raise place.error(f"a step has exactly one of {', '.join(STEPS)}; {found}")
    kind = keys[0]
    entries = place.entries(kind, *STEPS[kind])
    text = entries[kind].text() if kind == "code" else _template(entries[kind], groups)
    _check(kind, entries, text)
    more = {key: _more(key, entries[key], groups) for key in STEPS[kind] if key in entries}
    return Step(kind, text, more)


def _check(kind: str, entries: Mapping[str, Place], text: str) -> None:
    place = entries[kind]
    if kind == "fail" and text not in FAILURES:
        raise place.error(f"`{text}` is no failure; known are: {', '.join(FAILURES)}")
    if kind == "incomplete" and text not in REASONS:
        raise place.error(f"`{text}` is no reason; known are: {', '.join(REASONS)}")
    if kind == "wait":
        place.number(0, LONGEST_WAIT)
    if kind == "mcp" and "server" not in entries:
        raise place.error("a call of an MCP tool needs `server`, the label of the server")


def _more(key: str, place: Place, groups: Sequence[str]) -> Any:
    if key == "files":
        return {name: _template(content, groups) for name, content in place.entries().items()}
    if key == "sources":
        return [item.text() for item in place.items_or_one()]
    if key == "arguments":
        value = place.value()
        if not isinstance(value, dict):
            raise place.error("arguments are a mapping")
        _check_names(json.dumps(value, ensure_ascii=False), place, groups)
        return value
    return _template(place, groups)


def _template(place: Place, groups: Sequence[str]) -> str:
    text = place.text()
    _check_names(text, place, groups)
    return text


def _check_names(text: str, place: Place, groups: Sequence[str]) -> None:
    for name in names_in(text):
        if not is_known(name, groups):
            raise place.error(f"`{{{{{name}}}}}` has no meaning here: no pattern of the rule has such a group")
