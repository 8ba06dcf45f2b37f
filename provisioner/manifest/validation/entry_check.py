"""Checks entries of manifests. The pydantic models are imported only for entries that are not certainly valid."""

from __future__ import annotations

from provisioner.core.kinds.common import is_common
from provisioner.core.kinds.entry_model import EntryModel
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report


def check(entry: EntryModel, written: Written, report: Report, address: object = None) -> bool:
    """Returns whether the value `written` is valid for the model `entry`. Errors are reported. The wrong parts of the
    value are marked in the document of `written`, so that later checks skip them.

    `address` is the address of the resource that contains the value.
    """
    if is_common(written.value, entry.common):
        return True
    from provisioner.manifest.validation.model_validation import check_with_model

    return check_with_model(entry, written, report, address)
