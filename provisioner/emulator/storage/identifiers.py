"""Makes new identifiers of objects in OpenAI's format."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits
#: The prefixes of assistants and of what belongs to them, except messages, which the Responses API has, too.
ASSISTANTS_API = ("asst_", "thread_", "run_", "step_")


def new_id(prefix: str) -> str:
    """Returns a new random identifier that begins with `prefix`. Letters and digits follow `file-` and the prefixes in
    ASSISTANTS_API; hexadecimal digits follow all other prefixes.
    """
    if prefix == "file-":
        return prefix + _letters(22)
    if prefix in (*ASSISTANTS_API, "call_"):
        return prefix + _letters(24)
    return prefix + secrets.token_hex(16)


def _letters(count: int) -> str:
    return "".join([ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(count)])
