"""Uploads files that are too large for one request, in parts, through the Uploads API.

First an upload is opened. Then the parts are stored in parallel and in any order. When the upload is completed, OpenAI
makes a file of the parts. Each step is recorded in an `UploadLog`. After an interruption, only the missing parts are
sent. An upload expires one hour after it was opened.

Sources: OpenAI's specification (`createUpload`, `addUploadPart`, `completeUpload`, `cancelUpload`), and
`resources/uploads` of the SDK. The specification has no endpoint that lists or retrieves uploads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any, NoReturn

from msgspec import Struct

from provisioner.core.errors import Ambiguous, ApiError, NotFound, ProvisionError, Rejected
from provisioner.core.files.limits import PART_BYTES, SINGLE_UPLOAD_BYTES
from provisioner.core.files.opening import spell_bytes
from provisioner.openai_api.collections.media_types import media_type_of
from provisioner.openai_api.collections.planned_content import Digests, PlannedPart, content_changed, digest_parts
from provisioner.openai_api.http.answers import read_done, read_object, seconds_of
from provisioner.openai_api.http.paths import join_path
from provisioner.openai_api.http.session import Session
from provisioner.state.partial_uploads import (
    PartialUpload,
    PartStored,
    UploadClosed,
    UploadCompleting,
    UploadOpened,
)
from provisioner.state.records import digest
from provisioner.state.shape import ID
from provisioner.state.upload_log import UploadLog

#: The most parts of one file that are sent at the same time.
PARALLEL_PARTS = 8
#: The seconds after which an upload expires, if the API's response does not say this, and the longest time that is
#: accepted from a response.
LIFETIME, LONGEST_LIFETIME = 3600.0, 86_400.0
#: The seconds before the end of an upload's lifetime in which no new part is sent.
MARGIN = 30.0


class UploadLimits(Struct, frozen=True):
    """Contains the sizes in bytes that determine how files are uploaded. Files larger than `single` are uploaded in
    parts of `part` bytes each.
    """

    single: int = SINGLE_UPLOAD_BYTES
    part: int = PART_BYTES


class LargeFile(Struct, frozen=True):
    """Describes an open file that is uploaded in parts. `handle` is its file descriptor. `body` contains the fields of
    the file: name, size, SHA-256, purpose, and optionally the expiry.
    """

    handle: int
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the file."""
        return str(self.body["filename"])

    @property
    def bytes(self) -> int:
        """The size of the file in bytes."""
        return int(self.body["bytes"])


