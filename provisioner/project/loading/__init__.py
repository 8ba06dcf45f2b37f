"""Loads definitions and ids for applications, from the state of a project or from an exported file.

A web server that starts, or a function in a cloud, waits for this package. So its modules import only what the usual
case needs: a state in a folder, in plain text. Everything else, errors included, is imported when it is needed.
"""

from __future__ import annotations

from provisioner.project.loading.cache import StaleDefinitionWarning
from provisioner.project.loading.functions import load, load_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from provisioner.openai_api.definition import Definition

__all__ = ["Definition", "StaleDefinitionWarning", "load", "load_id"]


def __getattr__(name: str) -> Any:
    """Returns the type `Definition`, which only type checkers need. Raises AttributeError for any other name."""
    if name == "Definition":
        from provisioner.openai_api.definition import Definition

        return Definition
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
