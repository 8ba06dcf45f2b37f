"""Reads the server-sent events of an HTTP response. Each event is decoded as JSON as soon as it has arrived.

Source: section 9.2.6 of the HTML standard. Only the parts that OpenAI's API uses are supported: lines with `event:` and
`data:`, and an empty line after each event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.errors import StreamCut, Unavailable
from provisioner.core.text.redaction import holds_key, redact_keys, redact_values
from provisioner.openai_api.http.decoding import Undecodable, decode, first_line

#: The data with which some streams end.
DONE = b"[DONE]"
CUT_HINT = "what arrived is shown; send the message again, or use --poll if the connection often ends"
NO_STREAM_HINT = "this server does not stream; use --poll"


class ServerEvent(Struct, frozen=True):
    """Contains one server-sent event. `name` is the name of the event: the text after `event:`, or the value of the
    field `type` in `data`.
    """

    name: str
    data: Mapping[str, Any]


class EventStream:
    """Reads the events of one HTTP response. If the stream is closed, the connection is closed too, and the server ends
    its work on the request.
    """

    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[ServerEvent]:
        """Yields the events of the response. Raises StreamCut if the connection fails, or if an event is not a JSON
        object. If the server closes the connection without an error, the iteration ends.
        """
        import httpx2

        try:
            for name, data in split_events(self._response.iter_bytes()):
                if data.strip() == DONE:
                    return
                yield _event(name, data)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise StreamCut(f"the answer ended in the middle: {_reason(error)}", hint=CUT_HINT) from error
        except Undecodable as error:
            raise StreamCut(f"an event of the answer {error}", hint=CUT_HINT) from error
        finally:
            self.close()

    def close(self) -> None:
        """Closes the connection. A second call does nothing."""
        self._response.close()


def open_events(stream: Any) -> EventStream:
    """Returns the events of an HTTP response. `stream` is the result of an SDK call with `stream=True`. Raises
    Unavailable if the response is JSON or HTML instead of a stream of events.
    """
    response = stream.response
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("application/json", "text/html"):
        response.read()
        begin = first_line(response.content.decode("utf-8", "replace"), 80)
        response.close()
        raise Unavailable(f"the API answered with {kind} instead of a stream: {begin}", hint=NO_STREAM_HINT)
    return EventStream(response)


def split_events(pieces: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yields the name and the data of each event in a stream. The bytes of the stream arrive in `pieces`. The name is
    empty if the event has no name. An event is yielded only after the empty line at its end.
    """
    name = ""
    data: list[bytes] = []
    for line in _lines(pieces):
        if not line:
            if data:
                yield name, b"\n".join(data)
            name, data = "", []
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the lines of the stream without their line ends. A line may arrive in many pieces. The pieces are joined
    only once, when the line is complete.
    """
    waiting: list[bytes] = []
    for piece in pieces:
        first, *others = piece.split(b"\n")
        waiting.append(first)
        for each in others:
            yield b"".join(waiting).removesuffix(b"\r")
            waiting = [each]


def _event(name: str, content: bytes) -> ServerEvent:
    value = decode(content)
    if not isinstance(value, dict):
        raise Undecodable("is not an object")
    if holds_key(content.decode("utf-8", "ignore")):
        value = redact_values(value, redact_keys)
    return ServerEvent(name or str(value.get("type", "")), value)


def _reason(error: Exception) -> str:
    return first_line(str(error)) or type(error).__name__
