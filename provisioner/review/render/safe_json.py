"""Writes JSON texts without secrets, and diagnostics as JSON. This module does not import the modules of plans, so that
commands that make no plan need not load them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from provisioner.core.diagnostic import Diagnostic, in_order
from provisioner.core.text.redaction import holds_secret, redact, redact_values
from provisioner.core.text.safetext import SafeText
from provisioner.core.text.visible import escape_hidden

#: A command to a CI runner, as in `provisioner.core.text.safetext`. Commands with `::` are not searched, because no
#: line of JSON begins with `::`.
COMMAND = re.compile(r"#(?=#\w*\[)")


def dumps(body: Any) -> SafeText:
    """Returns the JSON text of `body`, indented by two spaces and without secrets. Invisible characters and commands to
    CI runners are escaped.
    """
    return safe_json(json.dumps(body, ensure_ascii=False, indent=2, default=_to_plain))


def safe_json(text: str) -> SafeText:
    """Returns `text`, a JSON text, without secrets. Invisible characters and commands to CI runners are escaped; the
    escapes do not change the values.
    """
    if holds_secret(text):
        text = json.dumps(redact_values(json.loads(text)), ensure_ascii=False, indent=2)
    return SafeText(COMMAND.sub(r"\\u0023", escape_hidden(text)))


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Returns the diagnostics as JSON objects, sorted by their places in the files. If a diagnostic has no place, its
    `file`, `line` and `column` are null.
    """
    return [_diagnostic_json(each) for each in in_order(list(diagnostics))]


def _diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Returns a diagnostic as a JSON object. If the diagnostic has a hint, a status or a code, the object contains all
    three fields `hint`, `status` and `code`. Otherwise, the object contains none of them.
    """
    place = diagnostic.place
    body = {
        "severity": diagnostic.severity,
        "message": redact(diagnostic.text),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "address": diagnostic.address,
    }
    return body | next_steps(diagnostic)


def next_steps(diagnostic: Diagnostic) -> dict[str, Any]:
    """Returns the fields `hint`, `status` and `code` of a diagnostic, or an empty mapping if the diagnostic has none of
    them.
    """
    if (diagnostic.hint, diagnostic.status, diagnostic.code) == (None, None, None):
        return {}
    hint, code = (None if each is None else redact(each) for each in (diagnostic.hint, diagnostic.code))
    return {"hint": hint, "status": diagnostic.status, "code": code}


def _to_plain(value: Any) -> Any:
    """Returns the JSON form of a value that the JSON encoder does not know. Such values, for example an id that is not
    known yet, occur only in plans.
    """
    from provisioner.review.view.difference import to_plain

    return to_plain(value)
