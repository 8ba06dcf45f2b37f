"""Uploads the files that are attached to messages, and deletes them at the end of the dialogue."""

from __future__ import annotations

from provisioner.core.errors import ApiError, NotFound
from provisioner.openai_api.http.answers import read_done, read_object
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.turns.responses import IMAGES
from provisioner.openai_api.turns.rounds import send
from provisioner.openai_api.turns.turn import Attachment, Leftover


class Uploads:
    """Manages the files that one dialogue has uploaded for its messages."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files: list[Attachment] = []

    def upload(self, filename: str, content: bytes, target: str) -> Attachment:
        """Uploads a file with the name `filename` for a message, and returns the attachment. `target` is the name of
        the API that the assistant is made for, such as `responses`. Raises ApiError if the upload fails.
        """
        purpose = "assistants" if target == "assistants" else "user_data"
        if filename.lower().endswith(IMAGES):
            purpose = "vision"
        made = self._session.create(
            lambda client: read_object(
                send(client.sdk.files.with_raw_response.create, {"file": (filename, content), "purpose": purpose}),
                {"file"},
            )
        )
        self._files.append(Attachment(made["id"], filename))
        return self._files[-1]

    def created(self) -> list[Leftover]:
        """Returns the files that the dialogue has uploaded."""
        return [Leftover("file", each.id, each.filename) for each in self._files]

    def close(self) -> list[Leftover]:
        """Deletes the uploaded files. Returns the files that could not be deleted. A second call does nothing."""
        left = []
        while self._files:
            each = self._files[-1]
            try:
                self._delete(each.id)
            except NotFound:
                pass
            except ApiError as error:
                left.append(Leftover("file", each.id, error.message))
            self._files.pop()
        return left

    def _delete(self, id: str) -> None:
        self._session.write(lambda client: read_done(client.sdk.files.with_raw_response.delete(id), id))
