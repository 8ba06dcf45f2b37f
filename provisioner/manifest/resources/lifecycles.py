"""Determines a resource's lifecycle (settings such as `protect`, which forbids deleting or replacing the object), from
its block `lifecycle:` and the project's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.resource import Lifecycle
from provisioner.manifest.parsing.document import Written


def lifecycle_of(written: Written | None, defaults: Mapping[str, Any]) -> Lifecycle:
    """Returns the lifecycle of a resource (settings such as `protect`). Each setting comes from the resource's block
    `lifecycle:` (`written`), or else from the project's `defaults`.
    """
    own = {name: item.value for name, item in written.fields() if item.value is not None} if written else {}
    return Lifecycle(**{**defaults, **own})


def lifecycle_of_file(written: Written | None, defaults: Mapping[str, Any]) -> Lifecycle:
    """Returns the lifecycle of a file, from its block `lifecycle:` (`written`) and the project's `defaults`. The
    project's default for `protect` does not apply to files, because a file is often replaced when its content changes.
    """
    return lifecycle_of(written, {name: value for name, value in defaults.items() if name != "protect"})
