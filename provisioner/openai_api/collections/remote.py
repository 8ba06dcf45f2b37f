"""Defines the base class of all collections at OpenAI. It lists, retrieves, creates, updates and deletes objects
over HTTP.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.core.errors import ListCut, NotFound, Rejected
from provisioner.core.objecttype import ObjectType
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Members
from provisioner.openai_api.collections.marks import read_mark, write_mark
from provisioner.openai_api.collections.paging import AGAIN, paginate
from provisioner.openai_api.http.answers import read_done, read_object, seconds_of, text_of
from provisioner.openai_api.http.decoding import printable
from provisioner.openai_api.http.paths import join_path
from provisioner.openai_api.http.session import Session
from provisioner.state.shape import ID

PAGE = 100
#: Fields that every object has and that are not part of its configuration.
VOLATILE = frozenset({"id", "object", "created_at", "updated_at"})

#: Parts of the message of a 400 with which some servers say that an object does not exist.
MISSING = ("not found", "does not exist", "no such")


class RemoteCollection(ABC):
    """Implements a collection whose objects are at OpenAI. A subclass defines the path of the collection below the base
    URL, such as `/vector_stores`, the type of the objects and their fields.
    """

    path: ClassVar[str]
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
        """The name of this type of object in records, such as `vector_store`."""
        return self.declared.name

    @property
    def title(self) -> str:
        """The name of this type of object in messages to users, such as `vector store`."""
        return self.declared.title

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the configuration of an object: its fields, except the fields that change by themselves. `body` is
        the JSON object of a response.
        """
        return {key: value for key, value in body.items() if key not in VOLATILE}

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields all objects in pages, the newest objects first.

        Raises NotFound if the server has no endpoint for this type of object. If the list is not found although the
        server has already returned it in this run, raises ListCut, because the objects may still exist.
        """
        try:
            for page in paginate(self.session, self.path, self.kinds, self.page_size):
                self._listed = True
                yield [self.live(item) for item in page]
            self._listed = True
        except NotFound as error:
            if not self._listed:
                raise
            raise ListCut(f"a list that was there is not found: {error.message}", status=404, hint=AGAIN) from error

    def retrieve(self, id: str) -> Live | None:
        """Returns the object with this id. Returns None if the object does not exist (404, or a 400 whose message says
        this), or if `id` cannot be the id of an object.
        """
        if not ID.fullmatch(id):
            return None
        try:
            return self.live(self.session.read(lambda client: self._one(client.get(self._path(id)), id)))
        except NotFound:
            return None
        except Rejected as error:
            if error.status == 400 and any(words in error.message.lower() for words in MISSING):
                return None
            raise

    def mark_of(self, live: Live) -> Mark | None:
        """Returns the ownership mark of the object `live`, or None if the object has no mark."""
        return read_mark(self.declared, live)

    def complete(self, live: Live) -> Live:
        """Returns the object `live` unchanged, because the response to a list request contains all its fields."""
        return live

    def with_content(self, live: Live) -> Live:
        """Returns the object `live` unchanged, because there is no content to add. For this type of object, either the
        fields are the whole content, or the API does not return the content.
        """
        return live

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns None (not known), because the API does not return the content of objects of this type. A subclass
        overrides this method if the API returns the content.
        """
        return None

    def create(self, draft: Draft) -> Live:
        """Creates the object that `draft` describes, and returns the new object. An ownership mark is written into the
        object if its type has a place for a mark. The request is repeated only if it was certainly not carried out, for
        example after a 429.
        """
        body = write_mark(self.declared, draft.body, draft.mark)
        return self.live(self.session.create(lambda client: self._one(client.post(self.path, body))))

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Changes the fields in `body` of the object with the id `id`, and returns the changed object. All other fields
        keep their values. Raises Rejected if `id` cannot be the id of an object.
        """
        if not ID.fullmatch(id):
            raise Rejected(f"{printable(id, 80)} is no id of a {self.title}", hint="look with `provision plan`")
        return self.live(self.session.write(lambda client: self._one(client.post(self._path(id), body), id)))

    def delete(self, id: str) -> None:
        """Deletes the object with the id `id`. Does nothing if the object does not exist."""
        if not ID.fullmatch(id):
            return
        try:
            self.session.write(lambda client: read_done(client.delete(self._path(id)), id))
        except NotFound:
            return

    def live(self, body: Mapping[str, Any]) -> Live:
        """Returns the object that a response describes. `body` is the JSON object of the response."""
        return Live(
            id=body["id"],
            fields=self.configuration(body),
            status=text_of(body.get("status")),
            created_at=seconds_of(body.get("created_at")),
        )

    def _path(self, id: str) -> str:
        """Returns the path of the object with the id `id`."""
        return self.path + join_path(id)

    def _one(self, raw: Any, id: str | None = None) -> dict[str, Any]:
        return read_object(raw, self.kinds, id=id)
