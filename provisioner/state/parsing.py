"""Parses the text of a state, and refuses texts that provision did not write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.authorship import Authorship
from provisioner.core.errors import NewerState, ProvisionError, TornState
from provisioner.core.strictjson import loads
from provisioner.state.damage import conflicting, torn
from provisioner.state.hashing import digest
from provisioner.state.large_json import LARGE_TEXT, TextDigests, decode, read_digests, without_collection
from provisioner.state.pinning import LastRelease
from provisioner.state.record_columns import parse_records, read_records
from provisioner.state.record_texts import decode_state
from provisioner.state.records import FORMAT, Origin, Retired, State, remember_digest
from provisioner.state.shape import CONFLICT, HINT, UnknownType, check_integer, check_text

#: The number of bytes at the beginning of a state's text in which `find_digest` searches. Only the account, which is a
#: URL with at most two ids, comes before the digest.
BEGINNING_BYTES = 16 * 1024
#: The beginning of the text of a state: its first keys are the account and the digest.
BEGINNING = re.compile(rb'\{\n  "account": "[^\n]*",\n  "digest": "([0-9a-f]{64})",\n')


def find_digest(beginning: bytes) -> str | None:
    """Returns the digest in the text of a state, as `dump` writes it. `beginning` are the first BEGINNING_BYTES bytes
    of the text. Returns None if they contain no digest. It is not compared with the rest of the text.
    """
    found = BEGINNING.match(beginning)
    return None if found is None else found[1].decode()


def parse(text: str | bytes, name: str) -> State:
    """Returns the state that `text` contains. `text` is a string or its UTF-8 bytes, as `dump` writes it. `name` is the
    name of the state in errors. If the digest in the text does not match the rest of the text, `edited` of the result
    is True, and no error is raised. Raises TornState if the text is not a state, and NewerState if a later version of
    provision wrote it.
    """
    if len(text) < LARGE_TEXT:
        return _parse(text, name)
    with without_collection():
        return _parse(text, name)


def _parse(text: str | bytes, name: str) -> State:
    try:
        # The digests come first, so that the text without spaces is not in memory together with the values.
        is_large = len(text) >= LARGE_TEXT
        digests = read_digests(text) if is_large else None
        decoded = decode_state(digests.text) if digests is not None and digests.is_intact else None
        body: Any = decode(text) if is_large and decoded is None else None
        if decoded is not None:
            body = decoded.rest()
        elif body is None:
            # Repeated keys are accepted, because the digest shows a merge.
            body = loads(text if isinstance(text, str) else text.decode(), repeated=True)
        version = body["format"]
        claim = body.pop("digest", None)
    except ValueError as error:
        raise conflicting(name) if _has_conflict(text) else torn(name) from error
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise torn(name) from error
    if isinstance(version, int | float) and version > FORMAT:
        raise NewerState(
            f"{name} has format {version}; this version of provision knows formats up to {FORMAT}",
            hint="upgrade provision to the version that wrote it, or a later one",
        )
    try:
        state = State(
            lineage=check_text(body["lineage"]),
            serial=check_integer(body["serial"]),
            account=check_text(body["account"]),
            project=check_text(body["project"]),
            environment=check_text(body["environment"]),
            records=read_records(decoded.records, name) if decoded is not None else parse_records(body["records"]),
            retired=tuple(Retired.from_json(entry) for entry in body["retired"]),
            releases={key: LastRelease.from_json(value) for key, value in body["releases"].items()},
            origins={id: Origin.from_json(value) for id, value in body.get("origins", {}).items()},
            previous=check_text(body.get("previous", "")),
            written=Authorship.from_json(body["written"]) if "written" in body else None,
            claim=None if claim is None else check_text(claim),
        )
        fits, content = (True, "") if state.claim is None else _compare_digests(state.claim, body, digests)
    except UnknownType as error:
        raise TornState(f"{name} cannot be used: {error}; it was left as it is", hint=HINT) from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ProvisionError) as error:
        raise torn(name) from error
    if content:
        remember_digest(state, content)
    return state if fits else replace(state, edited=True)


def _compare_digests(claim: str, body: Mapping[str, Any], digests: TextDigests | None) -> tuple[bool, str]:
    """Returns whether `claim` is the digest of the JSON value `body`, and the content digest of the state. The content
    digest is empty if it cannot be calculated from the text. `digests` are the digests of the text of a large state.
    """
    if digests is not None and digests.is_intact and digests.claim == claim:
        return True, digests.content_of(body.get("written"))
    # If they differ, the text may have another order of keys.
    return digest(body) == claim, ""


def _has_conflict(text: str | bytes) -> bool:
    """Returns whether `text` contains the conflict markers that git writes into a file if a merge fails."""
    return CONFLICT.search(text if isinstance(text, str) else text.decode(errors="replace")) is not None
