"""Decides quickly whether live objects are as recorded, by comparing JSON texts. A refresh does this while it waits for
further answers of the API.
"""

from __future__ import annotations

from provisioner.core.objecttype import FILE, TYPES
from provisioner.openai_api.collections.collection import Live
from provisioner.state.record_texts import RecordText, encode
from provisioner.state.shape import LARGEST

#: The fields of an upload that the API shows, except those that change by themselves.
SHOWN = frozenset(("filename", "bytes", "purpose"))


def is_shown_as_recorded(text: RecordText, live: Live) -> bool:
    """Returns whether the live object `live` certainly has the values that the API returned after the last write, and
    is neither expired nor being indexed. `text` is the text of the record of the object. Returns False if the object is
    neither an uploaded file nor a vector store.
    """
    if live.status == "expired":
        return False
    if text.type == FILE.name:
        return _is_upload_shown(text, live)
    return TYPES[text.type].members is not None and _is_store_shown(text, live)


def _is_upload_shown(text: RecordText, live: Live) -> bool:
    """Returns whether the uploaded file has its recorded name, size, purpose and time, and the API shows nothing else
    of it.
    """
    name, size, time = live.fields.get("filename"), live.fields.get("bytes"), live.created_at
    if type(name) is not str or type(size) is not int or not 0 <= size <= LARGEST or not 0 < time <= LARGEST:
        return False
    return live.fields.keys() == SHOWN and text.has_echo({**live.fields, "created_at": time})


def _is_store_shown(text: RecordText, live: Live) -> bool:
    """Returns whether each field of the vector store that was read has its recorded value, no file is being indexed,
    and the vector store contains the files of the recorded manifest and no others. If the files were not read, they are
    not compared.

    A file of the manifest that is missing in the live vector store can be missing in the last answer of the API too.
    """
    if live.pending:
        return False
    echo = text.parts("echo")
    if not all(name in echo and encode(value) == bytes(echo[name]) for name, value in live.fields.items()):
        return False
    holding = TYPES[text.type].members
    files = live.fields.get(holding) if holding else None
    if files is None:
        return True
    recorded = text.member_ids()
    return recorded is not None and files.keys() == set(recorded)
