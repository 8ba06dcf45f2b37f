"""GitHub's expressions, as far as action.yml has them: names, texts, `==`, `!=`, `&&`, `||`, `!` and `always()`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TEMPLATE = re.compile(r"\$\{\{(.*?)\}\}")
TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*')|(?P<name>[a-z_]+(?:\.[\w-]+)+)|(?P<call>always\(\))|(?P<sign>==|!=|&&|\|\||!|[()]))"
)
SIGNS = {"&&": "and", "||": "or", "!": "not"}


def fill(text: str, contexts: Mapping[str, Any]) -> str:
    """The text with its templates filled in."""
    return TEMPLATE.sub(lambda found: spell(evaluate(found[1], contexts)), text)


def holds(condition: str, contexts: Mapping[str, Any], *, succeeded: bool) -> bool:
    """Whether a step runs. A condition that does not speak of the job's status means success, too."""
    said = bool(evaluate(condition.removeprefix("${{").removesuffix("}}"), contexts)) if condition else True
    return said and (succeeded or "always()" in condition)


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """The expression's value. Raises ValueError for what is none of ours."""
    python, at, text = [], 0, text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise ValueError(f"cannot read `{text[at:]}` in `{text}`")
        at = found.end()
        if found["name"]:
            python.append(repr(look_up(found["name"], contexts)))
        else:
            python.append("True" if found["call"] else found["text"] or SIGNS.get(found["sign"], found["sign"]))
    return eval(" ".join(python), {"__builtins__": {}})


def look_up(name: str, contexts: Mapping[str, Any]) -> Any:
    """What a name means: nothing, where a step did not run; but the first part has to be known."""
    first, *rest = name.split(".")
    value: Any = contexts[first]
    for part in rest:
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


def spell(value: Any) -> str:
    """A value in a text."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
