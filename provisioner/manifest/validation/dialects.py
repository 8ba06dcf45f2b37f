"""Gives advice about paths and globs that have the syntax of other tools."""

from __future__ import annotations

import re
from itertools import islice, product

#: Prefixes of paths in other tools: `@p.md`, `file:p.md`, `file://p.md`, `include p.md`, `${file(p.md)}`.
REFERENCE = re.compile(
    r"(?:@|file:(?://)?|!?include[:\s]\s*|\$\{?file[(:]|\{\{\s*(?:file|include)[\s:(]\s*|<)\s*[\"']?"
    r"([^\s\"'<>(){}]+)[\"']?[\s)}>]*"
)
#: Alternatives in braces (`{md,txt}`) and in parentheses (`(md|txt)`, `@(md|txt)`), as globs of other tools have them.
BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
PARENTHESES = re.compile(r"[@+?*!]?\(([^()]*\|[^()]*)\)")
#: The largest number of patterns that an advice names.
NAMED = 4
LONGEST = 200


def plain_path(text: str) -> str | None:
    """Returns the path in a text that has the syntax of another tool. The result contains `/` between folders. Returns
    None if the text already has the syntax of paths in manifests.
    """
    if len(text) > LONGEST:
        return None
    found = REFERENCE.fullmatch(text)
    path = found[1] if found else text
    path = path.replace("\\", "/")
    return path if path != text else None


def advise_pattern(text: str, *, excluding: bool = False) -> str | None:
    """Returns advice about a path or glob that has the syntax of another tool. The advice says how to write the path or
    glob in a manifest. Returns None if the text has no such syntax. `excluding` says that the text is an item of
    `exclude:`.
    """
    if len(text) > LONGEST:
        return None
    if text.startswith("!"):
        rest = text[1:].lstrip("/") or "…"
        if excluding:
            return "`!` makes no exception here; name only what to remove"
        return f"`!` removes nothing here; write `exclude: ['{rest}']` instead"
    if plain := plain_path(text):
        return f"write `{plain}`: " + ("folders are separated by `/`" if "\\" in text else "a path stands alone here")
    alternatives = _expand(text)
    if len(alternatives) < 2:
        return None
    shown = ", ".join(f"'{each}'" for each in alternatives[:NAMED])
    more = ", …" if len(alternatives) > NAMED else ""
    return f"alternatives are patterns of their own here; write [{shown}{more}]"


def _expand(text: str) -> list[str]:
    """Returns one pattern for each combination of the alternatives in a pattern such as `*.{md,txt}`. At most NAMED + 1
    patterns are returned. Nested alternatives are not expanded.
    """
    parts: list[list[str]] = []
    at = 0
    for match in sorted([*BRACES.finditer(text), *PARENTHESES.finditer(text)], key=lambda each: each.start()):
        if match.start() < at or len(parts) > 8:
            continue
        separator = "," if match.re is BRACES else "|"
        parts += [[text[at : match.start()]], [each.strip() for each in match[1].split(separator)][: NAMED + 1]]
        at = match.end()
    parts.append([text[at:]])
    return ["".join(each) for each in islice(product(*parts), NAMED + 1)]
