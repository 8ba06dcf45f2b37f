"""Defines the actions of a plan."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """The planned action for an address. The table says what each action does to the object and to the record.

    | action  | the object at OpenAI                           | the record               |
    |---------|------------------------------------------------|--------------------------|
    | create  | created                                        | created                  |
    | update  | changed in place; keeps its id                 | changed, perhaps moved   |
    | replace | created anew; the old one is deleted later     | points to the new one    |
    | delete  | deleted                                        | removed                  |
    | adopt   | gets the mark, and the fields that differ      | created, marked adopted  |
    | forget  | untouched, or its mark is removed              | removed                  |
    | no-op   | untouched                                      | untouched                |
    """

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    NO_OP = "no-op"
