"""Finds credentials: in manifests, where they would go to version control, and in any other text."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from provisioner.diagnostic import Place
from provisioner.manifest.document import BODY, Document, Steps, Written
from provisioner.manifest.report import Report

KEYS = re.compile(
    r"(?:proxy-)?authorization|(?:x-)?(?:api|auth|access)[-_]?(?:key|token)|cookie|.*(?:password|passwd|secret|token).*",
    re.IGNORECASE,
)
REVOKE = "revoke it if it was ever pushed"
HINT = f"write `{{runtime: NAME}}` and let the application give it, and {REVOKE}"
TAKE_OUT = f"take it out, and {REVOKE}"
TAKE_OUT_OF_TEXT = f"take it out of the text, and {REVOKE}"

#: What a part of a name looks like: `learn`, `Pipeline2`, `RFC6750`, `2024`.
WORD = re.compile(r"[A-Za-z]?[a-z]{0,19}[0-9]{0,4}|[A-Z]{1,20}[0-9]{0,4}|[0-9]{1,8}")
PARTS = re.compile(r"[A-Za-z0-9]{6,}")
DIGIT = re.compile(r"[0-9]")
#: What people write where a credential would stand, and what providers print in their guides.
STAND_IN = re.compile(
    r"EXAMPLE|[xX]{4}|\*{3}|\.{3}|"
    r"(?<![A-Za-z])(?i:your|example|sample|placeholder|dummy|fake|change_?me|redacted|insert|replace)(?![a-z])"
)
PASSWORD = re.compile(r"(?:[A-Za-z]+[-_])*(?:pass|password|passwd|pwd|pw|secret|token|key)", re.IGNORECASE)
#: The account key of Azure's storage emulator, and the signature of the token that jwt.io opens with.
PUBLISHED = ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2", "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential in a text: where it begins, its kind in words, and its first four letters where they say nothing."""

    offset: int
    kind: str
    shown: str = ""

    def describe(self) -> str:
        """Its kind, and its first letters where they may be shown, as the subject of a sentence."""
        return f"{self.kind}, `{self.shown}…`," if self.shown else self.kind


def _is_any(value: str) -> bool:
    return not STAND_IN.search(value) and not _is_monotonous(value) and not any(map(value.__contains__, PUBLISHED))


def _is_monotonous(value: str) -> bool:
    """`0000000000000000` and the like."""
    return len(value) >= 16 and len(set(value[-16:])) <= 3


def _is_mixed(value: str) -> bool:
    """Whether a part of it is no word: `sk-learn-pipeline-v2` is words."""
    parts = PARTS.findall(value)
    return _is_any(value) and any(DIGIT.search(part) and not WORD.fullmatch(part) for part in parts)


def _is_password(value: str) -> bool:
    return not PASSWORD.fullmatch(value) and _is_any(value)


