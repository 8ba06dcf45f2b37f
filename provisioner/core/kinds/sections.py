"""Defines the sections of manifests that declare no resources: their keys, their descriptions, and the models of their
entries.
"""

from __future__ import annotations

from msgspec import Struct

from provisioner.core.kinds import common
from provisioner.core.kinds.entry_model import EntryModel, model_of

VARIABLES = "variables"
VARIABLES_SUMMARY = "Values that `${var.NAME}` stands for, and that can be set from outside."
#: The field that makes one resource for each entry of a list or map.
FOR_EACH = "for_each"
INCLUDE = "include"
INCLUDE_SUMMARY = "Folders of manifests that are read with values of their own, and with a prefix before their names."
IMPORTS, MOVED, REMOVED = "imports", "moved", "removed"


class ListSection(Struct, frozen=True):
    """A section that is a list: the model of an entry, the form of an entry for messages, and a description."""

    entry: EntryModel
    form: str
    summary: str


VARIABLE = model_of(VARIABLES, common.Variable)
INCLUSION = model_of(INCLUDE, common.Include)
#: The sections that are lists.
LISTS: dict[str, ListSection] = {
    IMPORTS: ListSection(
        model_of(IMPORTS, common.Import),
        "{to: ADDRESS, id: ID}",
        "Objects that exist already. The next apply takes them over and updates them in place.",
    ),
    MOVED: ListSection(
        model_of(MOVED, common.Move),
        "{from: ADDRESS, to: ADDRESS}",
        "Resources that were renamed. Each keeps its object, whose mark gets the new address.",
    ),
    REMOVED: ListSection(
        model_of(REMOVED, common.Removal),
        "{from: ADDRESS, destroy: false}",
        "Resources that are no longer declared, and whether their objects are deleted or left alone.",
    ),
}
