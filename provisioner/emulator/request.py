"""A request as an endpoint gets it, and the possible types of an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.emulator.database import Database
from provisioner.emulator.indexing import Indexing


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
