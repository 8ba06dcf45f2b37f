"""What a shell offers while somebody types. It asks at every press of a key: nothing is called, and nothing is told."""

from __future__ import annotations

import re
from pathlib import Path

from provisioner.errors import ProvisionError

#: The shell puts what is offered on the command line: a manifest of somebody else's offers names and nothing besides.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def environments_of(folder: Path, typed: str) -> list[str]:
    """The environments of the project in `folder` that begin with what is typed; none where there are no settings."""
    from provisioner.manifest.reading import read_yaml
    from provisioner.manifest.settings import FILE, find

    try:
        settings = read_yaml(find(folder) / FILE).document.data
    except ProvisionError:
        return []
    declared = settings.get("environments") if isinstance(settings, dict) else None
    names = declared if isinstance(declared, dict) else {}
    return [name for name in map(str, names) if name.startswith(typed) and NAME.fullmatch(name)]
