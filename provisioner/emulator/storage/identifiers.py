"""Makes new identifiers for objects, in OpenAI's format."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
#: The prefixes of the Assistants API, except that of messages, which the Responses API has, too.
WITH_LETTERS = ("asst_", "thread_", "run_", "step_", "call_")


def new_id(prefix: str) -> str:
    """Returns a new random identifier that begins with `prefix`. The random part consists of letters and digits if the
    prefix is `file-` or is in WITH_LETTERS. For all other prefixes, it consists of hexadecimal digits.
    """
    if prefix == "file-":
        return prefix + _letters(22)
    if prefix in WITH_LETTERS:
        return prefix + _letters(24)
    return prefix + secrets.token_hex(16)


def _letters(count: int) -> str:
    return "".join([ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(count)])
