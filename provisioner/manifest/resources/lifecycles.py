"""Lifecycles: a `lifecycle:` block over the project's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.resource import Lifecycle
from provisioner.manifest.parsing.document import Written


def lifecycle_of(written: Written | None, defaults: Mapping[str, Any]) -> Lifecycle:
    """Returns the lifecycle of a resource."""
    own = {name: item.value for name, item in written.fields() if item.value is not None} if written else {}
    return Lifecycle(**{**defaults, **own})


def lifecycle_of_file(written: Written | None, defaults: Mapping[str, Any]) -> Lifecycle:
    """Returns the lifecycle of a file. Default protection does not apply to files, because new content replaces them
    often.
    """
    return lifecycle_of(written, {name: value for name, value in defaults.items() if name != "protect"})
