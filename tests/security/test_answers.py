"""What a server may answer, over real HTTP: nothing of it ends in a bug, hangs, or records what cannot be used."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import Ambiguous, ApiError, ListCut, NotFound, ProvisionError, Rejected, Unauthorized
from provisioner.core.text import redaction
from provisioner.engine.origins import Origins
from provisioner.engine.ownership import Ownership
from provisioner.openai_api.collections import Collection, open_collections, paging
from provisioner.openai_api.collections.collection import Draft, Mark
from provisioner.openai_api.http import deadline, transport
from provisioner.openai_api.http.answers import seconds_of
from provisioner.openai_api.http.session import Session
from provisioner.state.records import Origin
from tests.api.liar import Asked, Liar, drip, http, listing, lying, reply

pytestmark = pytest.mark.timeout(120)

STORE: dict[str, Any] = {"id": "vs_1", "object": "vector_store", "name": "plays", "created_at": 1, "metadata": {}}


def deep(depth: int) -> str:
    return json.dumps({**STORE, "x": 0}).replace('"x": 0', '"x": ' + "[" * depth + "]" * depth)


#: Answers to a request for one object that nothing can be done with.
WRONG: dict[str, bytes] = {
    "a page of HTML": http(200, "<html><body>Please log in</body></html>", content_type="text/html"),
    "a page of HTML that refreshes": http(200, "<html></html>", refresh="0; url=http://127.0.0.2/"),
    "a page of HTML called JSON": http(200, "<html></html>"),
    "null": http(200, "null"),
    "a list": http(200, "[]"),
    "a list of one": reply(200, [STORE]),
    "a text": http(200, '"vs_1"'),
    "a number": http(200, "7"),
    "nothing with 200": http(200, ""),
    "nothing with 204": http(204, ""),
    "an empty object": http(200, "{}"),
    "NaN": http(200, '{"id": "vs_1", "object": "vector_store", "usage_bytes": NaN}'),
    "Infinity": http(200, '{"id": "vs_1", "object": "vector_store", "usage_bytes": -Infinity}'),
    "a number beyond all": http(200, '{"id": "vs_1", "object": "vector_store", "usage_bytes": 1e999}'),
    "an integer beyond all floats": http(200, '{"id": "vs_1", "object": "vector_store", "n": 1' + "0" * 350 + "}"),
    "an integer of 4,000 digits": http(200, '{"id": "vs_1", "object": "vector_store", "n": ' + "9" * 4000 + "}"),
    "a number of 5,000 digits": http(200, '{"id": "vs_1", "n": ' + "9" * 5000 + "}"),
    "nested 200 deep": http(200, deep(200)),
    "nested 100,000 deep": http(200, deep(100_000)),
    "objects nested 50,000 deep": http(200, '{"id":' * 50_000),
    "no id": reply(200, {"object": "vector_store", "name": "plays"}),
    "an empty id": reply(200, {**STORE, "id": ""}),
    "a blank id": reply(200, {**STORE, "id": " "}),
    "an id of null": reply(200, {**STORE, "id": None}),
    "a number for an id": reply(200, {**STORE, "id": 7}),
    "a list for an id": reply(200, {**STORE, "id": ["vs_1"]}),
    "an id with a slash": reply(200, {**STORE, "id": "vs_1/../../files"}),
    "an id that is a folder": reply(200, {**STORE, "id": ".."}),
    "an id with a question mark": reply(200, {**STORE, "id": "vs_1?x=1"}),
    "an id with a line break": reply(200, {**STORE, "id": "vs_1\n::error::x"}),
    "an id that turns text around": reply(200, {**STORE, "id": "vs_\u202e1"}),
    "an id with an escape": reply(200, {**STORE, "id": "vs_\u001b[2J"}),
    "an id that is endless": reply(200, {**STORE, "id": "v" * 100_000}),
    "metadata as a list": reply(200, {**STORE, "metadata": ["a"]}),
    "metadata as a text": reply(200, {**STORE, "metadata": "a"}),
    "an object of another kind": reply(200, {**STORE, "object": "file"}),
    "a deleted object": reply(200, {**STORE, "object": "vector_store.deleted"}),
    "an error with 200": reply(200, {"error": {"message": "No.", "code": None}}),
    "the key id twice": http(200, '{"id": "vs_1", "id": "vs_2", "object": "vector_store"}'),
    "half of a surrogate pair": http(200, '{"id": "vs_1", "object": "vector_store", "name": "\\ud800"}'),
    "half of a surrogate pair as a key": http(200, '{"id": "vs_1", "object": "vector_store", "\\udfff": 1}'),
    "Latin-1": http(200, '{"id": "vs_1", "name": "é"}'.encode("latin-1")),
    "UTF-16": http(200, json.dumps(STORE).encode("utf-16")),
    "JSON that ends early": http(200, json.dumps(STORE)[:-3]),
    "two objects": http(200, json.dumps(STORE) * 2),
    "what is no gzip": http(200, b"plain", content_encoding="gzip"),
    "gzip that ends early": http(200, gzip.compress(json.dumps(STORE).encode())[:-12], content_encoding="gzip"),
    "gzip of zeros": http(200, gzip.compress(b"0" * (70 * 1024 * 1024)), content_encoding="gzip"),
    "deflate of zeros": http(200, zlib.compress(b"[" * (70 * 1024 * 1024)), content_encoding="deflate"),
    "brotli": http(200, b"\x0b\x02\x80{}", content_encoding="br"),
    "300 and no place": http(300, "{}"),
    "302 and no place": http(302, "{}"),
    "304": http(304, ""),
    "418 in HTML": http(418, "<html>\n<b>tea\u202e</b></html>", content_type="text/html"),
    "404 nested deep": http(404, '{"error":' * 50_000),
    "400 with NaN": http(400, '{"error": NaN}'),
    "400 with a list": http(400, '["a", 1]'),
    "400 with null": http(400, "null"),
    "400 of FastAPI": reply(400, {"detail": [{"loc": ["body"], "msg": "field required"}]}),
    "400 with odd types": reply(400, {"error": {"message": ["a"], "code": {"a": 1}}}),
    "500 without a body": http(500, ""),
}

#: Answers that differ from OpenAI's in what does not matter.
FINE: dict[str, bytes] = {
    "no content type": http(200, json.dumps(STORE), content_type=""),
    "called HTML": http(200, json.dumps(STORE), content_type="text/html"),
    "called Latin-1": http(200, json.dumps(STORE), content_type="application/json; charset=latin-1"),
    "a byte order mark": http(200, "\ufeff" + json.dumps(STORE)),
    "gzip": http(200, gzip.compress(json.dumps(STORE).encode()), content_encoding="gzip"),
    "deflate": http(200, zlib.compress(json.dumps(STORE).encode()), content_encoding="deflate"),
    "a date as text": reply(200, {**STORE, "created_at": "2026-11-20T10:00:00Z"}),
    "a date without a zone": reply(200, {**STORE, "created_at": "2026-11-20T10:00:00.5"}),
    "a date as a float": reply(200, {**STORE, "created_at": 1.5}),
    "a date as digits": reply(200, {**STORE, "created_at": "1"}),
    "no date": reply(200, {"id": "vs_1", "object": "vector_store"}),
    "null for a date": reply(200, {**STORE, "created_at": None}),
    "an object for a date": reply(200, {**STORE, "created_at": {}}),
    "a status that nobody knows": reply(200, {**STORE, "status": "pondering"}),
    "a number for a status": reply(200, {**STORE, "status": 3}),
    "a list for usage": reply(200, {**STORE, "usage_bytes": []}),
    "usage beyond all": http(200, json.dumps(STORE)[:-1] + ', "usage_bytes": ' + "9" * 300 + "}"),
    "null for metadata": reply(200, {**STORE, "metadata": None}),
    "numbers in metadata": reply(200, {**STORE, "metadata": {"provision_owner": 1, "a": None, "b": []}}),
    "no kind": reply(200, {"id": "vs_1"}),
    "a kind that nobody knows": reply(200, {**STORE, "object": "collection"}),
    "fields that nobody knows": reply(200, {**STORE, "x": [{"y": [1, 2]}]}),
    "nested 50 deep": http(200, deep(50)),
}


@contextmanager
def opened(liar: Liar, path: str = "/v1", **options: Any) -> Iterator[dict[str, Collection]]:
    """The collections on this server, by type. Nothing is waited for: what fails is not repeated."""
    session = Session(Endpoint(liar.url + path, "sk-test", "a test"), rest=lambda seconds: True, **options)
    yield open_collections(session)
    session.close()


def always(answer: bytes | Callable[[], Iterable[bytes]]) -> Callable[[Asked], Iterable[bytes] | bytes]:
    """The same answer to everything."""
    return lambda asked: answer if isinstance(answer, bytes) else answer()


def draft(path: Path | None = None) -> Draft:
    return Draft({"name": "plays"}, Mark("p/default/vector_store.plays", "lineage", "op_1"), path)


@pytest.mark.parametrize("mode", WRONG)
def test_a_create_whose_answer_cannot_be_read_may_have_been_carried_out(mode: str) -> None:
    with lying(always(WRONG[mode])) as liar, opened(liar) as collections:
        with pytest.raises(ApiError) as caught:
            collections["vector_store"].create(draft())
        assert len(liar.asked) == 1
    status = caught.value.status or 0
    assert isinstance(caught.value, Ambiguous) == (status in (0, 200, 204, 500) or status == 302), caught.value


@pytest.mark.parametrize("mode", WRONG)
def test_a_wrong_answer_is_an_error_that_names_the_call(mode: str) -> None:
    with lying(always(WRONG[mode])) as liar, opened(liar) as collections:
        store = collections["vector_store"]
        for act in (lambda: list(store.pages()), lambda: store.update("vs_1", {"name": "x"}), lambda: retrieve(store)):
            with pytest.raises(ApiError) as caught:
                act()
            message = caught.value.message
            assert "/v1/vector_stores" in message
            assert message.isprintable()
            assert len(message) < 1000


def retrieve(collection: Collection) -> None:
    """Raises what a retrieve raises; NotFound where it says that there is nothing."""
    if collection.retrieve("vs_1") is None:
        raise NotFound("nothing at /v1/vector_stores/vs_1")


@pytest.mark.parametrize("mode", ["a page of HTML", "a list", "a text", "an error with 200", "brotli"])
def test_a_delete_is_believed_only_where_the_api_answers(mode: str) -> None:
    with (
        lying(always(WRONG[mode])) as liar,
        opened(liar) as collections,
        pytest.raises(ApiError, match="DELETE /v1/vector_stores/vs_1"),
    ):
        collections["vector_store"].delete("vs_1")


def test_a_delete_that_says_that_nothing_was_deleted_is_none() -> None:
    answer = reply(200, {"id": "vs_1", "object": "vector_store.deleted", "deleted": False})
    with lying(always(answer)) as liar, opened(liar) as collections, pytest.raises(ApiError, match="nothing was"):
        collections["vector_store"].delete("vs_1")


@pytest.mark.parametrize("answer", [http(204), http(200), http(200, "null"), http(200, "{}")])
def test_a_delete_needs_no_words(answer: bytes) -> None:
    with lying(always(answer)) as liar, opened(liar) as collections:
        collections["vector_store"].delete("vs_1")


@pytest.mark.parametrize("mode", FINE)
def test_what_does_not_matter_is_tolerated(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    with lying(always(FINE[mode])) as liar, opened(liar) as collections:
        made = collections["vector_store"].create(draft())
        assert made.id == "vs_1"
        assert made.created_at >= 0
        assert all(isinstance(value, str) for value in made.metadata.values())
        assert collections["vector_store"].retrieve("vs_1") == made
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (1_763_632_800, 1_763_632_800),
        (1_763_632_800_000, 1_763_632_800),
        ("2025-11-20T10:00:00Z", 1_763_632_800),
        ("2025-11-20T11:00:00+01:00", 1_763_632_800),
        ("2025-11-20 10:00:00", 1_763_632_800),
        ("Thu, 20 Nov 2025 10:00:00 GMT", 1_763_632_800),
        ("1763632800", 1_763_632_800),
        ("tomorrow", 0),
        ("nan", 0),
        (-1, 0),
        (10**400, 0),
        (True, 0),
        (None, 0),
    ],
)
def test_dates(written: object, seconds: int) -> None:
    assert seconds_of(written) == seconds


def test_an_answer_about_another_object_is_none_about_this() -> None:
    with (
        lying(always(reply(200, STORE))) as liar,
        opened(liar) as collections,
        pytest.raises(ApiError, match="vs_2 was asked for"),
    ):
        collections["vector_store"].retrieve("vs_2")


def test_an_id_that_was_recorded_empty_is_no_object() -> None:
    with lying(always(reply(200, STORE))) as liar, opened(liar) as collections:
        assert collections["vector_store"].retrieve("") is None
        collections["vector_store"].delete("")
        assert liar.asked == []


UPLOAD: dict[str, Any] = {"id": "file-1", "object": "file", "filename": "a.txt", "bytes": 5, "purpose": "assistants"}


@pytest.mark.parametrize(
    "odd",
    [
        {"filename": 5}, {"filename": ["a.txt"]}, {"filename": True}, {"bytes": "5"}, {"bytes": True}, {"bytes": -5},
        {"bytes": {}}, {"purpose": 1}, {"purpose": {}, "filename": {}, "bytes": []},
    ],
    ids=str,
)  # fmt: skip
def test_what_an_upload_can_not_be_says_nothing_of_it(odd: dict[str, Any]) -> None:
    with lying(always(reply(200, {**UPLOAD, **odd}))) as liar, opened(liar) as collections:
        live = collections["file"].retrieve("file-1")
    assert live is not None
    expected = {name: value for name, value in UPLOAD.items() if name not in ("id", "object", *odd)}
    assert live.fields == expected
    owned = Ownership("test/default", "lineage", Origins({}, {}, {}, {"file-1": Origin(filename="a.txt", bytes=5)}))
    assert owned.judge("file", Address("file", "a.txt"), live) is None


# --- lists


def stores(*numbers: int) -> list[dict[str, Any]]:
    return [{**STORE, "id": f"vs_{number}"} for number in numbers]


WRONG_LISTS: dict[str, bytes] = {
    "no data": reply(200, {"object": "list", "has_more": False}),
    "an object for data": reply(200, {"object": "list", "data": {}}),
    "a text for data": reply(200, {"object": "list", "data": "none"}),
    "null among the objects": listing(STORE, None),
    "an object without an id": listing(STORE, {"object": "vector_store"}),
    "an object of another kind": listing({**STORE, "object": "file"}),
}


@pytest.mark.parametrize("mode", WRONG_LISTS)
def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(mode: str) -> None:
    with lying(always(WRONG_LISTS[mode])) as liar, opened(liar) as collections, pytest.raises(ApiError):
        list(collections["vector_store"].pages())


def ids(collection: Collection) -> list[str]:
    return [live.id for page in collection.pages() for live in page]


def after(asked: Asked) -> int:
    """The number of the object that a page begins after; 1,000,000 for the first page."""
    cursor = next((part for part in asked.query.split("&") if part.startswith("after=")), "after=vs_1000000")
    return int(cursor.removeprefix("after=vs_"))


def test_null_for_data_is_an_empty_list() -> None:
    with lying(always(reply(200, {"object": "list", "data": None}))) as liar, opened(liar) as collections:
        assert ids(collections["vector_store"]) == []


def test_a_full_page_without_has_more_is_not_the_last() -> None:
    def answer(asked: Asked) -> bytes:
        start = min(after(asked), 251) - 1
        return reply(200, {"data": stores(*range(start, max(0, start - 100), -1))})

    with lying(answer) as liar, opened(liar) as collections:
        assert len(ids(collections["vector_store"])) == 250
        assert len(liar.asked) == 3


@pytest.mark.parametrize("size", [1, 3])
def test_a_cursor_that_is_repeated_ends_a_list(size: int) -> None:
    with lying(always(listing(*stores(*range(size)), more=True))) as liar, opened(liar) as collections:
        assert ids(collections["vector_store"]) == [f"vs_{number}" for number in range(size)]
        assert len(liar.asked) == 2


def test_pages_in_a_circle_end() -> None:
    def answer(asked: Asked) -> bytes:
        return listing(*stores((after(asked) + 1) % 3), more=True)

    with lying(answer) as liar, opened(liar) as collections:
        assert sorted(ids(collections["vector_store"])) == ["vs_0", "vs_1", "vs_2"]


def test_a_server_that_pages_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 50)
    with lying(lambda asked: listing(*stores(after(asked) - 1), more=True)) as liar, opened(liar) as collections:
        with pytest.raises(ApiError, match="did not end within 50 pages"):
            ids(collections["vector_store"])
        assert len(liar.asked) == 50


@pytest.mark.timeout(60)
def test_the_pages_of_a_list_are_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_BYTES", 1024 * 1024, raising=False)

    def answer(asked: Asked) -> bytes:
        return listing({**STORE, "id": f"vs_{after(asked) - 1}", "name": "x" * 200_000}, more=after(asked) > 999_980)

    with lying(answer) as liar, opened(liar) as collections:
        with pytest.raises(ApiError, match="longer than 1 MiB in all"):
            ids(collections["vector_store"])
        assert len(liar.asked) == 6


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in text)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("place", [0, 1_000_000, 1_048_560, 1_114_100, 2_500_000])
@pytest.mark.parametrize("write", [str, escaped, lambda key: base64.b64encode(key.encode()).decode()])
def test_a_key_is_found_at_every_place_of_a_long_answer(place: int, write: Callable[[str], str]) -> None:
    key = "sk-local-aB3dE5gH7jK9mN1pQ3sT5vW7xY9z"
    text = json.dumps({**STORE, "name": "x\U0001f600" + "y" * place + "KEY" + "z" * 1000}, ensure_ascii=False)
    content = text.replace("KEY", f" {write(key)} ").encode()
    redaction.register(key)
    with lying(always(http(200, content))) as liar, opened(liar) as collections:
        live = collections["vector_store"].retrieve("vs_1")
    assert live is not None
    assert live.fields["name"].endswith("y (redacted) " + "z" * 1000) or place == 0
    assert redaction.HIDDEN in live.fields["name"]
    assert "aB3dE5" not in live.fields["name"]


def test_a_server_that_pages_slowly_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "SHORTEST_LIST", 0.5)
    with (
        lying(lambda asked: listing(*stores(after(asked) - 1), more=True)) as liar,
        opened(liar, timeout=0.05) as collections,
        pytest.raises(ApiError, match=r"did not end within 0|did not answer in time"),
    ):
        ids(collections["vector_store"])


def test_a_list_that_is_not_found_on_a_later_page_is_no_list_that_ended() -> None:
    def answer(asked: Asked) -> bytes:
        return reply(404, {"error": {"message": "No such cursor"}}) if asked.query.count("after=") else page

    page = listing(*stores(9, 8, 7, 6), more=True)
    with lying(answer) as liar, opened(liar) as collections:
        with pytest.raises(ListCut):
            ids(collections["vector_store"])
        assert len(liar.asked) == 1 + paging.CURSORS


def test_a_cursor_that_was_deleted_meanwhile_is_replaced_by_the_one_before() -> None:
    def answer(asked: Asked) -> bytes:
        if "after=" not in asked.query:
            return listing(*stores(9, 8, 7), more=True)
        return reply(404, {"error": {"message": "gone"}}) if after(asked) == 7 else listing(*stores(7, 6, 5))

    with lying(answer) as liar, opened(liar) as collections:
        assert ids(collections["vector_store"]) == ["vs_9", "vs_8", "vs_7", "vs_6", "vs_5"]


def test_a_404_after_a_list_was_there_is_no_missing_api() -> None:
    answers = iter([listing(STORE), reply(404, {"detail": "Not Found"})])
    with lying(lambda asked: next(answers)) as liar, opened(liar) as collections:
        assert ids(collections["vector_store"]) == ["vs_1"]
        with pytest.raises(ListCut):
            ids(collections["vector_store"])


@pytest.mark.parametrize("said", ["No assistants found", "Assistants not found.", "The list is empty"])
def test_a_404_can_say_that_a_list_is_empty(said: str) -> None:
    with lying(always(reply(404, {"detail": said}))) as liar, opened(liar) as collections:
        assert ids(collections["assistant"]) == []


@pytest.mark.parametrize(
    "said", ["Not Found", "Invalid URL (GET /v1/assistants)", "No route found", "404 page not found"]
)
def test_a_404_for_an_unknown_path_says_that_there_is_no_such_api(said: str) -> None:
    answer = always(reply(404, {"error": {"message": said}}))
    with lying(answer) as liar, opened(liar) as collections, pytest.raises(NotFound):
        ids(collections["assistant"])


# --- time and size

BEGIN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def endless_headers() -> Iterator[bytes]:
    yield BEGIN
    while True:
        yield from drip(b"x-more: 1\r\n", 0.02)


def endless_informational() -> Iterator[bytes]:
    while True:
        yield from drip(b"HTTP/1.1 102 Processing\r\n\r\n", 0.01)


def dripping_body() -> Iterator[bytes]:
    yield BEGIN + b"content-length: 100000\r\n\r\n"
    yield from drip(b" " * 100_000, 0.02)


def dripping_chunks() -> Iterator[bytes]:
    yield BEGIN + b"transfer-encoding: chunked\r\n\r\n"
    while True:
        yield from drip(b"1\r\n \r\n", 0.02)


def silence() -> Iterator[bytes]:
    yield BEGIN
    yield from drip(b"", 0)
    import time

    time.sleep(5)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "mode", [endless_headers, endless_informational, dripping_body, dripping_chunks, silence], ids=lambda m: m.__name__
)
def test_a_call_ends_at_its_deadline(mode: Callable[[], Iterator[bytes]]) -> None:
    with lying(always(mode)) as liar, opened(liar, timeout=0.7) as collections:
        with pytest.raises(ApiError, match=r"did not answer in time \(GET /v1/vector_stores/vs_1\)"):
            collections["vector_store"].retrieve("vs_1")
        with pytest.raises(Ambiguous):
            collections["vector_store"].create(draft())


GZIP = BEGIN + b"content-encoding: gzip\r\n\r\n"


def gzip_and_more() -> Iterator[bytes]:
    yield GZIP + gzip.compress(json.dumps(STORE).encode())
    while True:
        yield b"x" * 1_000_000


def gzip_and_more_at_once() -> Iterator[bytes]:
    yield GZIP + gzip.compress(json.dumps(STORE).encode()) + b"x" * 1000
    while True:
        yield b"x" * 1_000_000


def gzip_and_zeros() -> Iterator[bytes]:
    yield GZIP + gzip.compress(json.dumps(STORE).encode())
    while True:
        yield bytes(1_000_000)


def deflate_and_more() -> Iterator[bytes]:
    yield BEGIN + b"content-encoding: deflate\r\n\r\n" + zlib.compress(json.dumps(STORE).encode())
    while True:
        yield b"x" * 1_000_000


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "mode", [gzip_and_more, gzip_and_more_at_once, gzip_and_zeros, deflate_and_more], ids=lambda m: m.__name__
)
def test_what_follows_the_end_of_a_compressed_answer_is_not_read(mode: Callable[[], Iterator[bytes]]) -> None:
    with lying(always(mode)) as liar, opened(liar) as collections:
        for _ in range(3):
            made = collections["vector_store"].retrieve("vs_1")
            assert made is not None
            assert made.id == "vs_1"


def test_a_compressed_answer_leaves_the_connection_to_the_next_call() -> None:
    ports: set[int] = set()
    content = gzip.compress(json.dumps(STORE).encode())
    with lying(always(http(200, content, content_encoding="gzip"))) as liar, opened(liar) as collections:
        for _ in range(3):
            assert collections["vector_store"].retrieve("vs_1") is not None
        ports = {asked.port for asked in liar.asked}
    assert len(ports) == 1


def many_interim_answers() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 102 Processing\r\n\r\n" * 1000


def many_long_chunk_heads() -> Iterator[bytes]:
    yield BEGIN + b"transfer-encoding: chunked\r\n\r\n"
    while True:
        yield (b"1;" + b"x" * 1000 + b"\r\n \r\n") * 100


def many_empty_blocks() -> Iterator[bytes]:
    compressor = zlib.compressobj(wbits=31)
    yield GZIP + compressor.compress(b"{") + compressor.flush(zlib.Z_SYNC_FLUSH)
    while True:
        yield b"\x00\x00\x00\xff\xff" * 10_000


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "mode", [many_interim_answers, many_long_chunk_heads, many_empty_blocks], ids=lambda m: m.__name__
)
def test_what_comes_for_one_call_is_bounded_with_all_that_is_no_body(
    mode: Callable[[], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "MOST_READ", 2 * 1024 * 1024, raising=False)
    with lying(always(mode)) as liar, opened(liar) as collections:
        with pytest.raises(ApiError, match="more than 2 MiB came for one call"):
            collections["vector_store"].retrieve("vs_1")
        assert len(liar.asked) == 1


@pytest.mark.timeout(30)
def test_an_answer_in_too_many_pieces_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces() -> Iterator[bytes]:
        yield BEGIN + b"transfer-encoding: chunked\r\n\r\n"
        while True:
            yield b"1\r\n \r\n" * 1000

    monkeypatch.setattr(transport, "MOST_PIECES", 5000, raising=False)
    with lying(always(pieces)) as liar, opened(liar) as collections:
        with pytest.raises(ApiError, match="more than 5,000 pieces"):
            collections["vector_store"].retrieve("vs_1")
        assert len(liar.asked) == 1


def test_a_body_without_end_is_cut_off() -> None:
    def endless() -> Iterator[bytes]:
        yield BEGIN + b"\r\n"
        while True:
            yield b" " * 1_000_000

    with lying(always(endless)) as liar, opened(liar) as collections:
        with pytest.raises(ApiError, match="longer than 64 MiB"):
            collections["vector_store"].retrieve("vs_1")
        assert len(liar.asked) == 1


def test_many_values_are_not_taken_apart() -> None:
    body = b'{"id": "vs_1", "x": [' + b"[]," * 1_000_000 + b"[]]}"
    with lying(always(http(200, body))) as liar, opened(liar) as collections, pytest.raises(ApiError, match="values"):
        collections["vector_store"].retrieve("vs_1")


@pytest.mark.thorough
def test_an_upload_is_given_time_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes 1.5 s to read 128 KiB is waited for, with 0.7 s for a call and 64 KiB a second."""
    import hashlib
    import time

    content = b"x" * (128 * 1024)
    path = tmp_path / "a.txt"
    path.write_bytes(content)

    def answer(asked: Asked) -> bytes:
        time.sleep(1.5)
        return reply(200, {"id": "file-1", "object": "file", "bytes": len(content), "filename": "a.txt"})

    body = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "filename": "a.txt",
        "purpose": "assistants",
    }
    assert transport.SLOWEST_UPLOAD == 64 * 1024
    with lying(answer) as liar, opened(liar, timeout=0.7) as collections:
        assert collections["file"].create(Draft(body, draft().mark, path)).id == "file-1"


