"""A request as an endpoint gets it, and the possible types of an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.emulator.file_indexing.indexing import Indexing
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.storage.database import Database


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart form."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """An answer that is not JSON."""

    data: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request: its path, query and body, its account, and the time in Unix seconds.

    `models` are names of models in addition to the emulator's own.
    """

    database: Database
    indexing: Indexing
    now: float
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    models: Collection[str] = ()

    @property
    def second(self) -> int:
        """The time in whole seconds, as the API returns it."""
        return int(self.now)


Reply = dict[str, Any] | Content
Endpoint = Callable[[ApiRequest], Reply]
#: The most bytes of the files in a form, by the endpoint that takes one instead of JSON.
FORMS: dict[Endpoint, int] = {}


def takes_form(most: int) -> Callable[[Endpoint], Endpoint]:
    """Declares that an endpoint takes a multipart form, whose files have at most this many bytes."""

    def declare(endpoint: Endpoint) -> Endpoint:
        FORMS[endpoint] = most
        return endpoint

    return declare


def too_large(most: int, param: str) -> Refusal:
    """The refusal of a file above the limit."""
    return Refusal(413, f"The file is too large. The maximum size is {most} bytes.", param=param)
