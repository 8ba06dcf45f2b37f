"""Contains the name of this project in the Python package index. The command is `provision`, and the imported package
is `provisioner`.
"""

from __future__ import annotations

#: The name in the package index, where `provision` is the name of an unrelated project.
DISTRIBUTION = "provision-openai"


def install_extra(extra: str) -> str:
    """Returns the shell command that installs the optional dependencies `extra` of this project into the present Python
    environment.
    """
    return f"pip install '{DISTRIBUTION}[{extra}]'"