# --- redirects

FOLLOWED = (301, 302, 303, 307, 308)


@pytest.mark.parametrize("status", FOLLOWED)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_redirect_to_another_server_is_refused(status: int, method: str) -> None:
    with lying(always(reply(200, STORE))) as other:
        redirect = http(status, "", location=f"{other.url}/v1/elsewhere")
        with lying(always(redirect)) as liar, opened(liar) as collections:
            store = collections["vector_store"]
            acts: dict[str, Callable[[], object]] = {
                "GET": lambda: store.retrieve("vs_1"),
                "POST": lambda: store.update("vs_1", {"name": "x"}),
                "DELETE": lambda: store.delete("vs_1"),
            }
            with pytest.raises(ApiError) as caught:
                acts[method]()
            assert liar.url in caught.value.message
            assert other.url in caught.value.message
            assert "OPENAI_BASE_URL" in str(caught.value.hint)
            assert other.asked == []
            assert len(liar.asked) == 1


@pytest.mark.parametrize("status", FOLLOWED)
def test_a_create_is_never_sent_to_another_server(status: int, tmp_path: Path) -> None:
    with lying(always(reply(200, STORE))) as other:
        redirect = http(status, "", location=f"{other.url}/v1/vector_stores")
        with lying(always(redirect)) as liar, opened(liar) as collections:
            with pytest.raises(ApiError):
                collections["vector_store"].create(draft())
            assert other.asked == []