class PartUploader(Struct, frozen=True):
    """Uploads files in parts. `log` records the progress. The function `stopped` returns whether the run must end. If
    it returns True, no new part is sent. `clock` returns the time in seconds since 1970. `parallel` is the largest
    number of parts that are sent at the same time.
    """

    session: Session
    log: UploadLog
    part_bytes: int = PART_BYTES
    stopped: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.time
    parallel: int = PARALLEL_PARTS

    def upload(self, file: LargeFile) -> dict[str, Any]:
        """Uploads `file` and returns the JSON of the new file object. If the log contains an upload of the same
        content, only the missing parts are sent.

        Raises ProvisionError if the content has changed since the plan, if the run must end, or if the upload expires
        before all parts are sent. Raises Ambiguous if it is not known whether OpenAI made the file, and ApiError if a
        request fails. An upload that can be continued later stays in the log.
        """
        known = self.log.find(digest(file.body))
        if os.fstat(file.handle).st_size != file.bytes:
            self._give_up(known, file)
        if known is not None and not self._is_usable(known, file):
            self._cancel(known)
            known = None
        part_bytes = self.part_bytes if known is None else known.opened.part_bytes
        digests = digest_parts(file.handle, file.bytes, part_bytes)
        if digests.sha256 != file.body["sha256"]:
            self._give_up(known, file)
        if known is not None:
            try:
                return self._finish(known, file, digests)
            except (Rejected, NotFound):
                pass  # The API has given up the upload of the earlier run. It is cancelled, and a new one begins.
        return self._finish(self._open(file), file, digests)

    def _give_up(self, known: PartialUpload | None, file: LargeFile) -> NoReturn:
        """Always raises ProvisionError, because the content of `file` has changed since the plan. Before that, cancels
        `known`, the upload that an earlier run has opened. `known` is None if there is no such upload.
        """
        if known is not None:
            self._cancel(known)
        raise content_changed(file.name)

    def _is_usable(self, upload: PartialUpload, file: LargeFile) -> bool:
        """Returns whether `upload`, which an earlier run opened, can be continued: the file has the same size, and the
        upload does not expire soon.
        """
        return upload.opened.bytes == file.bytes and self.clock() < upload.opened.expires_at - MARGIN

    def _open(self, file: LargeFile) -> PartialUpload:
        """Opens an upload for `file`, records it in the log, and returns it. The request may be repeated, because an
        upload without parts costs nothing and expires.
        """
        body: dict[str, Any] = {
            "filename": file.name,
            "bytes": file.bytes,
            "mime_type": media_type_of(file.name),
            **{name: file.body[name] for name in ("purpose", "expires_after") if name in file.body},
        }
        before = self.clock()
        try:
            made = self.session.write(lambda client: read_object(client.post("/uploads", body)))
        except NotFound as error:
            raise ApiError(
                f"{file.name} has {spell_bytes(file.bytes)}, and this server takes no uploads in parts: "
                f"{error.message}",
                status=404,
                hint=f"split the file; one request can upload {spell_bytes(SINGLE_UPLOAD_BYTES)}",
            ) from error
        # The server's clock may differ from the clock of this machine, so only the difference of its times is used.
        lifetime = seconds_of(made.get("expires_at")) - (seconds_of(made.get("created_at")) or before)
        lifetime = lifetime if 0 < lifetime <= LONGEST_LIFETIME else LIFETIME
        opened = UploadOpened(made["id"], digest(file.body), file.name, file.bytes, self.part_bytes, before + lifetime)
        self.log.add(opened)
        return PartialUpload(opened)

    def _finish(self, upload: PartialUpload, file: LargeFile, digests: Digests) -> dict[str, Any]:
        """Sends the missing parts of `upload`, completes it, and returns the JSON of the file object. If the API
        refuses a part, if the content of the file has changed, or if the upload expires soon, the upload is cancelled
        and an error is raised. `digests` are the digests of the file and its parts.
        """
        try:
            parts = dict(upload.parts)
            if not upload.completing:
                parts |= self._send_parts(upload, file, digests)
        except (Rejected, NotFound, _Impossible) as error:
            self._cancel(upload)
            raise error.reason if isinstance(error, _Impossible) else error from error.__cause__
        return self._complete(upload, [parts[number] for number in sorted(parts)], digests)

    def _send_parts(self, upload: PartialUpload, file: LargeFile, digests: Digests) -> dict[int, str]:
        """Sends the missing parts of `upload`, several at a time, and returns their ids, keyed by the number of the
        part. After an error, no further part is started. The error is raised when all started requests have ended.
        """
        missing = [number for number in range(upload.count) if number not in upload.parts]
        failed = Event()

        def send(number: int) -> str:
            try:
                return self._send_part(upload, file, number, digests.parts[number], failed)
            except BaseException:
                failed.set()
                raise

        if not missing:
            return {}
        with ThreadPoolExecutor(min(self.parallel, len(missing)), thread_name_prefix="part") as pool:
            sent = {pool.submit(send, number): number for number in missing}
            wait(sent)
            for each in sent:
                if (error := each.exception()) is not None and not isinstance(error, _NotBegun):
                    raise error
            return {number: each.result() for each, number in sent.items()}

    def _check_going_on(self, upload: PartialUpload, file: LargeFile, failed: Event) -> None:
        """Raises an error if no further part of `upload`, the upload of `file`, may be sent: another part has failed
        (`failed` is set), the run must end, or the upload expires soon.
        """
        if failed.is_set():
            raise _NotBegun
        if self.stopped():
            raise ProvisionError(
                f"the upload of {file.name} was interrupted",
                hint="the next apply goes on with the parts that are missing",
            )
        if self.clock() >= upload.opened.expires_at - MARGIN:
            raise _Impossible(
                ProvisionError(
                    f"the upload of {file.name} ({spell_bytes(file.bytes)}) did not end before it expired; "
                    "OpenAI allows one hour",
                    hint="use a faster connection, or split the file",
                )
            )

    def _send_part(self, upload: PartialUpload, file: LargeFile, number: int, sha256: str, failed: Event) -> str:
        """Sends the part of `file` with the number `number` and the digest `sha256`, records it in the log, and returns
        its id. Raises the errors of `_check_going_on`, for example if another part has failed (`failed` is set). If the
        response was lost, the part may be sent again. The additional part does no harm, because the last request of the
        upload lists the parts of which the file consists.
        """
        start = number * upload.opened.part_bytes
        size = min(upload.opened.part_bytes, file.bytes - start)

        def call(client: Any) -> dict[str, Any]:
            # This may be a second attempt. The request then waits for its turn, so the check is repeated after the
            # wait, when the body is read.
            check = partial(self._check_going_on, upload, file, failed)
            check()
            part = PlannedPart(file.handle, start, size, sha256, file.name, check)
            try:
                return read_object(
                    client.upload(join_path("uploads", upload.id, "parts"), {}, {"data": (f"part-{number}", part)})
                )
            except Exception as error:
                if part.changed:
                    raise _Impossible(content_changed(file.name)) from error
                raise

        id: str = self.session.write(call)["id"]
        self.log.add(PartStored(upload.id, number, id))
        return id

    def _complete(self, upload: PartialUpload, parts: list[str], digests: Digests) -> dict[str, Any]:
        """Completes `upload` and returns the JSON of the file object. `parts` are the ids of all parts in order, and
        `digests` are the digests of the whole file, with which the API checks the content.

        Raises Ambiguous if it is not known whether OpenAI made the file: the response was lost or names no file, or the
        API refuses the request after an earlier request to complete the upload got no response. The caller then
        searches for the file.
        """
        if not upload.completing:
            self.log.add(UploadCompleting(upload.id))

        def call(client: Any) -> dict[str, Any]:
            path = join_path("uploads", upload.id, "complete")
            return read_object(client.post(path, {"part_ids": parts, "md5": digests.md5}), id=upload.id)

        try:
            answer = self.session.create(call)
        except (Rejected, NotFound) as error:
            if upload.completing:
                raise _maybe_completed(upload, error.message) from error
            self._cancel(upload)
            raise
        made = answer.get("file")
        if not isinstance(made, dict) or not isinstance(made.get("id"), str) or not ID.fullmatch(made["id"]):
            raise _maybe_completed(upload, "the answer names no file")
        self.log.add(UploadClosed(upload.id))
        return made

    def _cancel(self, upload: PartialUpload) -> None:
        """Cancels `upload`. If the request fails, the upload stays in the log, and the next apply cancels it."""
        with suppress(ApiError):
            cancel_upload(self.session, self.log, upload)


class _Impossible(Exception):
    """Raised if an upload cannot be continued and must be cancelled. `reason` is the error for the user."""

    def __init__(self, reason: ProvisionError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class _NotBegun(Exception):
    """Raised instead of sending a part, because another part of the upload has failed."""


def cancel_upload(session: Session, log: UploadLog, upload: PartialUpload) -> None:
    """Cancels `upload` at the API, which then discards its parts. Records in `log` that the upload is closed. If the
    upload has ended or expired at the API, only the record is made. Raises ApiError if the request fails.
    """
    with suppress(NotFound, Rejected):  # It has expired, or it has ended already.
        session.write(lambda client: read_done(client.post(join_path("uploads", upload.id, "cancel"), {})))
    log.add(UploadClosed(upload.id))


def _maybe_completed(upload: PartialUpload, reason: str) -> Ambiguous:
    return Ambiguous(
        f"it is not known whether the upload of {upload.opened.filename} was completed: {reason}",
        hint="run the command again: it looks for the file",
    )
