"""Before a dialogue: which assistant is run, its runtime values, its stores, and the price of a turn."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import NotFound, UsageError
from provisioner.core.resource import Ref, Resource
from provisioner.core.text import redaction
from provisioner.engine.running.opening import check_stores, explain
from provisioner.engine.running.pricing import price_turn
from provisioner.engine.running.subject import Subject, fill_runtime, find_applied, find_unapplied, runtime_names
from provisioner.openai_api.collections import open_collections
from provisioner.openai_api.turns.events import Code, Searched, Usage
from provisioner.openai_api.turns.turn import Price, Turn
from provisioner.state.records import Record, State
from tests.turns.api import scripted

STORE = Address("vector_store", "notes")
READER = Address("assistant", "reader")
SEARCH = {"type": "file_search", "vector_store_ids": ["vs_1"]}


def state(*records: Record) -> State:
    empty = State.new(account="a", project="p", environment="default")
    return replace(empty, records={record.address: record for record in records})


def resource(**inputs: Any) -> Resource:
    return Resource(READER, "definition", {"model": "m", **inputs})


def test_an_applied_assistant_has_the_ids_of_the_state() -> None:
    definition = {"model": "m", "tools": [SEARCH, {"type": "function", "name": "examine"}]}
    records = (
        Record(READER, "definition", "reader@3", definition, release=3),
        Record(STORE, "vector_store", "vs_1", {}),
        Record(Address("file", "manifests/a.pdf"), "file", "file-1", {"filename": "a.pdf"}),
    )
    subject = find_applied("assistant.reader", state(*records), [], {})
    assert (subject.target, subject.id, subject.release, subject.model) == ("responses", "", 3, "m")
    assert subject.stores == {"vs_1": STORE}
    assert subject.filenames == {"file-1": "a.pdf"}
    assert subject.functions == {"examine": None}
    assert subject.tools == {"file_search", "function"}


def test_an_agent_has_its_template() -> None:
    records = (
        Record(READER, "agent", "agent_1", {"model": "m"}),
        Record(Address("environment", "reader"), "environment_template", "tmpl_1", {}),
    )
    subject = find_applied("reader", state(*records), [], {})
    assert (subject.target, subject.id, subject.template) == ("agents", "agent_1", "tmpl_1")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match="declared, but not applied"):
        find_applied("reader", None, [resource()], {})
    with pytest.raises(UsageError, match="no assistant called poet") as caught:
        find_applied("poet", state(Record(READER, "definition", "reader@1", {})), [], {})
    assert caught.value.hint == "there are: reader"
    with pytest.raises(UsageError, match="no assistant called raeder") as caught:
        find_applied("raeder", state(Record(READER, "definition", "reader@1", {})), [], {})
    assert caught.value.hint == "did you mean `reader`?"
    for name, hint in (("raeder", "did you mean `reader`?"), ("poet", "there are: reader")):
        with pytest.raises(UsageError, match=f"declare no assistant called {name}") as caught:
            find_unapplied(name, None, [resource()], {})
        assert caught.value.hint == hint
    searching = resource(tools=[{"type": "file_search", "vector_store_ids": [Ref(STORE)]}])
    with pytest.raises(UsageError, match=r"needs what does not exist yet: vector_store\.notes"):
        find_unapplied("reader", None, [searching], {})
    found = find_unapplied("reader", state(Record(STORE, "vector_store", "vs_1", {})), [searching], {})
    assert found.fields["tools"] == [SEARCH]


def test_runtime_values_are_filled_in_and_become_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", {})
    fields = {"tools": [{"authorization": {"runtime": "LOGIN"}, "headers": {"X": {"runtime": "OTHER"}}}]}
    assert runtime_names(fields) == {"LOGIN", "OTHER"}
    with pytest.raises(UsageError, match="LOGIN, OTHER"):
        fill_runtime(fields, {})
    filled = fill_runtime(fields, {"LOGIN": "login-0123456789", "OTHER": "x"})
    assert filled["tools"][0]["authorization"] == "login-0123456789"
    assert redaction.redact("is login-0123456789.") == "is (redacted)."


@pytest.mark.parametrize(("status", "words"), [("expired", "has expired and lost its files"), (None, "does not exist")])
def test_an_expired_store_is_found_before_anything_is_sent(status: str | None, words: str) -> None:
    subject = Subject("reader", "responses", {}, stores={"vs_1": STORE})
    store = {"id": "vs_1", "object": "vector_store", "status": status}
    script = {"GET /v1/vector_stores/vs_1": [store]} if status else {}
    with scripted(script) as (session, _), pytest.raises(UsageError, match=words) as caught:
        check_stores(subject, open_collections(session))
    assert "vector_store.notes (vs_1) of reader" in caught.value.message
    assert "provision apply" in str(caught.value.hint)


def test_the_reason_of_a_refusal_is_explained() -> None:
    subject = Subject("reader", "assistants", {"model": "gpt-6-luna"}, id="asst_1")
    refused = explain(NotFound("The model `gpt-6-luna` does not exist.", status=404), subject)
    assert "the key cannot use the model gpt-6-luna" in str(refused.hint)
    gone = explain(NotFound("No assistant found.", status=404), subject)
    assert "reader (asst_1) is still live" in str(gone.hint)


def test_the_price_of_a_turn() -> None:
    subject = Subject("reader", "responses", {"model": "m", "tools": [{"container": {"memory_limit": "4g"}}]})
    turn = Turn(usage=Usage(1_000_000, 100_000, 400_000), searches=[Searched()] * 2, code=[Code("1")])
    models = {"m": {"input": 1.0, "cached_input": 0.5, "output": 10.0}}
    assert price_turn(turn, subject, {}, {}) == Price(None, ("tokens of m",))
    priced = price_turn(turn, subject, {"file_search": 5.0}, models)
    # 0.6 USD of input, 0.2 of cached input, 1 of output, 0.01 for two searches, 0.12 for the container.
    assert priced.usd == pytest.approx(1.93)
    assert price_turn(Turn(), subject, {}, {}) == Price(0, ())
    assert price_turn(Turn(text="Half"), subject, {}, models) == Price(None, ("tokens of m",))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("target", "module"),
    [
        ("responses", "responses.responses"),
        ("assistants", "beta.threads.runs.runs"),
        ("agents", "beta.agents.sessions"),
    ],
)
def test_the_sdk_is_loaded_before_the_first_turn(target: str, module: str) -> None:
    """Otherwise the seconds of the first turn, which a test can limit, contain the loading of the SDK."""
    program = f"""
import sys
from provisioner.core.endpoint import Endpoint
from provisioner.engine.running.opening import open_dialogue
from provisioner.engine.running.subject import Subject
from provisioner.openai_api.http.session import Session

assert "openai" not in sys.modules
session = Session(Endpoint("http://127.0.0.1:9/v1", "key", "a test"))
open_dialogue(session, Subject("a", {target!r}, {{}}, id="x"), {{}})
print([name for name in sys.modules if name.startswith("openai.resources.{module}")] != [])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stdout == "True\n", ended.stderr
