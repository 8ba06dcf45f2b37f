"""Decides whether a value could be a secret. Placeholders, references to a secret, and ordinary words are not
secrets.
"""

from __future__ import annotations

import re
from operator import ne

#: The format of a word in a name, such as `learn`, `Pipeline2`, `RFC6750` or `2024`.
WORD = re.compile(r"[A-Za-z]?[a-z]{0,19}[0-9]{0,4}|[A-Z]{1,20}[0-9]{0,4}|[0-9]{1,8}")
PARTS = re.compile(r"[A-Za-z0-9]{6,}")
DIGIT = re.compile(r"[0-9]")
SPACE = re.compile(r"\s")
#: Placeholders that people write in place of a credential, and example credentials in the guides of providers.
STAND_IN = re.compile(
    r"EXAMPLE|[xX]{4}|\*{3}|\.{3}|"
    r"(?<![A-Za-z])(?i:your|example|sample|placeholder|dummy|fake|change_?me|redacted|insert|replace)(?![a-z])"
)
#: The beginning of a value that only names the source of a secret, such as an environment variable.
REFERENCE = re.compile(r"[$<{%\[(]|(?i:env|vault|secret|op|ssm|arn|file|os\.environ)[.:/]")
#: UUIDs and digests in hexadecimal.
IDENTIFIER = re.compile(r"[0-9a-fA-F-]+")
SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
PASSWORD = re.compile(r"(?:[A-Za-z]+[-_])*(?:pass|password|passwd|pwd|pw|secret|token|key)", re.IGNORECASE)
#: Published credentials, which are no secret: the account key of Azure's storage emulator, and the signature of the
#: example token of jwt.io.
PUBLISHED = ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2", "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
#: Values that are not secret, even if the name of their field is the name of a secret.
_WORDS = (
    "required optional none null yes no true false on off enabled disabled hidden reset change bearer basic apikey "
    "oauth oauth2 jwt string text plain unset empty default password token secret"
)
HARMLESS = frozenset(_WORDS.split())
#: The names of fields that hold a secret, in lowercase without separators; digits and `value` may follow.
SECRET_KEY = re.compile(
    r".*(?:password|passwd|passphrase|passcode|pwd|secret|token|credentials?|authorization|cookie|connectionstring"
    r"|(?:api|access|auth|private|secret|account|client|signing|encryption|subscription|shared|storage|webhook|ssh)key"
    r")(?:value)?[0-9]{0,3}"
)
#: The names of secret fields whose values people choose (PASSWORD_KEY), and whose values are always secret
#: (STRONG_KEY).
PASSWORD_KEY = re.compile(r".*(?:password|passwd|passphrase|passcode|pwd)(?:value)?[0-9]{0,3}")
STRONG_KEY = re.compile(
    r".*(?:(?:api|access|auth|private|secret)key|secret|authorization|(?:api|access|auth|refresh|bearer)token)"
    r"(?:value)?[0-9]{0,3}"
)
#: Fields of the API and of usual metadata whose names end like the name of a secret, but whose values are not secret.
NO_SECRET = frozenset(("maxtoken", "nexttoken", "pagetoken", "stoptoken", "eostoken", "bostoken", "padtoken"))


def is_any(value: str) -> bool:
    """Returns whether a value could be a secret. Returns False for a placeholder, for an example from a provider's
    guide, and for a value that `is_monotonous` describes.
    """
    return not STAND_IN.search(value) and not is_monotonous(value) and not any(map(value.__contains__, PUBLISHED))


def is_monotonous(value: str) -> bool:
    """Returns whether the last 16 characters of a value have at most three different characters, such as
    `0000000000000000`.
    """
    return len(value) >= 16 and len(set(value[-16:])) <= 3


def is_mixed(value: str) -> bool:
    """Returns whether a value could be a generated key: a part of the value contains digits and is not a word. In
    `sk-learn-pipeline-v2`, all parts are words, so the result is False.
    """
    if not DIGIT.search(value):
        return False
    return any(DIGIT.search(part) and not WORD.fullmatch(part) for part in PARTS.findall(value)) and is_any(value)


def is_password(value: str) -> bool:
    """Returns whether a value could be a real password instead of a placeholder for a password."""
    return not PASSWORD.fullmatch(value) and is_any(value)


def is_opaque(value: str) -> bool:
    """Returns whether a value looks like a generated secret: it is long enough, has no whitespace, and does not consist
    of words.
    """
    if not 8 <= len(value) <= 4096 or not (DIGIT.search(value) or len(value) >= 20):
        return False
    if SPACE.search(value) or is_reference(value):
        return False
    return is_mixed(value) or (len(value) >= 20 and _is_random(value) and is_any(value))


def holds_token(url: str) -> bool:
    """Returns whether a part of a URL's path looks like a generated secret. Some services create URLs with such a
    secret, which they give only to the intended recipient. UUIDs and digests do not count.
    """
    return any(len(part) >= 24 and not IDENTIFIER.fullmatch(part) and is_opaque(part) for part in url.split("/")[3:])


def is_reference(value: str) -> bool:
    """Returns whether a value only names the source of a secret, such as `$TOKEN`, `{{token}}`, `<token>` or
    `env:TOKEN`.
    """
    return bool(REFERENCE.match(value)) or "{{" in value or "${" in value


def _is_random(value: str) -> bool:
    """Returns whether a value changes between lowercase and uppercase so often that it cannot consist of joined words
    such as `userName`.
    """
    letters = "".join(filter(str.isalpha, value))
    if len(letters) < 16 or letters.islower():
        return False
    are_lower = [each.islower() for each in letters]
    turns: int = sum(map(ne, are_lower, are_lower[1:]))
    return turns * 3 > len(letters)


def names_secret(key: str) -> bool:
    """Returns whether the name of a field says that its value is a secret. Examples are `api_key`, `X-Auth-Token` and
    `DB_PASSWORD_2`.
    """
    plain = _plain(key)
    return plain not in NO_SECRET and len(plain) <= 80 and bool(SECRET_KEY.fullmatch(plain))


def is_secret_value(key: str, value: str) -> bool:
    """Returns whether `value` is a secret because its field has the name of a secret. `key` is the name of the field;
    the caller has checked it with `names_secret`. Placeholders, references and the ordinary words in HARMLESS are not
    secrets.
    """
    value = value.strip()
    if not value or value.lower() in HARMLESS or is_reference(value) or not is_password(value):
        return False
    plain, is_word = _plain(key), not any(each.isspace() for each in value)
    if is_word and (
        (PASSWORD_KEY.fullmatch(plain) and len(value) >= 3) or (STRONG_KEY.fullmatch(plain) and len(value) >= 6)
    ):
        return True
    rest = value.partition(" ")[2] if value.lower().startswith(("bearer ", "basic ", "token ")) else value
    return is_opaque(rest)


def _plain(key: str) -> str:
    return SEPARATORS.sub("", key).lower()