def _is_pair(value: str) -> bool:
    """Whether it is a name and a password, as basic authentication encodes them."""
    try:
        _, colon, password = base64.b64decode(value + "=" * (-len(value) % 4)).partition(b":")
    except binascii.Error:
        return False
    return bool(colon) and _is_password(password.decode("latin-1"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What one kind of credential looks like.

    One of `marks` is in every one of them: without it, the expression is not tried. `is_real` says of its group
    `value`, or all of it, whether it is more than a word or a stand-in. `is_public` says that the first four letters
    are the same, or nearly so, for all of the kind.
    """

    kind: str
    marks: tuple[str, ...]
    expression: re.Pattern[str]
    is_real: Callable[[str], bool] = _is_any
    is_public: bool = True

    def find(self, text: str) -> Iterator[tuple[int, Credential]]:
        """Every one in a text, and where its value begins."""
        value = "value" if "value" in self.expression.groupindex else 0
        for match in self.expression.finditer(text) if any(mark in text for mark in self.marks) else ():
            if self.is_real(match[value]):
                yield match.start(value), Credential(match.start(), self.kind, match[0][:4] if self.is_public else "")


def _word(prefix: str, rest: str) -> re.Pattern[str]:
    """`prefix` at the beginning of a word, then `rest`. The prefix comes first, so that it is looked for quickly."""
    return re.compile(rf"{prefix}(?<![A-Za-z0-9_]{prefix}){rest}")


ASSIGNED = r"[\"']?[ \t]*[:=][ \t]*[\"']?"
# Each takes time that grows no faster than the text: none looks ahead further than it then goes, or it ends there.
SHAPES = (
    Shape("an API key", ("sk-",), _word("sk-", r"[A-Za-z0-9_-]{16,}"), _is_mixed),
    Shape("a Stripe key", ("k_live_",), _word("[sr]k_live_", r"[A-Za-z0-9]{16,}")),
    Shape("a GitHub token", ("gh",), _word("gh[pousr]_", r"[A-Za-z0-9]{20,}")),
    Shape("a GitHub token", ("github_pat_",), _word("github_pat_", r"[A-Za-z0-9_]{20,}")),
    Shape("a GitLab token", ("glpat-",), _word("glpat-", r"[A-Za-z0-9_-]{20,}")),
    Shape("a Hugging Face token", ("hf_",), _word("hf_", r"[A-Za-z0-9]{30,}")),
    Shape("an npm token", ("npm_",), _word("npm_", r"[A-Za-z0-9]{36,}")),
    Shape("a SendGrid key", ("SG.",), _word(r"SG\.", r"[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}")),
    Shape("a Slack token", ("xox",), _word("xox[abeprs]-", r"[A-Za-z0-9-]{10,}")),
    Shape(
        "a Slack webhook", ("hooks.slack.com/services/",), is_public=False,
        expression=re.compile(r"hooks\.slack\.com/services/T[A-Za-z0-9]{6,}/B[A-Za-z0-9]{6,}/[A-Za-z0-9]{16,}"),
    ),
    Shape("an AWS key", ("AKIA", "ASIA"), _word("A[KS]IA", r"[0-9A-Z]{16}")),
    Shape(
        "an AWS secret key", ("ecret_access_key", "ecretAccessKey", "SECRET_ACCESS_KEY"), is_public=False,
        expression=re.compile(
            rf"(?:ecret_access_key|ecretAccessKey|SECRET_ACCESS_KEY){ASSIGNED}(?P<value>[A-Za-z0-9/+]{{40}})"
        ),
    ),
    Shape(
        "an Azure key", ("AccountKey=", "AccessKey="), is_public=False,
        expression=re.compile(r"(?:Account|SharedAccess)Key=(?P<value>[A-Za-z0-9+/]{40,}={0,2})"),
    ),
    Shape("a Google key", ("AIza",), _word("AIza", r"[A-Za-z0-9_-]{30,}")),
    Shape(
        "a JSON web token", ("eyJ",),
        re.compile(r"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ),
    Shape(
        "a name and password", ("uthorization",), is_real=_is_pair, is_public=False,
        expression=re.compile(rf"uthorization{ASSIGNED}[Bb]asic[ \t]+(?P<value>[A-Za-z0-9+/]{{6,}}={{0,2}})"),
    ),
    Shape(
        "a private key", ("PRIVATE KEY",), is_public=False,
        expression=re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"),
    ),
    Shape(
        "a password in a URL", ("://",), is_real=_is_password, is_public=False,
        expression=re.compile(r"://[^\s/:@?#{}$<>]*:(?P<value>[^\s/@?#{}$<>]+)@"),
    ),
    # Last: what is of another kind, too, is told as that.
    Shape(
        "a bearer token", ("earer",), is_real=_is_mixed, is_public=False,
        expression=_word("[Bb]earer", r"\s+(?P<value>[A-Za-z0-9.~+/_-]{12,})"),
    ),
)  # fmt: skip


def find_credentials(text: str) -> Iterator[Credential]:
    """Every credential in a text, by kind; the value is not in what is given."""
    seen: set[int] = set()
    for shape in SHAPES:
        for begin, credential in shape.find(text):
            if begin not in seen:
                seen.add(begin)
                yield credential


def is_secret(text: str) -> bool:
    """Whether there is a credential in a text."""
    return next(find_credentials(text), None) is not None


def check_secrets(document: Document, report: Report) -> None:
    """Tells every literal credential in a manifest, by its place, its kind and first letters, never by its value."""
    for part in (document, *document.dropped):
        for path, said, advice in _found(part.data, (), ""):
            where, advice = ("instructions", TAKE_OUT_OF_TEXT) if _is_text(path) else ("a manifest", advice)
            report.error(Written(part, path, None), f"{said} must not stand in {where}; {advice}", rule="secret")
    for credential in find_credentials(document.body or ""):
        place = _inside_body(document, credential.offset)
        said = f"{credential.describe()} must not stand in instructions; {TAKE_OUT_OF_TEXT}"
        report.error(place, said, rule="secret")


def _is_text(path: Steps) -> bool:
    """Whether it leads into instructions: those of an assistant, or those that are declared."""
    return path[:1] == ("instructions",) or path[2:3] == ("instructions",)


def _inside_body(document: Document, offset: int) -> Place:
    before = (document.body or "")[:offset]
    begin = document.place(BODY)
    return Place(begin.file, begin.line + before.count("\n"), offset - before.rfind("\n"))


def _found(value: Any, path: Steps, owner: str) -> Iterator[tuple[Steps, str, str]]:
    """Where each credential stands, what it is, and what to do: `{runtime: …}` is possible in few places."""
    if isinstance(value, str):
        advice = HINT if owner == "headers" else TAKE_OUT
        for said in dict.fromkeys(credential.describe() for credential in find_credentials(value)):
            yield path, said, advice
    elif isinstance(value, dict):
        is_mcp = value.get("type") == "mcp"
        for key, item in value.items():
            secretive = (owner == "headers" and KEYS.fullmatch(key)) or (is_mcp and key == "authorization")
            secretive = secretive or (owner == "domain_secrets" and key == "value")
            if secretive and isinstance(item, str) and item:
                kinds = [credential.describe() for credential in find_credentials(item)]
                yield (*path, key), kinds[0] if kinds else "a credential", HINT
            else:
                yield from _found(item, (*path, key), owner if owner == "headers" else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*path, index), owner)
