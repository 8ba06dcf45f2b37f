"""Parses the HTTP responses of the API. Only streams of events are parsed in `streaming`, and error responses in
`translation`. Small differences from OpenAI's format are accepted. Larger differences are reported as errors.

Servers other than OpenAI's write dates as text or omit them, omit `has_more`, and send unknown fields. But values that
provision records must be valid: an id must be usable in a path, metadata and attributes must be objects, and the
response to a list request must contain a list.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from provisioner.core.text.redaction import HIDDEN, holds_key, redact_keys, redact_values
from provisioner.openai_api.http.decoding import SEARCHED, Undecodable, decode, first_line, printable
from provisioner.state.shape import ID, MOST_OF_ID

#: Values of the field `object` by which an object of a wrong type is recognised. Other values are accepted, because
#: servers differ.
KINDS = frozenset(
    {"file", "vector_store", "vector_store.file", "vector_store.files_batch", "vector_store.file_batch"}
    | {"assistant", "agent", "model", "list", "error", "thread", "response", "conversation"}
)
#: The largest accepted date in seconds since 1970. A larger value counts as milliseconds.
LATEST = 10**11


OBJECT_OR_NULL = frozenset((dict, type(None)))
#: An answer is searched for keys in parts: the bytes from the beginning of one part to that of the next part, and the
#: bytes that both parts contain.
PART, OVERLAP = 1024 * 1024, 64 * 1024


class Unreadable(ValueError):
    """Raised if a response of the API does not have the expected format. If `passing` is True, the response seems to be
    cut off, so a repeated call may help.
    """

    def __init__(self, reason: str, *, passing: bool = False, status: int | None = None) -> None:
        super().__init__(reason)
        self.passing = passing
        self.status = status


class Page(Struct, frozen=True):
    """Contains one page of a list. `size` is the number of bytes in the response. `more` says whether the server has a
    next page.
    """

    items: list[dict[str, Any]]
    more: bool
    size: int = 0


def read_object(raw: Any, kinds: Container[str] = (), *, id: str | None = None) -> dict[str, Any]:
    """Returns the JSON object in `raw`, an HTTP response. `kinds` are the accepted values of the field `object`. A
    value that is not in KINDS, the values of OpenAI's API, is not checked. `id` is the id in the request.

    Raises Unreadable if the response is not such an object, or if it contains another id than `id`.
    """
    answer = _Answer.of(raw)
    body = answer.body()
    check_object(answer, body, kinds)
    if id is not None and body["id"] != id:
        raise answer.wrong(f"is about {printable(body['id'], 80)}, and {printable(id, 80)} was asked for")
    return dict(body)


def read_page(raw: Any, kinds: Container[str], limit: int) -> Page:
    """Returns the page of a list in `raw`, an HTTP response. `kinds` are the accepted values of the field `object`.
    `limit` is the number of objects that were requested.

    If the response does not contain `has_more`, a page with at least `limit` objects is assumed not to be the last
    page. Raises Unreadable if the response is not a page of a list.
    """
    answer = _Answer.of(raw)
    body = answer.body()
    if not isinstance(body, dict):
        raise answer.wrong(f"is {_name(body)} instead of an object")
    if "data" not in body:
        raise answer.wrong("has no `data`")
    items = [] if body["data"] is None else body["data"]
    if not isinstance(items, list):
        raise answer.wrong(f"has {_name(items)} for `data` instead of a list")
    if not _are_usual(items, kinds):
        for item in items:
            check_object(answer, item, kinds)
    more = body.get("has_more")
    if isinstance(more, str):
        more = more.lower() == "true"
    return Page(items, len(items) >= limit if more is None else bool(more), len(answer.content))


def read_json(raw: Any) -> Any:
    """Returns the parsed JSON in `raw`, an HTTP response. Raises Unreadable if the response is not JSON."""
    return _Answer.of(raw).body()


def read_content(raw: Any) -> bytes:
    """Returns the bytes in `raw`, an HTTP response that is a download instead of JSON. The HTTP transport limits the
    number of bytes.
    """
    return _Answer.of(raw).content


def read_done(raw: Any, id: str | None = None) -> dict[str, Any]:
    """Returns the JSON object in `raw`, the HTTP response to a delete request or to another request whose response is
    not needed. An empty response becomes an empty object. `id` is the id in the request.

    Raises Unreadable if the response is not a JSON object, if it contains another id than `id`, if it contains an
    error, or if it says that the object was not deleted.
    """
    answer = _Answer.of(raw)
    if not answer.content.strip():
        return {}
    body = answer.body()
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise answer.wrong(f"is {_name(body)} instead of an object")
    if body.get("deleted") is False:
        raise answer.wrong("says that nothing was deleted")
    if body.get("error"):
        raise answer.wrong("holds an error in spite of its status")
    if id is not None and body.get("id") not in (None, "", id):
        raise answer.wrong(f"is about {printable(str(body['id']), 80)}, and {printable(id, 80)} was asked for")
    return body


def _are_usual(items: Sequence[Any], kinds: Container[str]) -> bool:
    """Returns whether `check_object` certainly accepts each of `items`. A page has up to 10,000 objects, and checking
    one property of all of them takes much less time than a separate check of each object. `kinds` are the accepted
    values of the field `object`.
    """
    if not items or set(map(type, items)) != {dict}:
        return False
    try:
        ids = [item["id"] for item in items]
        found = {item.get("object") for item in items}
    except (KeyError, TypeError):
        return False
    if set(map(type, ids)) != {str} or not all(kind in kinds for kind in found):
        return False
    together = "".join(ids).replace("-", "").replace("_", "")
    if not together.isascii() or not together.isalnum() or min(map(len, ids)) == 0 or max(map(len, ids)) > MOST_OF_ID:
        return False
    return all({type(item.get(name)) for item in items} <= OBJECT_OR_NULL for name in ("metadata", "attributes"))


def check_object(answer: _Answer, body: Any, kinds: Container[str]) -> None:
    """Raises Unreadable if `body` is not an object that provision can record. Such an object has a usable id without a
    key of this process, and its metadata and attributes are objects. If its field `object` has one of the values in
    KINDS, this value must be in `kinds`. A value that ends in `.deleted` is refused. `answer` is the HTTP response that
    contains `body`.
    """
    if not isinstance(body, dict):
        raise answer.wrong(f"is {_name(body)} instead of an object")
    kind = body.get("object")
    if isinstance(kind, str) and (kind.endswith(".deleted") or (kind in KINDS and kind not in kinds)):
        raise answer.wrong(f"is a {printable(kind, 40)}, which was not asked for")
    if "id" not in body:
        raise answer.wrong("has no id")
    id = body["id"]
    if not isinstance(id, str):
        raise answer.wrong(f"has {_name(id)} for an id instead of a text")
    if HIDDEN in id:
        raise answer.wrong("has an id that holds a key of this process; nothing of it was recorded")
    if not ID.fullmatch(id):
        raise answer.wrong(f"has an id that cannot be used, `{printable(id, 40)}`")
    for name in ("metadata", "attributes"):
        if body.get(name) is not None and not isinstance(body[name], dict):
            raise answer.wrong(f"has {_name(body[name])} for `{name}` instead of an object")


def seconds_of(value: object) -> int:
    """Returns a time in seconds since 1970. `value` is a number, or a text in one of the formats that servers use.
    Returns 0 if `value` is not a time.
    """
    if isinstance(value, str):
        value = _seconds_in(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    if not 0 <= value <= LATEST * 1000:  # Nor if it is NaN.
        return 0
    return int(value / 1000 if value > LATEST else value)


def _seconds_in(text: str) -> float | None:
    for read in (float, lambda text: datetime.fromisoformat(text), parsedate_to_datetime):
        try:
            found = read(text)
            if isinstance(found, float):
                return found
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def text_of(value: object) -> str | None:
    """Returns `value` if it is a string. Otherwise returns None."""
    return value if isinstance(value, str) else None


def error_messages_in(body: Any) -> Iterable[str]:
    """Yields the error messages in `body`, the parsed JSON of a response. The function knows the formats of OpenAI,
    FastAPI and other servers.
    """
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for name in ("message", "error", "detail", "msg", "title"):
            if body.get(name):
                yield from error_messages_in(body[name])
    elif isinstance(body, list) and body:
        yield from error_messages_in(body[0])


class _Answer(Struct, frozen=True):
    """Contains an HTTP response: its status and its content. `call` is the method and the path of the request."""

    call: str
    status: int
    content: bytes

    @classmethod
    def of(cls, raw: Any) -> _Answer:
        """Returns the status and the content of the HTTP response `raw`. `raw` may also be the object that the SDK
        returns for `with_raw_response`, which contains the response.
        """
        response = getattr(raw, "http_response", raw)
        return cls(f"{response.request.method} {response.request.url.path}", response.status_code, response.content)

    def body(self) -> Any:
        """Returns the parsed JSON of the response. If the response contains an API key of this process, the key is
        replaced, so that it is never used or recorded. Raises Unreadable if the response is empty or is not JSON.
        """
        if not self.content.strip():
            raise self.wrong("is empty", passing=self.status != 204)
        try:
            value = decode(self.content)
        except Undecodable as error:
            raise self.wrong(str(error), passing=error.torn) from None
        return redact_values(value, redact_keys) if self._may_hold_key() else value

    def _may_hold_key(self) -> bool:
        """Returns whether the response may contain an API key of this process. The whole text is searched once, because
        searching each value would be slower.

        JSON can write any character as an escape sequence. So the search decodes escape sequences, one piece of the
        text at a time.
        """
        return any(holds_key(each) for each in self._texts())

    def _texts(self) -> Iterator[str]:
        """Yields the decoded text of the response in overlapping pieces. The whole text in memory would take up to four
        bytes for each character.
        """
        for start in range(0, max(1, len(self.content) - OVERLAP), PART):
            yield self.content[start : start + PART + OVERLAP].decode("utf-8", "ignore")

    def wrong(self, what: str, *, passing: bool = False) -> Unreadable:
        """Returns an Unreadable error about this response. `what` completes the sentence in the error message, for
        example with "is empty". `passing` says whether a repeated call may help.
        """
        begin = first_line(self.content[:SEARCHED].decode("utf-8", "replace"), 80)
        shown = f"; it begins: {begin}" if begin else ""
        return Unreadable(
            f"the API's answer to {self.call} (status {self.status}) {what}{shown}", passing=passing, status=self.status
        )


def _name(value: object) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "a number")
