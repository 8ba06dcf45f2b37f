"""Prevents secrets of this process from being written to unencrypted states and journals, which also stay in the
history and in backups.

Keys in recorded responses of servers are replaced. Values from manifests must be recorded unchanged, so a write is
refused if these values contain a key or a password. In all other values, only keys are searched for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.errors import PlainSecret
from provisioner.core.text.redaction import holds_key, holds_secret, redact_keys, redact_values
from provisioner.state.journal import Begin, Delta, End, Entry
from provisioner.state.records import Record, State

#: The field of a record with the answer of a server.
ANSWERED = "echo"
#: The fields with values from the manifests.
DECLARED = frozenset({"inputs", "sent"})
HINT = (
    "take the value out of the manifests and renew it, or set `state_encryption`; if it is no secret, rename the "
    "environment variable that holds it"
)


def check_state(state: State) -> State:
    """Returns `state` with a placeholder in place of each key of this process in the recorded responses of servers.
    Raises PlainSecret if the inputs of a record contain a key or a password, or if another part of a record or of a
    replaced object contains a key.
    """
    records = {}
    for address, record in state.records.items():
        body = _checked(record.to_json(), str(address))
        records[address] = replace(record, echo=body[ANSWERED])
    for entry in state.retired:
        _checked(entry.to_json(), f"the replaced object of {entry.address}")
    return replace(state, records=records)


def check_entry(entry: Entry) -> Any:
    """Returns `entry`, an entry of the journal, as JSON with a placeholder in place of each key of this process in the
    recorded responses of servers.

    Raises PlainSecret if the values from the manifests contain a key or a password, or if another part of the entry
    contains a key.
    """
    return _checked(entry.to_json(), _address_of(entry))


def check_text(text: str) -> None:
    """Raises PlainSecret if the inputs in `text` contain a key or a password of this process, or if another part of
    `text` contains a key. `text` is a JSON text of the releases (the contents that were applied to assistants).
    """
    _checked(json.loads(text), "a release")


def _checked(body: Mapping[str, Any], what: str) -> Any:
    found = _without_answers(body)
    if _declares_secret(found) or holds_key(_text(found)):
        message = f"{what} cannot be recorded: it holds a secret of this process, such as the API key, in plain text"
        raise PlainSecret(message, hint=HINT)
    return found


def _without_answers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _answer(each) if name == ANSWERED else _without_answers(each) for name, each in value.items()}
    return list(map(_without_answers, value)) if isinstance(value, list | tuple) else value


def _answer(value: Any) -> Any:
    return redact_values(value, redact_keys)


def _declares_secret(value: Any) -> bool:
    """Returns whether a field `inputs` or `sent` in `value`, at any depth, contains a key or a password of this
    process. These two fields contain values from the manifests, so the secret cannot be replaced. Other fields are not
    searched.
    """
    if isinstance(value, Mapping):
        parts = [
            holds_secret(_text(each)) if name in DECLARED else _declares_secret(each) for name, each in value.items()
        ]
        return any(parts)
    return isinstance(value, list) and any(map(_declares_secret, value))


def _address_of(entry: Entry) -> str:
    """Returns the address of the object that the journal's entry `entry` describes. If the entry contains no address,
    returns "a part of the journal".
    """
    match entry:
        case Begin(address=address) | End(delta=Delta(record=Record(address=address))):
            return str(address)
    return "a part of the journal"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
