"""Checks the rule `file-not-indexable`, which finds files whose content the API cannot index. The types of files are
checked earlier, when manifests are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.finding import Finding, finding
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource, refs
from provisioner.manifest.sources import Sources
from provisioner.review.lint.file_scan import Scan

ADVICE = "save it as UTF-8, or as what its name says, or leave it out"


def find_unindexable(resources: tuple[Resource, ...], sources: Sources, scan: Scan) -> Iterator[Finding]:
    """Yields a finding for each file of a vector store whose content the API cannot index."""
    members = {ref.address for each in resources if TYPES[each.type].members for ref in refs(each.inputs)}
    for entry in sources.files:
        looked = scan.seen.get(entry.path)
        if looked is not None and looked.trouble and entry.address in members:
            message = f"`{entry.filename}` {looked.trouble}, and file_search cannot index it; {ADVICE}"
            yield finding("file-not-indexable", message, entry.written.place, entry.address, subject=entry.filename)
