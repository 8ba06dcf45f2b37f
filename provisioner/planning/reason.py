"""Defines the reasons of planned changes. A reason is a code with arguments. Its text is composed only when the reason
is displayed or written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto

from msgspec import Struct


class ReasonCode(Enum):
    """The codes of the possible reasons of a change. `TEXTS` maps each code to its text, in which placeholders stand
    for the arguments.
    """

    NEW = auto()
    VANISHED = auto()
    RETARGETED = auto()
    EXPIRED = auto()
    PROTECTED = auto()
    UNPROTECTED = auto()
    PINNED = auto()
    UNPINNED = auto()
    SOURCE_ADDED = auto()
    SOURCE_REMOVED = auto()
    SOURCE_CHANGED = auto()
    FIELD_CHANGED = auto()
    FIELD_SET = auto()
    FIELD_RESET = auto()
    CONTENT_CHANGED = auto()
    NEW_ID = auto()
    MEMBERS = auto()
    DRIFTED = auto()
    MARKS_LOST = auto()
    MADE_ANEW = auto()
    MOVED = auto()
    MOVED_UNDER_OLD_NAME = auto()
    RENAMED = auto()
    RENAMED_LOCALLY = auto()
    MARK_OUTDATED = auto()
    MOVED_IN_STATE = auto()
    UNRECORDED = auto()
    FORGOTTEN = auto()
    FORGOTTEN_UNMARKED = auto()
    FORGOTTEN_LOCALLY = auto()
    STILL_USED = auto()
    UNDECLARED = auto()
    DESTROYED = auto()
    TYPE_GONE = auto()
    ALREADY_DELETED = auto()
    ADOPTED = auto()
    IMPORTED = auto()
    IMPORTED_FILE = auto()
    IMPORTED_VERSION = auto()
    MATCHED = auto()
    MATCHED_UNINDEXED = auto()
    CALLED_OTHERWISE = auto()
    MEMBERS_MATCHED = auto()
    LEFT_INCOMPLETE = auto()
    ADOPTED_UNMARKED = auto()
    ADOPTED_REPLACED = auto()
    FIELD_DIFFERS = auto()
    FIELD_UNREADABLE = auto()
    NOT_OURS = auto()
    REPLACED_EARLIER = auto()
    STILL_WRITTEN = auto()
    AS_WRITTEN = auto()


class Reason(Struct, frozen=True, eq=False):
    """One reason of a change: a code and its arguments. `args` are the values that are inserted into the text of the
    code, from the first placeholder to the last. A value can also be another reason. Reasons with the same text are
    equal, because a plan file contains only the text.
    """

    code: ReasonCode
    args: tuple[str | int | Reason, ...] = ()

    def __str__(self) -> str:
        text = TEXTS[self.code]
        return text.format(*self.args) if isinstance(text, str) else text(*self.args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def reason(code: ReasonCode, *args: str | int | Reason) -> Reason:
    """Returns the reason with this code and these arguments."""
    return Reason(code, args)


def as_written(*texts: str) -> tuple[Reason, ...]:
    """Returns a reason for each text in `texts`, which comes from a plan file. A plan file contains only the texts of
    reasons, so all these reasons have the code AS_WRITTEN.
    """
    return tuple(Reason(ReasonCode.AS_WRITTEN, (text,)) for text in texts)


def _members_text(name: object, *counts: object) -> str:
    """Returns a text that says how many files of a vector store are attached, detached and otherwise changed.

    `name` is the field with the files. `counts` are the numbers of files, in the order of MEMBER_STEPS.
    """
    parts = [f"{count} {what}" for count, what in zip(counts, MEMBER_STEPS, strict=True) if count]
    return f"{name}: {', '.join(parts) or 'only what is recorded of them changes'}"


def _members_matched_text(name: object, found: object, count: object) -> str:
    """Returns a text that says how many declared files a vector store contains already: `found` of `count`. `name` is
    the field with the files.
    """
    verb = "is" if found == 1 else "are"
    return f"{name}: {found} of {count} {verb} in it already, and {verb} neither uploaded nor indexed again"


def _made_anew_text(count: object, *names: object) -> str:
    """Returns a text that says why a new vector store replaces the old one: the fields `names` of a vector store cannot
    be changed. If `count` is not 0, the text also says that `count` files are indexed again.
    """
    again = f", and {'its file is' if count == 1 else f'all {count} files are'} indexed again" if count else ""
    return f"{' and '.join(map(str, names))} cannot be changed in place: the store is made anew{again}"


MEMBER_STEPS = (
    "to attach",
    "to detach",
    "with new attributes",
    "to chunk anew (missing from searches for a moment)",
    "still being indexed since an earlier run (if stuck, detached and attached again)",
)
#: The text of each code: a format string for its arguments, or a function of them.
TEXTS: Mapping[ReasonCode, str | Callable[..., str]] = {
    ReasonCode.NEW: "not there yet",
    ReasonCode.VANISHED: "vanished: {} was deleted outside of provision",
    ReasonCode.RETARGETED: "moves from target {} to {}",
    ReasonCode.EXPIRED: "{} has expired",
    ReasonCode.PROTECTED: "is protected from now on",
    ReasonCode.UNPROTECTED: "is no longer protected",
    ReasonCode.PINNED: "is rolled back to release {}, and stays pinned to it until its manifest changes",
    ReasonCode.UNPINNED: "is no longer pinned to release {}",
    ReasonCode.SOURCE_ADDED: "{} was added",
    ReasonCode.SOURCE_REMOVED: "{} was removed",
    ReasonCode.SOURCE_CHANGED: "{} changed",
    ReasonCode.FIELD_CHANGED: "{} changed",
    ReasonCode.FIELD_SET: "{} is set",
    ReasonCode.FIELD_RESET: "{} goes back to its default",
    ReasonCode.CONTENT_CHANGED: "content changed",
    ReasonCode.NEW_ID: "{} gets a new id",
    ReasonCode.MEMBERS: _members_text,
    ReasonCode.DRIFTED: "{} was changed outside of provision",
    ReasonCode.MARKS_LOST: "{} lost attributes of provision's",
    ReasonCode.MADE_ANEW: _made_anew_text,
    ReasonCode.MOVED: "moved from {}; nothing is uploaded",
    ReasonCode.MOVED_UNDER_OLD_NAME: "moved from {}; nothing is uploaded, so at OpenAI it is still called {}",
    ReasonCode.RENAMED: "moved from {}; {} stays, and its mark gets the new address",
    ReasonCode.RENAMED_LOCALLY: "moved from {}; the numbers of its releases continue",
    ReasonCode.MARK_OUTDATED: "its mark still says {} and gets the new address",
    ReasonCode.MOVED_IN_STATE: "moved from {}; only the state changes now",
    ReasonCode.UNRECORDED: "only the state changes: the object stays as it is, with its mark",
    ReasonCode.FORGOTTEN: "{}; `removed:` says that it stays at OpenAI",
    ReasonCode.FORGOTTEN_UNMARKED: "{}; `removed:` says that it stays at OpenAI; its mark is removed",
    ReasonCode.FORGOTTEN_LOCALLY: "{}; `removed:` says that it is forgotten, and it is only in the state",
    ReasonCode.STILL_USED: "{}; it stays at OpenAI, because {} stays there and uses it",
    ReasonCode.UNDECLARED: "no longer in the manifests",
    ReasonCode.DESTROYED: "everything is destroyed",
    ReasonCode.TYPE_GONE: "the server no longer knows objects of type {}; {} is forgotten",
    ReasonCode.ALREADY_DELETED: "{}, and already deleted",
    ReasonCode.ADOPTED: "{}; it was adopted, so it stays at OpenAI",
    ReasonCode.IMPORTED: "{} exists already and is taken over; its {} gets a mark of provision",
    ReasonCode.IMPORTED_FILE: "{} exists already and is taken over; nothing is uploaded",
    ReasonCode.IMPORTED_VERSION: "{} exists already and is taken over; the files here become a new version of it, and "
    "version {} stays",
    ReasonCode.MATCHED: "{} in {} has {}; it is taken over, and nothing is uploaded",
    ReasonCode.MATCHED_UNINDEXED: "{} could not index it, so it is attached there again",
    ReasonCode.CALLED_OTHERWISE: "at OpenAI it is still called `{}`, and citations show that name",
    ReasonCode.MEMBERS_MATCHED: _members_matched_text,
    ReasonCode.LEFT_INCOMPLETE: "{}: {} stay without the attributes that provision adds (path, sha256), because each "
    "would take a call; the state identifies them",
    ReasonCode.ADOPTED_UNMARKED: "{}; it was adopted, so it stays at OpenAI; its mark is removed",
    ReasonCode.ADOPTED_REPLACED: "{} was adopted, so it stays at OpenAI",
    ReasonCode.FIELD_DIFFERS: "{} differs from the manifest",
    ReasonCode.FIELD_UNREADABLE: "{} is sent, because the API never returns it",
    ReasonCode.NOT_OURS: "{}; not made by this state: {}",
    ReasonCode.REPLACED_EARLIER: "was replaced earlier",
    ReasonCode.STILL_WRITTEN: "{}",
    ReasonCode.AS_WRITTEN: "{}",
}