@pytest.mark.parametrize(
    "place",
    [
        "https://127.0.0.1:{port}/v1/x",
        "http://localhost:{port}/v1/x",
        "//127.0.0.2:{port}/x",
        "http://a@127.0.0.2/",
        "ftp://127.0.0.1:{port}/",
        "http://127.0.0.1:0{port}1/",
        "http://[::1/",
        "http://\u0430pi.openai.com/",
        "\x00",
    ],
)
def test_another_scheme_host_or_port_is_another_server(place: str) -> None:
    with lying(lambda asked: b"") as liar:
        liar.answers = always(http(307, "", location=place.format(port=liar.port)))
        with opened(liar) as collections, pytest.raises(ApiError):
            collections["vector_store"].retrieve("vs_1")
        assert len(liar.asked) == 1


@pytest.mark.parametrize("status", FOLLOWED)
def test_a_read_follows_a_redirect_on_the_same_server(status: int) -> None:
    def answer(asked: Asked) -> bytes:
        here = asked.path == "/v2/vs_1"
        return reply(200, STORE) if here else http(status, "", location="/v2/vs_1")

    with lying(answer) as liar, opened(liar) as collections:
        live = collections["vector_store"].retrieve("vs_1")
        assert live is not None
        assert liar.calls() == ["GET /v1/vector_stores/vs_1", "GET /v2/vs_1"]


