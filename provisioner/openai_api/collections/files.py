"""Defines the collection of uploaded files. Uploaded files never change. OpenAI stores no checksum and no metadata for
them. So the state records the checksum, and uploaded files have no ownership mark.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from provisioner.core.errors import ProvisionError
from provisioner.core.files.planned import open_planned
from provisioner.core.objecttype import FILE
from provisioner.openai_api.collections.collection import Draft, Field, Live
from provisioner.openai_api.collections.part_uploads import LargeFile, PartUploader, UploadLimits, cancel_upload
from provisioner.openai_api.collections.planned_content import (
    PlannedPart,
    content_changed,
    digest_whole,
    read_start,
)
from provisioner.openai_api.collections.remote import RemoteCollection
from provisioner.openai_api.http.answers import LATEST
from provisioner.openai_api.http.session import Session
from provisioner.state.partial_uploads import PartialUpload
from provisioner.state.upload_log import UploadLog

#: Files up to this many bytes are read into memory and hashed there, which is faster than reading them twice. Larger
#: files are streamed from the disk. With 128 uploads at once, these files take at most 32 MB together.
IN_MEMORY = 256 * 1024


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_size(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)


#: The purpose and the status that most files have. Each of them is one object for all files.
USUAL = {"assistants": "assistants", "processed": "processed"}
#: The fields of an uploaded file that are read from the API's answers, each with a function that checks its value.
SHOWN = {"filename": _is_text, "bytes": _is_size, "purpose": _is_text}


class FileCollection(RemoteCollection):
    """Gives access to the uploaded files at OpenAI at `/files`."""

    path = "/files"
    declared = FILE
    kinds = frozenset({"file"})
    page_size = 10_000
    fields: ClassVar[Mapping[str, Field]] = {
        "sha256": Field("create_only"),
        "purpose": Field("create_only"),
        "expires_after": Field("create_only"),
        "bytes": Field("local"),
        "filename": Field("local"),
    }

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the name, the size and the purpose of an uploaded file. `body` is the JSON object of a response. A
        value is left out if it does not have the type that the API documents.
        """
        return {key: body[key] for key, is_such in SHOWN.items() if key in body and is_such(body[key])}

    def live(self, body: Mapping[str, Any]) -> Live:
        """Returns the uploaded file that a response describes. `body` is the JSON object of the response."""
        name, size, purpose = body.get("filename"), body.get("bytes"), body.get("purpose")
        status, time = body.get("status"), body.get("created_at")
        if not (type(name) is type(purpose) is type(status) is str and type(size) is type(time) is int):
            return super().live(body)
        if size < 0 or not 0 <= time <= LATEST:
            return super().live(body)
        # Lists have up to 10,000 files on a page, and nearly all have these types. Nothing in them is converted.
        fields = {"filename": name, "bytes": size, "purpose": USUAL.get(purpose, purpose)}
        return Live(body["id"], fields, USUAL.get(status, status), time)

    def __init__(self, session: Session, limits: UploadLimits | None = None) -> None:
        """Stores the session and the limits. `limits` contains the sizes that determine how files are uploaded (None:
        the limits of OpenAI).
        """
        super().__init__(session)
        self.limits = limits or UploadLimits()

    def create(self, draft: Draft) -> Live:
        """Uploads the file that `draft` describes, and returns the uploaded file. A large file is uploaded in parts.
        Raises ProvisionError if the content of the file has changed since the plan or cannot be read.
        """
        if draft.path is None:
            raise ProvisionError("a file without a path cannot be uploaded")
        try:
            handle = open_planned(draft.path)
            try:
                return self._upload(handle, draft)
            finally:
                os.close(handle)
        except OSError as error:
            raise ProvisionError(
                f"{draft.path.name} cannot be read any more: {error.strerror}", hint="run the command again"
            ) from error

    def cancel_upload(self, upload: PartialUpload, log: UploadLog) -> None:
        """Cancels `upload`, an upload in parts that an earlier run did not complete, and records this in `log`. Raises
        ApiError if the request fails.
        """
        cancel_upload(self.session, log, upload)

    def _upload(self, handle: int, draft: Draft) -> Live:
        """Uploads the open file with the descriptor `handle`, and returns the uploaded file. `draft` describes the
        file.
        """
        size = int(draft.body["bytes"])
        name = Path(str(draft.path)).name
        if size > self.limits.single:
            uploader = PartUploader(self.session, draft.uploads, self.limits.part, draft.stopped)
            return self.live(uploader.upload(LargeFile(handle, draft.body)))
        if os.fstat(handle).st_size != size:
            raise content_changed(name)
        if size <= IN_MEMORY:
            content = read_start(handle, size)
            if hashlib.sha256(content).hexdigest() != draft.body["sha256"]:
                raise content_changed(name)
            return self._send(draft, lambda: content)
        if digest_whole(handle, size) != draft.body["sha256"]:
            raise content_changed(name)
        return self._send(draft, lambda: PlannedPart(handle, 0, size, str(draft.body["sha256"]), name))

    def _send(self, draft: Draft, open_content: Callable[[], bytes | PlannedPart]) -> Live:
        """Uploads the file that `draft` describes in one request, and returns the uploaded file. `open_content` is
        called for each attempt, and returns the content from its beginning.
        """
        body = {key: draft.body[key] for key in ("purpose", "expires_after") if key in draft.body}
        name = str(draft.body["filename"])

        def call(client: Any) -> dict[str, Any]:
            content = open_content()
            try:
                return self._one(client.upload(self.path, body, {"file": (name, content)}))
            except Exception as error:
                if isinstance(content, PlannedPart) and content.changed:
                    raise content_changed(Path(str(draft.path)).name) from error
                raise

        return self.live(self.session.create(call))
