"""Defines the refresh modes, which determine how many objects of the account a plan reads."""

from __future__ import annotations

from enum import StrEnum


class RefreshMode(StrEnum):
    """Determines which live objects of the account are read before a plan is made.

    With `full`, the lists of all types of objects are read, and the parts of objects that the lists omit: the files of
    each vector store and the versions of each skill. With `quick`, these parts are read only if the list shows a
    difference from what is recorded, or if the plan changes the object. With `none`, nothing is read, and the plan uses
    the values in the state.
    """

    FULL = "full"
    QUICK = "quick"
    NONE = "none"

    @property
    def reads(self) -> bool:
        """Whether any live object is read."""
        return self is not RefreshMode.NONE
