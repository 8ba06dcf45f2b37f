"""Cancels uploads in parts that an earlier run did not complete, so that their parts do not stay at OpenAI. If the
present apply needs the content of such an upload, the upload is continued and not cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provisioner.core.errors import ApiError
from provisioner.core.objecttype import FILE
from provisioner.engine.steps import Steps, without_members
from provisioner.openai_api.collections.files import FileCollection
from provisioner.planning.plan import Change
from provisioner.planning.planfile import MAKING
from provisioner.state.partial_uploads import PartialUpload, UploadClosed
from provisioner.state.records import digest


def cancel_unwanted(steps: Steps, changes: Sequence[Change]) -> None:
    """Cancels each unfinished upload whose content is not needed, because no change in `changes` uploads this content.
    If such an upload was completed after all and its file is recorded, only its entry in the journal is closed. An
    upload that cannot be cancelled now stays in the journal.
    """
    log, collection = steps.ledger.uploads, steps.collections.get(FILE.name)
    unfinished = log.unfinished()
    if not unfinished or not isinstance(collection, FileCollection):
        return
    wanted = {
        digest(without_members(steps.inputs(steps.resources[change.address]), collection))
        for change in changes
        if change.type == FILE.name and change.action in MAKING
    }
    recorded = {digest(record.inputs) for record in steps.ledger.records.values() if record.type == FILE.name}
    for upload in unfinished:
        if upload.opened.content in wanted:
            continue
        if upload.completing and upload.opened.content in recorded:
            log.add(UploadClosed(upload.id))
            continue
        try:
            collection.cancel_upload(upload, log)
        except ApiError:
            continue  # It expires by itself, and the next apply tries again.


def upload_notes(uploads: Iterable[PartialUpload]) -> list[str]:
    """Returns a text for each of `uploads`, the uploads that an earlier run did not complete."""
    return [
        f"an earlier run ended in the middle of the upload of {each.opened.filename} ({len(each.parts)} of "
        f"{each.count} parts); an apply goes on with it, or cancels it if this content is no longer to be uploaded"
        for each in uploads
    ]
