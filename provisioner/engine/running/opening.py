"""Opens dialogues. Checks the vector stores of the assistant, and chooses the API with which the dialogue is run. The
API is the target for which the assistant was made: Responses, Assistants or Agents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.core.errors import ApiError, NotFound, ProvisionError, UsageError
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.engine.running.dialogue import Dialogue
from provisioner.engine.running.subject import Subject, fill_runtime
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.turns.agents import SessionConversation
from provisioner.openai_api.turns.assistants import ThreadConversation
from provisioner.openai_api.turns.responses import ResponsesConversation
from provisioner.openai_api.turns.turn import Conversation, Price, Turn

#: The largest number of rounds of function calls in one turn, unless the user chooses another.
MAX_TURNS = 20
EXPIRED = "expired"
#: The parts of the SDK that the first turn needs, by target.
LOADED: Mapping[str, Callable[[Any], object]] = {
    "responses": lambda client: (client.sdk.responses, client.sdk.conversations),
    "assistants": lambda client: (client.sdk.beta.threads.runs, client.sdk.beta.threads.messages),
    "agents": lambda client: client.sdk.beta.agents.sessions,
}


def open_dialogue(
    session: Session,
    subject: Subject,
    secrets: Mapping[str, str],
    *,
    streaming: bool = True,
    max_turns: int = MAX_TURNS,
    keep: bool = False,
    price: Callable[[Turn], Price] = lambda turn: Price(),
) -> Dialogue:
    """Returns a dialogue with the assistant `subject`. Nothing is sent before its first turn. The modules of the SDK
    are loaded now, so that loading does not count as time of the first turn.

    `secrets` maps each NAME of `{runtime: NAME}` to its value. `keep` means that the objects of the dialogue are not
    deleted at its end. Raises UsageError if a value is missing.
    """
    conversation = _converse(session, subject, secrets, streaming, max_turns)
    session.prepare(LOADED[subject.target])
    return Dialogue(conversation, price, keep)


def _converse(
    session: Session, subject: Subject, secrets: Mapping[str, str], streaming: bool, max_turns: int
) -> Conversation:
    def name_of(id: str) -> str:
        return subject.filenames.get(id, "")

    if subject.target == "responses":
        definition = fill_runtime(subject.fields, secrets)
        return ResponsesConversation(session, definition, name_of, streaming=streaming, max_turns=max_turns)
    if subject.target == "agents":
        return SessionConversation(
            session, subject.id, subject.template, name_of, streaming=streaming, max_turns=max_turns
        )
    return ThreadConversation(session, subject.id, subject.tools, name_of, streaming=streaming, max_turns=max_turns)


def check_stores(subject: Subject, collections: Mapping[str, Collection]) -> None:
    """Raises UsageError if a vector store of the assistant `subject` has expired or does not exist. Each store is read
    from the API once.
    """
    for id, address in subject.stores.items():
        shown = f"{address} ({id})" if address else id
        live = collections[VECTOR_STORE.name].retrieve(id)
        hint = "run `provision apply`, which replaces it" if address else "name another store in the manifest"
        if live is None:
            raise UsageError(f"the vector store {shown} of {subject.name} does not exist any longer", hint=hint)
        if live.status == EXPIRED:
            raise UsageError(f"the vector store {shown} of {subject.name} has expired and lost its files", hint=hint)


def explain(error: ApiError, subject: Subject) -> ProvisionError:
    """Returns `error` with a hint that says what the user can do, if the key cannot use the model or the assistant was
    not found. Any other error is returned unchanged.
    """
    if error.code in ("model_not_found", "invalid_model") or (
        error.status in (403, 404) and subject.model and subject.model in error.message
    ):
        error.hint = (
            f"the key cannot use the model {subject.model}: choose another `model:`, or allow it for this project at "
            "OpenAI (project settings, limits)"
        )
    elif isinstance(error, NotFound) and subject.id:
        error.hint = f"look with `provision plan` whether {subject.name} ({subject.id}) is still live"
    return error
