"""The name under which the package index has this project. The command is `provision`, the package `provisioner`."""

from __future__ import annotations

#: The index has an unrelated project that is called `provision`.
DISTRIBUTION = "provision-openai"


def install_extra(extra: str) -> str:
    """Returns the command that installs an extra into the present environment."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"
