"""Defines the sections of manifests that declare no resources: their keys, their descriptions, and the models of their
entries.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from provisioner.core.kinds import common
from provisioner.core.kinds.entry_model import EntryModel

VARIABLES = "variables"
VARIABLES_SUMMARY = "Values that `${var.NAME}` stands for, and that can be set from outside."
FOR_EACH = "for_each"
INCLUDE = "include"
INCLUDE_SUMMARY = "Folders of manifests that are read with values of their own, and with a prefix before their names."
IMPORTS, MOVED, REMOVED = "imports", "moved", "removed"


class ListSection(Struct, frozen=True):
    """A section that is a list: the model of an entry, the form of an entry for messages, and a description."""

    entry: EntryModel
    form: str
    summary: str


def _load_variable() -> Any:
    from provisioner.core.kinds.variable import VariableModel

    return VariableModel


def _load_include() -> Any:
    from provisioner.core.kinds.included import IncludeModel

    return IncludeModel


def _load_import() -> Any:
    from provisioner.core.kinds.imported import ImportModel

    return ImportModel


def _load_move() -> Any:
    from provisioner.core.kinds.readdressed import MoveModel

    return MoveModel


def _load_removal() -> Any:
    from provisioner.core.kinds.readdressed import RemovalModel

    return RemovalModel


VARIABLE = EntryModel(_load_variable, common.Variable)
INCLUSION = EntryModel(_load_include, common.Include)
#: The sections that are lists.
LISTS: dict[str, ListSection] = {
    IMPORTS: ListSection(
        EntryModel(_load_import, common.Import),
        "{to: ADDRESS, id: ID}",
        "Objects that exist already. The next apply takes them over and updates them in place.",
    ),
    MOVED: ListSection(
        EntryModel(_load_move, common.Move),
        "{from: ADDRESS, to: ADDRESS}",
        "Resources that were renamed. Each keeps its object, whose mark gets the new address.",
    ),
    REMOVED: ListSection(
        EntryModel(_load_removal, common.Removal),
        "{from: ADDRESS, destroy: false}",
        "Resources that are no longer declared, and whether their objects are deleted or left alone.",
    ),
}
