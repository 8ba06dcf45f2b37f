"""Exports ids as variables: as lines of a `.env` file, or as `export` commands for a shell."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections import Counter

from provisioner.review.export.exported import MARK, Exported

#: Characters of a variable's name; all others become `_`.
OTHER = re.compile(r"[^A-Z0-9]+")
#: The number of hexadecimal digits that distinguish two names that would become the same variable.
DIGITS = 8


def render_dotenv(exported: Exported) -> str:
    """Returns the lines of a `.env` file with the exported variables. Values with unusual characters are in single
    quotes, so that `$` has no special meaning in them.
    """
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables(exported).items())
    return _head(exported, "dotenv") + "".join(lines)


def render_shell(exported: Exported) -> str:
    """Returns `export` commands for a POSIX shell with the exported variables. A user runs them with `eval "$(provision
    export --format env)"`.
    """
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables(exported).items())
    return _head(exported, "env") + "".join(lines)


def variables(exported: Exported) -> dict[str, str]:
    """Returns a mapping from the name of each exported variable, such as `VECTOR_STORE_HAMLET_ID`, to its value. An
    assistant for the Responses API has no id, so its release number is exported instead, such as
    `ASSISTANT_HAMLET_RELEASE`. If a name is not ASCII, or if two names would give the same variable, a digest of the
    name is a part of the variable.
    """
    named = [(section[:-1], _bare(name), "ID", id) for section, name, id in exported.ids()]
    named += [
        ("assistant", name, "RELEASE", str(exported.assistants[name]["release"])) for name in exported.definitions()
    ]
    plain = [_variable(kind, name, ending) for kind, name, ending, _ in named]
    count = Counter(plain)
    found = {}
    for (kind, name, ending, value), variable in zip(named, plain, strict=True):
        is_clear = count[variable] == 1 and name.isascii()
        found[variable if is_clear else _variable(kind, f"{name}_{_digest(name)}", ending)] = value
    return dict(sorted(found.items()))


def _head(exported: Exported, form: str) -> str:
    return f"# {exported.title()}\n# {MARK}{form}`; do not edit.\n"


def _bare(name: str) -> str:
    """Returns the path of a file if `name` is the address of a file: `docs/a.md` for `file["docs/a.md"]`. Any other
    name is returned unchanged.
    """
    found = re.fullmatch(r'file(?:\.(.+)|\["(.+)"\])', name, re.DOTALL)
    return (found[1] or found[2]) if found else name


def _variable(kind: str, name: str, ending: str) -> str:
    words = OTHER.sub("_", f"{kind}_{name}".upper()).strip("_")
    return f"{words}_{ending}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:DIGITS]
