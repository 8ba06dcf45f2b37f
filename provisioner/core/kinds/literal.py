"""Checks texts that are sent to the API unchanged, such as names of models. In such a text, a placeholder or a
typographic character is a mistake.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from provisioner.core.kinds.model import Filled, refuse

#: Placeholders of other tools: `${MODEL}`, `$MODEL`, `$(MODEL)`, `{{ model }}`, `{model}`, `<model>`, `%MODEL%`.
PLACEHOLDER = re.compile(r"\$[({][^)}]*[)}]?|\$[A-Z_][A-Z0-9_]*|\{\{?[^{}]*\}?\}?|<[^<>]*>|%[A-Z_]{2}[A-Z0-9_]*%")
QUOTES = re.compile("[\"'`´\u00ab\u00bb\u2018-\u201f\u2039\u203a\u2032\u2033\u300c-\u300f]")
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
#: A space, or a character that cannot be seen.
SPACE = re.compile("[\\s\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\u3000\ufeff]")


def sent_literally(what: str, advice: str) -> Callable[[str], str]:
    """Returns a validator that returns a text unchanged, or raises a validation error if the text contains a
    placeholder, a quotation mark, a typographic dash, a space or an invisible character.

    `what` describes the text in the error message, and `advice` says what to write instead.
    """

    def check(value: str) -> str:
        if found := PLACEHOLDER.search(value):
            raise refuse(f"`{found[0][:60]}` is not filled in: {what} is sent as it is written; {advice}")
        for pattern, kind in ((QUOTES, "the quotation mark"), (DASHES, "the dash"), (SPACE, "the character")):
            if found := pattern.search(value):
                shown = "a space" if found[0] == " " else f"{kind} {_show(found[0])}"
                raise refuse(f"{what} holds {shown}, which no such text has; {_mend(found[0])}")
        return value

    return check


def _show(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' ({name.lower()})' if name else ''}"


def _mend(character: str) -> str:
    return "write `-`" if DASHES.match(character) else "remove it"


def _literal(what: str, advice: str) -> AfterValidator:
    return AfterValidator(sent_literally(what, advice))


ModelName = Annotated[
    Filled,
    _literal(
        "a model's name",
        "write the name itself, such as `gpt-6-luna`; "
        "`environments: {NAME: {defaults: {model: …}}}` in provision.yaml gives each environment its own",
    ),
]
ServerUrl = Annotated[Filled, _literal("a server's URL", "write the URL itself, `https://…`")]
Identifier = Annotated[Filled, _literal("an id", "write the id itself")]
