"""A server that repeats the key in its answers: it is used and recorded nowhere, and no message shows a part of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import Ambiguous, ApiError
from provisioner.core.text.redaction import register, register_variables
from provisioner.openai_api.collections import open_collections
from provisioner.openai_api.collections.collection import Draft, Mark
from provisioner.openai_api.http.decoding import first_line, printable
from provisioner.openai_api.http.session import Session
from tests.api.liar import Asked, Liar, http, listing, lying, reply

pytestmark = pytest.mark.timeout(120)

KEY = "sk-proj-Echoed+/0123456789abcdefXYZ_w"
STORE: dict[str, Any] = {"id": "vs_1", "object": "vector_store", "name": "plays", "created_at": 1}
BASE64 = base64.b64encode(KEY.encode()).decode()
#: How a server may spell what it was sent.
FORMS = {
    "plain": KEY,
    "bearer": f"Bearer {KEY}",
    "base64": BASE64,
    "base64 in lines": base64.encodebytes(f"user:{KEY}".encode() * 2).decode(),
    "base64 in fours": " ".join(BASE64[place : place + 4] for place in range(0, len(BASE64), 4)),
    "hexadecimal": KEY.encode().hex(),
    "hexadecimal with colons": KEY.encode().hex(":").upper(),
    "hexadecimal in words": " ".join(f"0x{byte:02x}" for byte in KEY.encode()),
    "numbers": str(list(KEY.encode())),
    "percent signs": "".join(f"%{byte:02X}" for byte in KEY.encode()),
}
#: Where in an object it may stand.
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": lambda text: {"name": text},
    "metadata": lambda text: {"metadata": {"a": text}},
    "a key of metadata": lambda text: {"metadata": {text: "a"}},
    "expires_after": lambda text: {"expires_after": {"anchor": [text]}},
}


def ask(liar: Liar) -> tuple[Session, Any]:
    session = Session(Endpoint(liar.url + "/v1", KEY, "a test"), rest=lambda seconds: True)
    return session, open_collections(session)["vector_store"]


def answered(answer: bytes) -> Callable[[Asked], bytes]:
    return lambda asked: answer


def assert_hidden(shown: str, form: str) -> None:
    assert form not in shown
    assert json.dumps(form)[1:-1] not in shown
    assert KEY not in shown


DRAFT = Draft({"name": "plays"}, Mark("p/default/vector_store.plays", "lineage", "op_1"))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_no_field_of_an_answer_holds_the_key(form: str, place: str) -> None:
    body = {**STORE, **PLACES[place](FORMS[form])}
    with lying(
        lambda asked: listing(body) if asked.method == "GET" and asked.path.endswith("s") else reply(200, body)
    ) as liar:
        session, stores = ask(liar)
        found = [stores.create(DRAFT), stores.update("vs_1", {}), stores.retrieve("vs_1"), *next(iter(stores.pages()))]
        session.close()
    for live in found:
        assert live.id == "vs_1"
        assert "(redacted)" in str(live.fields)
        assert_hidden(json.dumps(live.fields, ensure_ascii=False), FORMS[form])


@pytest.mark.parametrize("text", [KEY, BASE64])
def test_a_key_that_is_written_with_escapes_of_json_is_found(text: str) -> None:
    escaped = "".join(f"\\u{ord(each):04x}" for each in text)
    with lying(answered(http(200, json.dumps(STORE).replace("plays", escaped)))) as liar:
        session, stores = ask(liar)
        assert stores.retrieve("vs_1").fields["name"] == "(redacted)"
        session.close()


@pytest.mark.parametrize("id", [f"vs_{KEY.replace('/', '')}", f"vs_{KEY.encode().hex()}", BASE64.rstrip("=")])
def test_an_id_that_holds_the_key_is_no_id(id: str) -> None:
    key = KEY.replace("/", "")
    register(key)
    with lying(answered(reply(200, {**STORE, "id": id}))) as liar:
        session, stores = ask(liar)
        with pytest.raises(Ambiguous, match="an id that holds a key") as caught:
            stores.create(DRAFT)
        with pytest.raises(ApiError, match="an id that holds a key"):
            stores.update("vs_1", {})
        session.close()
    assert id[3:30] not in caught.value.message
    with lying(answered(listing({**STORE, "id": id}))) as liar:
        session, stores = ask(liar)
        with pytest.raises(ApiError, match="an id that holds a key"):
            list(stores.pages())
        session.close()


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", [0, 60, 480, 1990])
def test_no_message_shows_the_part_of_a_key_before_a_cut(form: str, before: int) -> None:
    said = "." * before + " " + FORMS[form]
    for answer in (reply(400, {"error": {"message": said}}), http(400, said), http(200, said), http(200, f"<p>{said}")):
        with lying(answered(answer)) as liar:
            session, stores = ask(liar)
            with pytest.raises(ApiError) as caught:
                stores.update("vs_1", {})
            session.close()
        for start in range(0, len(FORMS[form]) - 8, 4):
            piece = " ".join(FORMS[form][start : start + 8].split())
            assert len(piece) < 7 or piece not in caught.value.message, caught.value.message


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("most", [10, 40, 80, 200])
def test_a_cut_comes_after_the_redaction(most: int) -> None:
    register(KEY)
    for form in (form for name, form in FORMS.items() if name not in ("bearer", "base64 in lines")):
        for before in range(max(0, most - 12), most):
            for shown in (printable("." * before + form, most), first_line("." * before + form, most)):
                assert "(redacted)".startswith(shown.strip("…").strip(".").strip("[]")), shown


def test_a_variable_that_is_named_like_a_key_may_hold_an_id() -> None:
    register_variables({"SHELF_KEY": "vs_1_of_the_plays"})
    with lying(answered(reply(200, {**STORE, "id": "vs_1_of_the_plays"}))) as liar:
        session, stores = ask(liar)
        assert stores.create(DRAFT).id == "vs_1_of_the_plays"
        session.close()


@pytest.mark.parametrize("id", ["vs_2", "other", 7, ["vs_1"], {"id": "vs_1"}])
def test_the_deletion_of_another_object_is_none_of_this(id: Any) -> None:
    with lying(answered(reply(200, {"id": id, "object": "vector_store.deleted", "deleted": True}))) as liar:
        session, stores = ask(liar)
        with pytest.raises(ApiError, match="vs_1 was asked for"):
            stores.delete("vs_1")
        with pytest.raises(ApiError, match="file_1 was asked for"):
            stores.members.detach("vs_1", "file_1")
        with pytest.raises(ApiError, match="file_1 was asked for"):
            stores.members.describe("vs_1", "file_1", {})
        session.close()


@pytest.mark.parametrize("id", ["vs_1", "", None])
def test_the_deletion_of_this_object_is_believed(id: Any) -> None:
    with lying(answered(reply(200, {"id": id, "object": "vector_store.deleted", "deleted": True}))) as liar:
        session, stores = ask(liar)
        stores.delete("vs_1")
        session.close()
