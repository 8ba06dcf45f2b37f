"""Records the uploads in parts that a run has opened and not completed yet, in the journal and in memory."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from provisioner.state.backends import Journal
from provisioner.state.partial_uploads import PartialUpload, UploadClosed, UploadEntry, partial_uploads


class UploadLog:
    """The uploads in parts that are not completed yet. Several threads may use one log.

    Without a journal, the uploads are only in memory, so a later run cannot continue them.
    """

    def __init__(self, journal: Journal | None = None, uploads: Iterable[PartialUpload] = ()) -> None:
        """Creates a log. New entries are written to `journal` (None: they are only in memory). `uploads` are the
        uploads that the journal already contains.
        """
        self._journal = journal
        self._entries: dict[str, list[UploadEntry]] = {each.id: list(each.entries()) for each in uploads}
        self._lock = Lock()

    def find(self, content: str) -> PartialUpload | None:
        """Returns the upload that was opened last for the content with the digest `content`. Returns None if there is
        no such upload.
        """
        return next((each for each in reversed(self.unfinished()) if each.opened.content == content), None)

    def unfinished(self) -> list[PartialUpload]:
        """Returns all uploads that are not closed, in the order in which they were opened."""
        with self._lock:
            return [upload for entries in self._entries.values() for upload in partial_uploads(entries).values()]

    def add(self, entry: UploadEntry) -> None:
        """Records `entry`. If the log has a journal, the entry is durable when the method returns. Raises StateError if
        it cannot be written.
        """
        if self._journal is not None:
            self._journal.append(entry)
        with self._lock:
            if isinstance(entry, UploadClosed):
                self._entries.pop(entry.upload, None)
            else:
                self._entries.setdefault(entry.upload, []).append(entry)