def test_a_write_is_not_turned_into_a_read() -> None:
    with lying(always(http(303, "", location="/v1/elsewhere"))) as liar, opened(liar) as collections:
        with pytest.raises(ApiError, match="another place on the same server"):
            collections["vector_store"].update("vs_1", {"name": "x"})
        assert liar.calls() == ["POST /v1/vector_stores/vs_1"]


def test_redirects_in_a_circle_end() -> None:
    with lying(always(http(302, "", location="/v1/again"))) as liar, opened(liar) as collections:
        with pytest.raises(ApiError):
            collections["vector_store"].retrieve("vs_1")
        assert len(liar.asked) == 1 + transport.MOST_REDIRECTS


def test_a_redirect_that_changes_the_server_on_its_second_step_is_refused() -> None:
    with lying(always(reply(200, STORE))) as other:

        def answer(asked: Asked) -> bytes:
            there = f"{other.url}/x" if asked.path == "/v1/again" else "/v1/again"
            return http(302, "", location=there)

        with lying(answer) as liar, opened(liar) as collections, pytest.raises(ApiError):
            collections["vector_store"].retrieve("vs_1")
        assert other.asked == []


# --- what errors say


def test_an_error_names_the_call_the_status_and_the_first_line() -> None:
    with (
        lying(always(http(400, "\n\nfirst line\nsecond", content_type="text/plain"))) as liar,
        opened(liar) as collections,
        pytest.raises(Rejected, match=r"^first line \(GET /v1/vector_stores/vs_1 answered 400\)$"),
    ):
        collections["vector_store"].retrieve("vs_1")


