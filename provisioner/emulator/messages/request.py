"""Defines the request that an endpoint gets, and the types of the replies that an endpoint returns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from msgspec import Struct, field
from starlette.datastructures import QueryParams

from provisioner.emulator.answering.answering import Answering
from provisioner.emulator.answering.running import RunningTurns
from provisioner.emulator.file_indexing.indexing import Indexing
from provisioner.emulator.messages.event_stream import EventStream
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.storage.database import Database


class Upload(Struct, frozen=True):
    """Contains a file that was uploaded in a multipart form."""

    filename: str
    data: bytes


class Content(Struct, frozen=True):
    """Contains a reply that is not JSON: the bytes, their media type, and the HTTP status."""

    data: bytes
    media_type: str = "application/octet-stream"
    status: int = 200


class ApiRequest(Struct, frozen=True):
    """Contains one request, together with the objects that endpoints use. `ids` are the values of the parameters in the
    path. `now` is the time of the request in seconds since 1970.

    `database` and `indexing` give access to the data of the account. `answering` answers turns. `running` manages the
    turns that continue after their request, such as runs. `models` are the names of additional models that the SDK does
    not name.
    """

    database: Database
    indexing: Indexing
    now: float
    answering: Answering
    running: RunningTurns
    ids: Mapping[str, str] = field(default_factory=dict)
    query: QueryParams = field(default_factory=QueryParams)
    body: Any = None
    models: Collection[str] = ()

    @property
    def second(self) -> int:
        """The time of the request in whole seconds since 1970, as the API returns times."""
        return int(self.now)


Reply = dict[str, Any] | Content | EventStream
Endpoint = Callable[[ApiRequest], Reply | Awaitable[Reply]]
#: The endpoints that take a multipart form instead of JSON, each with the most bytes of the files in the form.
FORMS: dict[Endpoint, int] = {}
#: Those of them that take JSON, too.
FORMS_OR_JSON: set[Endpoint] = set()


def takes_form(most: int, *, or_json: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Returns a decorator for an endpoint that expects a multipart form as its body. `most` is the largest size of the
    form's files in bytes. If `or_json` is True, the body can also be JSON.
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        FORMS[endpoint] = most
        FORMS_OR_JSON.update({endpoint} if or_json else ())
        return endpoint

    return declare


def too_large(most: int, param: str) -> Refusal:
    """Returns the refusal of a file that is larger than `most` bytes. `param` is the name of the field with the
    file.
    """
    return Refusal(413, f"The file is too large. The maximum size is {most} bytes.", param=param)
