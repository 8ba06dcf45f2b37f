"""Finds credentials in any text. Credentials are keys in the formats of known providers, passwords in URLs, and values
that are assigned to names such as `password`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from provisioner.manifest.secret_scan.opaque import is_any, is_mixed, is_opaque, is_password, is_reference, names_secret


class Credential(Struct, frozen=True):
    """A credential that was found in a text. `offset` is its position in the text, and `kind` says what it is, such as
    `an API key`. `shown` are the first four characters of the credential. It is empty if no character may be shown.
    """

    offset: int
    kind: str
    shown: str = ""

    def describe(self) -> str:
        """Returns the credential's kind as a part of a sentence, with its first characters in brackets if they may be
        shown.
        """
        return f"{self.kind} (`{self.shown}…`)" if self.shown else self.kind


def _is_pair(value: str) -> bool:
    """Returns whether a value is the base64 of `NAME:PASSWORD` with a real password. HTTP basic authentication sends
    such values.
    """
    try:
        _, colon, password = base64.b64decode(value + "=" * (-len(value) % 4)).partition(b":")
    except binascii.Error:
        return False
    return bool(colon) and is_password(password.decode("latin-1"))


def _is_foreign_password(value: str) -> bool:
    """Returns whether `value`, a text such as `user:password@host`, contains a real password. The default password of a
    local server, as in `guest:guest@db`, is not a real password.
    """
    user, _, rest = value.partition(":")
    password, _, host = rest.rpartition("@")
    name = host.partition(":")[0].lower()
    is_near = "." not in name or name.startswith("127.") or name.endswith((".local", ".localhost", ".internal"))
    if user and user == password and is_near:
        return False
    return is_password(password)


def _is_literal(value: str) -> bool:
    """Returns whether a value is itself a password. A name in a program, such as `config.password` or `user_input`, is
    not a password.
    """
    letters = value.replace(".", "").replace("_", "")
    is_name = not letters or letters.isalpha()
    return not is_name and not is_reference(value) and is_password(value)


class Shape(Struct, frozen=True):
    """The format of one kind of credential.

    1. `kind` is the name of the kind in messages. 2. `marks` are texts of which each credential contains at least one.
    A text without any of them is not searched further. 3. `expression` matches a possible credential. 4. `is_real`
    decides whether the match is a credential. Its argument is the group `value` of the match, or the whole match if
    there is no such group. 5. If `is_public` is True, the first four characters may be shown, because they are almost
    the same in all credentials of the kind. 6. If `command` is not None, it is the name of a program. A match then
    counts only as an argument of this program. The position of the credential is then the position of the program's
    name.
    """

    kind: str
    marks: tuple[str, ...]
    expression: re.Pattern[str]
    is_real: Callable[[str], bool] = is_any
    is_public: bool = True
    command: str | None = None

    def find(self, text: str) -> Iterator[tuple[int, Credential]]:
        """Yields (position of the secret value, credential) for every credential of this kind in the text."""
        value = "value" if "value" in self.expression.groupindex else 0
        for match in self.expression.finditer(text) if any(mark in text for mark in self.marks) else ():
            if self.is_real(match[value]):
                begin = match.start("secret" if "secret" in self.expression.groupindex else value)
                offset = match.start()
                if self.command is not None:
                    offset = _find_before(text, offset, self.command)
                    if offset < 0:
                        continue
                yield begin, Credential(offset, self.kind, match[0][:4] if self.is_public else "")


def _find_before(text: str, end: int, command: str) -> int:
    """Returns the first position of `command`, the name of a program, in a part of the text, or -1 if it is not found.
    The part ends at the position `end` and has at most BEFORE characters. It begins after the last line break or `|`,
    because another command ends there.
    """
    start = max(0, end - BEFORE)
    start = max(start, text.rfind("\n", start, end) + 1, text.rfind("|", start, end) + 1)
    return text.find(command, start, end)


def _word(prefix: str, rest: str) -> re.Pattern[str]:
    """Returns a regular expression that matches `prefix` at the beginning of a word, followed by `rest`. The expression
    begins with the literal prefix, which makes the search fast.
    """
    return re.compile(rf"{prefix}(?<![A-Za-z0-9_]{prefix}){rest}")


#: The number of characters before a credential in which the command that uses it is searched.
BEFORE = 205
ARGUMENT = r"[\"']?(?P<value>[^\s\"'`,;|&<>{}$()]{4,256})"
ASSIGNED = r"[\"']?[ \t]*[:=][ \t]*[\"']?"
# The time of each expression is linear in the length of the text.
SHAPES = (
    Shape("an API key", ("sk-",), _word("sk-", r"[A-Za-z0-9_-]{16,}"), is_mixed),
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
        "a Discord webhook", ("/api/webhooks/",), is_public=False,
        expression=re.compile(r"/api/webhooks/[0-9]{5,25}/(?P<value>[A-Za-z0-9_-]{20,100})"),
    ),
    Shape(
        "a password in a URL", ("://",), is_real=_is_foreign_password, is_public=False,
        expression=re.compile(r"://(?P<value>[^\s/:@?#{}$<>]{0,256}:(?P<secret>[^\s/@?#{}$<>]{1,1024})@[^\s/?#\"'`<>]{0,256})"),
    ),
    Shape(
        "a token in a URL", ("://",), is_real=is_opaque, is_public=False,
        # In these schemes the user's name identifies the user, and is not a secret.
        expression=re.compile(r"(?<!postgresql)(?<!postgres)(?<!ssh)://(?P<value>[^\s/:@?#{}$<>]{16,1024})@"),
    ),
    Shape(
        "a token in a URL", ("=",), is_real=is_opaque, is_public=False,
        expression=re.compile(
            r"[?&](?i:sig|signature|x-amz-signature|x-goog-signature|code|key|auth|(?:[a-z]{1,20}[_-]?)?(?:api[_-]?key"
            r"|access[_-]?key|token|secret|password|passwd|pwd))=(?P<value>[^\s&#\"'`<>{}$]{8,2048})"
        ),
    ),
    Shape(
        "a password of a connection", ("wd=", "WD=", "ssword=", "SSWORD="), is_real=_is_literal, is_public=False,
        expression=re.compile(r"(?<![A-Za-z_])(?i:password|pwd)=(?P<value>[^\s;\"'`,&<>{}$()\[\]]{4,256})"),
    ),
    Shape(
        "a password of a command", ("--",), is_real=_is_literal, is_public=False,
        expression=re.compile(rf"--(?:password|passwd|token|api-key|secret)[ =]{ARGUMENT}"),
    ),
    Shape(
        "a password of a command", ("-u ", "--user "), is_real=_is_literal, is_public=False,
        expression=re.compile(rf"-(?:u|-user) [^\s:]{{1,64}}+:{ARGUMENT}"),
        command="curl ",
    ),
    # This kind is last, so that a credential of a more specific kind is reported as that.
    Shape(
        "a bearer token", ("earer",), is_real=is_mixed, is_public=False,
        expression=_word("[Bb]earer", r"\s+(?P<value>[A-Za-z0-9.~+/_-]{12,})"),
    ),
)  # fmt: skip


#: The format of a value that is assigned to the name of a secret. The value must look like a generated secret instead
#: of words.
ASSIGNMENT = Shape(
    "a secret", ("=", ":"), is_real=is_opaque, is_public=False,
    expression=re.compile(
        r"(?:[Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]assword|PASSWORD)"
        rf"(?P<sign>{ASSIGNED})(?P<value>[A-Za-z0-9+/_.~-]{{16,512}})"
    ),
)  # fmt: skip
NAME_BEFORE = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")


#: The least number of characters of a credential. MARKS matches a text that every credential contains. Most texts of a
#: manifest are shorter or do not match, and are not checked further.
SHORTEST = 8
MARKS = re.compile("|".join(re.escape(mark) for mark in sorted({m for s in (*SHAPES, ASSIGNMENT) for m in s.marks})))


def _find_assigned(text: str) -> Iterator[tuple[int, Credential]]:
    if not any(mark in text for mark in ASSIGNMENT.marks):
        return
    for match in ASSIGNMENT.expression.finditer(text):
        if not is_opaque(match["value"]):
            continue
        name = NAME_BEFORE.search(text[max(0, match.start() - 40) : match.start("sign")])
        if name and names_secret(name[0]):
            yield match.start("value"), Credential(match.start(), ASSIGNMENT.kind)


def find_credentials(text: str) -> Iterator[Credential]:
    """Yields every credential in a text once, sorted by kind. The secret value itself is not part of a `Credential`."""
    if len(text) < SHORTEST or not MARKS.search(text):
        return
    seen: set[int] = set()
    for found in (*(shape.find(text) for shape in SHAPES), _find_assigned(text)):
        for begin, credential in found:
            if begin not in seen:
                seen.add(begin)
                yield credential


def is_secret(text: str) -> bool:
    """Returns whether a text contains a credential."""
    return next(find_credentials(text), None) is not None