@pytest.mark.parametrize(
    ("type_", "right"), [("vector_store", "Vector Stores: Read"), ("file", "Files: Read"), ("agent", "Agents: Read")]
)
def test_a_403_names_the_call_and_the_right(type_: str, right: str) -> None:
    with lying(always(reply(403, {"error": {"message": "Insufficient permissions"}}))) as liar:
        with opened(liar) as collections, pytest.raises(Unauthorized) as caught:
            ids(collections[type_])
        assert liar.asked[0].path in caught.value.message
        assert right in str(caught.value.hint)


def test_a_403_for_a_write_names_the_right_to_write() -> None:
    with lying(always(http(403))) as liar, opened(liar) as collections, pytest.raises(Unauthorized) as caught:
        collections["vector_store"].create(draft())
    assert "Vector Stores: Write" in str(caught.value.hint)


@pytest.mark.parametrize("path", ["", "/", "/openai"])
def test_a_base_url_without_a_version_is_recognised(path: str) -> None:
    with lying(always(http(404, "404 page not found"))) as liar:
        with opened(liar, path) as collections, pytest.raises(ApiError) as caught:
            ids(collections["vector_store"])
        assert not isinstance(caught.value, NotFound)
        assert f"{liar.url}{path}".rstrip("/") + "/v1" in str(caught.value.hint)


def test_a_server_without_a_version_that_answers_is_left_alone() -> None:
    def answer(asked: Asked) -> bytes:
        return listing() if asked.path == "/models" else http(404)

    with lying(answer) as liar, opened(liar, "") as collections, pytest.raises(NotFound):
        ids(collections["assistant"])


def test_every_error_is_one_of_ours() -> None:
    assert issubclass(ApiError, ProvisionError)
