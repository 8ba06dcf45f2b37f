"""No state and no journal in plain text holds a secret of this process."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.errors import PlainSecret
from provisioner.core.text.redaction import register
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Begin, Delta, End
from provisioner.state.operations import Creating, Updating
from provisioner.state.records import Retired
from provisioner.state.sealing import UNSEALED, Seal
from tests.backends.samples import BEGIN, STATE, TUTOR

KEY = "sk-proj-of-the-plain-secrets-0123456789"
NAMED = "a-value-named-like-a-key-77"
CODED = base64.b64encode(f"user:{KEY}".encode()).decode()
PLAIN = Serializer("prod", UNSEALED)
RECORD = STATE.records[TUTOR]


@pytest.fixture(autouse=True)
def known() -> None:
    register(KEY)
    register(NAMED, guessable=True)


@pytest.mark.parametrize("shown", [KEY, KEY.upper(), CODED, KEY.encode().hex(":")])
@pytest.mark.parametrize("where", [lambda text: {"name": text}, lambda text: {"metadata": {text: ["x", {"y": text}]}}])
def test_what_a_server_answered_is_written_without_the_key(shown: str, where: Any) -> None:
    record = replace(RECORD, echo={**where(shown), "kept": "as it is"})
    state = replace(STATE, records={TUTOR: record})
    for written in (PLAIN.dump(state), PLAIN.format(End("op_1", Delta(record=record)))):
        assert shown.encode() not in written
        assert b"(redacted)" in written
        assert b"as it is" in written
    assert PLAIN.parse(PLAIN.dump(state), "the state").records[TUTOR].inputs == RECORD.inputs


@pytest.mark.parametrize("shown", [KEY, CODED, NAMED])
def test_what_the_manifests_declare_is_refused_by_its_address(shown: str) -> None:
    record = replace(RECORD, inputs={"instructions": f"Call with {shown}."})
    with pytest.raises(PlainSecret, match=r"assistant\.tutor") as caught:
        PLAIN.dump(replace(STATE, records={TUTOR: record}))
    assert shown not in caught.value.message
    begin = replace(BEGIN, intent=Creating(record))
    for entry in (begin, replace(BEGIN, intent=Updating({"name": shown})), End("op_1", Delta(record=record))):
        with pytest.raises(PlainSecret, match=r"assistant\.tutor"):
            PLAIN.format(entry)


@pytest.mark.parametrize("part", ["id", "operation"])
def test_a_key_in_another_part_is_refused(part: str) -> None:
    record = replace(RECORD, **{part: f"x-{KEY}"})
    with pytest.raises(PlainSecret, match=r"assistant\.tutor"):
        PLAIN.dump(replace(STATE, records={TUTOR: record}))
    with pytest.raises(PlainSecret, match=r"assistant\.tutor"):
        PLAIN.dump(replace(STATE, retired=(Retired(TUTOR, "assistant", f"asst_{KEY}"),)))


def test_a_value_that_is_only_named_like_a_key_may_be_an_id_or_a_mark() -> None:
    record = replace(RECORD, id=NAMED, echo={"metadata": {"provision_owner": f"{NAMED}/prod/assistant.tutor"}})
    state = replace(STATE, records={TUTOR: record})
    assert PLAIN.parse(PLAIN.dump(state), "the state").records == state.records


def test_what_is_sealed_may_hold_anything() -> None:
    sealed = Serializer("prod", Seal("the first key of the team"))
    state = replace(STATE, records={TUTOR: replace(RECORD, inputs={"name": KEY}, echo={"name": KEY})})
    assert sealed.parse(sealed.dump(state), "the state").records == state.records
    begin = Begin("op_1", TUTOR, "assistant", "digest", 2.0, Updating({"name": KEY}))
    assert sealed.split(sealed.format(begin), "the journal", "hint") == [begin]
