"""What all collections at OpenAI have in common: pages, retrieve, create, update, delete through the SDK."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.core.errors import ListCut, NotFound, Rejected
from provisioner.core.objecttype import ObjectType
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Members
from provisioner.openai_api.collections.marks import read_mark, write_mark
from provisioner.openai_api.collections.paging import AGAIN, paginate
from provisioner.openai_api.http.answers import read_done, read_object, seconds_of, text_of
from provisioner.openai_api.http.decoding import printable
from provisioner.openai_api.http.session import Session
from provisioner.state.shape import ID

PAGE = 100
#: What every object has and nobody configures.
VOLATILE = frozenset({"id", "object", "created_at", "updated_at"})

#: How compatible servers say "no such object" with a 400.
MISSING = ("not found", "does not exist", "no such")


class RemoteCollection(ABC):
    """A collection behind one resource of the SDK; a subclass says which, of which type, and what its fields are."""

    declared: ClassVar[ObjectType]
    remote: ClassVar[bool] = True
    fields: ClassVar[Mapping[str, Field]] = {}
    kinds: ClassVar[frozenset[str]] = frozenset()
    page_size: ClassVar[int] = PAGE
    members: Members | None = None

    def __init__(self, session: Session) -> None:
        self.session = session
        self._listed = False

    @property
    def type(self) -> str:
        """As records name it."""
        return self.declared.name

    @property
    def title(self) -> str:
        """As people say it."""
        return self.declared.title

    @abstractmethod
    def resource(self, client: Any) -> Any:
        """The SDK's resource, such as `client.vector_stores`."""

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of an answer that are configuration."""
        return {key: value for key, value in body.items() if key not in VOLATILE}

    def pages(self) -> Iterator[Sequence[Live]]:
        """All objects, newest first, a page at a time. Raises NotFound where the server has no such endpoint.

        What it has listed once in this run it has: a 404 after that is a ListCut.
        """
        try:
            for page in paginate(self.session, lambda client: self._raw(client).list, self.kinds, self.page_size):
                self._listed = True
                yield [self.live(item) for item in page]
            self._listed = True
        except NotFound as error:
            if not self._listed:
                raise
            raise ListCut(f"a list that was there is not found: {error.message}", status=404, hint=AGAIN) from error

    def retrieve(self, id: str) -> Live | None:
        """The object, or None where there is none (404), or can be none: that is no id."""
        if not ID.fullmatch(id):
            return None
        try:
            return self.live(self.session.read(lambda client: self._one(self._raw(client).retrieve(id), id)))
        except NotFound:
            return None
        except Rejected as error:
            if error.status == 400 and any(words in error.message.lower() for words in MISSING):
                return None
            raise

    def mark_of(self, live: Live) -> Mark | None:
        """Whose the object says it is, read where its type carries the mark."""
        return read_mark(self.declared, live)

    def complete(self, live: Live) -> Live:
        """Lists leave nothing out."""
        return live

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """None: the API gives no content back. A type whose declaration says that it is readable overrides this."""
        return None

    def create(self, draft: Draft) -> Live:
        """Makes an object, marked as ours where its type has a place for that; sent once."""
        body = write_mark(self.declared, draft.body, draft.mark)
        return self.live(self.session.create(lambda client: self._one(send(self._raw(client).create, body))))

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Sends these fields; the others keep their values. Raises Rejected for what is no id."""
        if not ID.fullmatch(id):
            raise Rejected(f"{printable(id, 80)} is no id of a {self.title}", hint="look with `provision plan`")
        return self.live(self.session.write(lambda client: self._one(send(self._raw(client).update, body, id), id)))

    def delete(self, id: str) -> None:
        """Deletes the object; no error where it is gone already."""
        if not ID.fullmatch(id):
            return
        try:
            self.session.write(lambda client: read_done(self._raw(client).delete(id), id))
        except NotFound:
            return

    def live(self, body: Mapping[str, Any]) -> Live:
        """The object that an answer shows."""
        return Live(
            id=body["id"],
            fields=self.configuration(body),
            status=text_of(body.get("status")),
            created_at=seconds_of(body.get("created_at")),
        )

    def _raw(self, client: Any) -> Any:
        """The resource, whose answers are not parsed by the SDK."""
        return self.resource(client).with_raw_response

    def _one(self, raw: Any, id: str | None = None) -> dict[str, Any]:
        return read_object(raw, self.kinds, id=id)


def send(method: Callable[..., Any], body: Mapping[str, Any], *positional: str) -> Any:
    """Calls a method of the SDK; fields that it does not know yet go into `extra_body`."""
    known = inspect.signature(method).parameters
    arguments = {key: value for key, value in body.items() if key in known}
    newer = {key: value for key, value in body.items() if key not in known}
    return method(*positional, **arguments, **({"extra_body": newer} if newer else {}))
