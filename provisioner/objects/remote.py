"""What all collections at OpenAI have in common: pages, retrieve, create, update, delete through the SDK."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.api.session import Session
from provisioner.errors import Ambiguous, NotFound, Rejected
from provisioner.objects.collection import Draft, Field, Live, Members

PAGE = 100
#: What every object has and nobody configures.
VOLATILE = frozenset({"id", "object", "created_at", "updated_at"})

#: How compatible servers say "no such object" with a 400.
MISSING = ("not found", "does not exist", "no such")


class RemoteCollection(ABC):
    """A collection behind one resource of the SDK; a subclass says which, and what its fields are."""

    type: ClassVar[str]
    title: ClassVar[str]
    remote: ClassVar[bool] = True
    fields: ClassVar[Mapping[str, Field]] = {}
    page_size: ClassVar[int] = PAGE
    members: Members | None = None

    def __init__(self, session: Session) -> None:
        self.session = session

    @abstractmethod
    def resource(self, client: Any) -> Any:
        """The SDK's resource, such as `client.vector_stores`."""

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of an answer that are configuration."""
        return {key: value for key, value in body.items() if key not in VOLATILE}

    def pages(self) -> Iterator[Sequence[Live]]:
        """All objects, newest first, a page at a time. Raises NotFound where the server has no such endpoint."""
        for page in paginate(self.session, lambda client: self.resource(client).list, self.page_size):
            yield [self.live(item) for item in page]

    def retrieve(self, id: str) -> Live | None:
        """The object, or None where there is none (404)."""
        try:
            return self.live(self.session.read(lambda client: self.resource(client).retrieve(id)))
        except NotFound:
            return None
        except Rejected as error:
            if error.status == 400 and any(words in error.message.lower() for words in MISSING):
                return None
            raise

    def complete(self, live: Live) -> Live:
        """Lists leave nothing out."""
        return live

    def create(self, draft: Draft) -> Live:
        """Makes an object, marked as ours; sent once."""
        body = {**draft.body, "metadata": {**(draft.body.get("metadata") or {}), **draft.mark.metadata()}}
        return self.live(self.session.create(lambda client: send(self.resource(client).create, body)))

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Sends these fields; the others keep their values."""
        return self.live(self.session.write(lambda client: send(self.resource(client).update, body, id)))

    def delete(self, id: str) -> None:
        """Deletes the object; no error where it is gone already."""
        try:
            self.session.write(lambda client: self.resource(client).delete(id))
        except NotFound:
            return

    def live(self, answer: Any) -> Live:
        """The object that an answer shows."""
        body = to_body(answer)
        return Live(
            id=str(body["id"]),
            fields=self.configuration(body),
            status=body.get("status"),
            created_at=int(body.get("created_at") or 0),
        )


def to_body(answer: Any) -> dict[str, Any]:
    """An answer as plain JSON. Raises Ambiguous where it is no object: what was asked for may have been done."""
    if not hasattr(answer, "to_dict"):
        raise Ambiguous("the API's answer is not what it should be: no JSON object")
    body: dict[str, Any] = answer.to_dict(mode="json")
    return body


def send(method: Callable[..., Any], body: Mapping[str, Any], *positional: str) -> Any:
    """Calls a method of the SDK; fields that it does not know yet go into `extra_body`."""
    known = inspect.signature(method).parameters
    arguments = {key: value for key, value in body.items() if key in known}
    newer = {key: value for key, value in body.items() if key not in known}
    return method(*positional, **arguments, **({"extra_body": newer} if newer else {}))


def paginate(session: Session, method: Callable[[Any], Callable[..., Any]], limit: int) -> Iterator[list[Any]]:
    """The pages of a list, newest first. Ends at the last page, at an empty one, and at a cursor seen before."""
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        after = {"after": cursor} if cursor else {}
        page = session.read(lambda client, after=after: method(client)(limit=limit, order="desc", **after))  # type: ignore[misc]
        items = list(getattr(page, "data", None) or [])
        if items:
            yield items
        if not items or not getattr(page, "has_more", False) or items[-1].id in seen:
            return
        cursor = items[-1].id
        seen.add(cursor)
