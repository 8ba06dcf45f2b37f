"""Defines the collection of uploaded files. Uploaded files never change. OpenAI stores no checksum and no metadata for
them, so the state records both.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from provisioner.core.errors import ProvisionError
from provisioner.core.files.opening import open_planned, read_limited
from provisioner.core.objecttype import FILE
from provisioner.openai_api.collections.collection import Draft, Field, Live
from provisioner.openai_api.collections.remote import RemoteCollection

#: Files up to this many bytes are read into memory, so that the bytes that are sent are those that were hashed.
IN_MEMORY = 64 * 1024 * 1024


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_size(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)


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

    def create(self, draft: Draft) -> Live:
        """Uploads the file that `draft` describes, and returns the uploaded file. Raises ProvisionError if the content
        of the file has changed since the plan.
        """
        if draft.path is None:
            raise ProvisionError("a file without a path cannot be uploaded")
        body = {key: draft.body[key] for key in ("purpose", "expires_after") if key in draft.body}
        name = str(draft.body["filename"])
        try:
            if draft.body["bytes"] <= IN_MEMORY:
                content = read_limited(open_planned(draft.path), IN_MEMORY, draft.path.name)
                _check(hashlib.sha256(content).hexdigest(), draft)
                return self._upload(body, (name, content))
            with os.fdopen(open_planned(draft.path), "rb") as stream:
                _check(hashlib.file_digest(stream, "sha256").hexdigest(), draft)
                stream.seek(0)
                return self._upload(body, (name, stream))
        except OSError as error:
            raise ProvisionError(
                f"{draft.path.name} cannot be read any more: {error.strerror}", hint="run the command again"
            ) from error

    def _upload(self, body: Mapping[str, Any], file: tuple[str, Any]) -> Live:
        return self.live(self.session.create(lambda client: self._one(client.upload(self.path, body, {"file": file}))))


def _check(digest: str, draft: Draft) -> None:
    """Raises ProvisionError if `digest` differs from the digest in the plan. `digest` is the digest of the bytes that
    were read for the upload.
    """
    if digest != draft.body["sha256"]:
        raise ProvisionError(
            f"{Path(str(draft.path)).name} has changed since it was planned", hint="run the command again"
        )
