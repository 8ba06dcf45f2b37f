"""Attaches files to a vector store. There are three forms of request: a batch with `files`, a batch with `file_ids`, or
one request for each file. The server determines which form is possible.

Some servers other than OpenAI's refuse `files` in a batch (llama-stack 0.7.3 requires `file_ids`). Others accept
`files` but ignore it (OGX 1.5.0 responds with `file_counts.total: 0`). So the number of accepted files in the response
is checked. If files are missing, they are sent again in the next form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, Literal

from provisioner.core.errors import ApiError
from provisioner.openai_api.http.answers import read_done
from provisioner.openai_api.http.paths import join_path
from provisioner.openai_api.http.session import Session

Form = Literal["files", "file_ids", "single"]
Wire = Sequence[Mapping[str, Any]]

#: The forms of request, in the order in which they are tried. The first form can have the most files, and every server
#: has the last.
FORMS: tuple[Form, ...] = ("files", "file_ids", "single")
#: The HTTP statuses of a server that does not have a form: the request is invalid, or the endpoint does not exist.
REFUSED = (400, 404, 405, 422, 501)


class Attaching:
    """Attaches files to vector stores. The object remembers which form of request the server accepts. Several threads
    can use one object.
    """

    def __init__(self, session: Session, listed: Callable[[str], Mapping[str, object]]) -> None:
        """Stores the session and the function `listed`. For the id of a vector store, this function returns a mapping
        whose keys are the ids of the files in the vector store.
        """
        self._session = session
        self._listed = listed
        self._form: Form = FORMS[0]
        self._lock = Lock()

    def attach(self, store: str, members: Wire) -> None:
        """Attaches the files `members` to the vector store with the id `store`. The vector store then starts to index
        the files.

        Raises ApiError if a request fails. If the server refuses every form of request, the error is that of the first
        refused form.
        """
        first: ApiError | None = None
        for form in FORMS[FORMS.index(self._form) :]:
            if form == "file_ids" and not _is_uniform(members):
                continue
            try:
                taken = self._send(form, store, members)
            except ApiError as error:
                if error.status not in REFUSED:
                    raise
                first = first or error
                continue
            if taken is None or taken >= len(members):
                self._remember(form)
                return
            there = self._listed(store)
            members = [member for member in members if member["file_id"] not in there]
            if not members:
                return
        if first is not None:
            raise first

    def _send(self, form: Form, store: str, members: Wire) -> int | None:
        """Attaches the files `members` to the vector store with the id `store`, with one form of request. Returns the
        number of files that the server accepted. Returns None if the server's response does not contain this number.
        """
        if form == "single":
            for member in members:
                self._session.write(lambda client, member=member: _create_one(client, store, member))  # type: ignore[misc]
            return None
        body = _batch(form, members)
        answer = self._session.write(lambda client: _create_batch(client, store, body))
        counts = answer.get("file_counts")
        total = counts.get("total") if isinstance(counts, dict) else None
        return total if isinstance(total, int) and not isinstance(total, bool) else None

    def _remember(self, form: Form) -> None:
        with self._lock:
            self._form = max(self._form, form, key=FORMS.index)


def _batch(form: Form, members: Wire) -> dict[str, Any]:
    if form == "files":
        return {"files": [dict(member) for member in members]}
    shared = {key: value for key, value in members[0].items() if key != "file_id"}
    return {"file_ids": [member["file_id"] for member in members], **shared}


def _is_uniform(members: Wire) -> bool:
    """Returns whether all files in `members` have the same settings. If they do, one request can contain the settings
    once for all files.
    """
    settings = [{key: value for key, value in member.items() if key != "file_id"} for member in members]
    return all(each == settings[0] for each in settings)


def _create_batch(client: Any, store: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return read_done(client.post(join_path("vector_stores", store, "file_batches"), body))


def _create_one(client: Any, store: str, member: Mapping[str, Any]) -> dict[str, Any]:
    return read_done(client.post(join_path("vector_stores", store, "files"), member))
